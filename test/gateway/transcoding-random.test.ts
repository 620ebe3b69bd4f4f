import { Agent } from "node:http";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { allRoots } from "../../src/codec/schema/schema.ts";
import { type ExactTree, Numeral } from "../../src/primitive/content.ts";
import { DECLARATION, xmlOf } from "../codec/xml/using-xml.ts";
import { CBOR, cborOf, fromCbor, XML, XMLNS } from "../helpers/coders.ts";
import type { Message, RegistreeOptions } from "../helpers/fake-registree.ts";
import type { HttpAnswer } from "../helpers/http-client.ts";
import {
  type Empties,
  NAMEABLE_ROOTS,
  schemaContent,
  schemaContentOf,
} from "../helpers/schema-arbitraries.ts";
import { startFront } from "./front.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const SEED = 20261121;
const RUNS = { numRuns: 100, seed: SEED, interruptAfterTimeLimit: 4_000, endOnFailure: true };
const EMPTIES: readonly Empties[] = ["null", "typed", "none"];

/** JSON as a text; numbers keep their digits. */
function jsonText(tree: ExactTree): string {
  if (tree instanceof Numeral) return tree.text;
  if (Array.isArray(tree)) return `[${tree.map(jsonText).join(",")}]`;
  if (typeof tree !== "object" || tree === null) {
    return typeof tree === "bigint" ? String(tree) : JSON.stringify(tree);
  }
  const members = Object.entries(tree).map(
    ([name, of]) => `${JSON.stringify(name)}:${jsonText(of)}`,
  );
  return `{${members.join(",")}}`;
}

/** A JSON text with something else for each number. */
const withNumbers = (json: string, of: (digits: string) => string): string =>
  json.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : of(token),
  );

/** A JSON text read with `{ number }` for each number, which is what `of` makes of its digits. */
const parsed = (json: string, of: (digits: string) => string): unknown =>
  JSON.parse(withNumbers(json, (digits) => JSON.stringify({ number: of(digits) })));

const asWritten = (digits: string): string => digits;

/** What a number is worth, spelled in one way: `1.10` and `11e-1` are `11e-1`. */
function asWorth(digits: string): string {
  const [, sign = "", whole = "", fraction = "", power = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(digits) ?? [];
  const significant = (whole + fraction).replace(/^0+/, "");
  const short = significant.replace(/0+$/, "");
  if (short === "") return "0";
  return `${sign}${short}e${Number(power) - fraction.length + significant.length - short.length}`;
}

/** Whether CBOR has the number: integers of 64 bits and a sign, and doubles by the shortest text that reads as them. */
function isCarried(digits: string): boolean {
  const [mantissa = "", power = 0] = asWorth(digits).split("e");
  if (Number(power) >= 0) {
    const integer = BigInt(mantissa) * 10n ** BigInt(power);
    if (integer >= -(2n ** 64n) && integer < 2n ** 64n) return true;
  }
  const double = Number(digits);
  return Number.isFinite(double) && asWorth(String(double)) === asWorth(digits);
}

/** A number that is carried, near to one that is not. */
const carried = (digits: string): string =>
  isCarried(digits) ? digits : String(Number.isFinite(Number(digits)) ? Number(digits) : 1e300);

/** A value that a stock reader of CBOR gave, as `parsed` has it. */
function worthOf(value: unknown): unknown {
  if (typeof value === "number" || typeof value === "bigint") {
    return { number: asWorth(String(value)) };
  }
  if (Array.isArray(value)) return value.map(worthOf);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, worthOf(of)]));
}

/** Markup without what declares its namespaces. */
const undeclared = (xml: string): string => xml.replaceAll(/ xmlns(:\w+)?="[^"]*"/g, "");

/** A request as the registree sees it: its content, and an answer with the same by means of the registree's own. */
interface Echo {
  readonly seen: unknown;
  readonly answer: string | Buffer;
}

interface Journey {
  readonly name: string;
  readonly registree: RegistreeOptions;
  readonly roots: readonly string[];
  /** Undefined for what is no request. */
  echo(frame: Buffer): Echo | undefined;
  /** Sends the content, and expects of what the registree sees and of what comes back what is due. */
  check(
    content: ExactTree,
    empties: Empties,
    send: (mediaType: string, body: string) => Promise<{ answer: HttpAnswer; seen: unknown }>,
  ): Promise<void>;
}

const JSON_TO_CBOR: Journey = {
  name: "JSON, CBOR, JSON",
  registree: CBOR,
  roots: allRoots(),
  echo(frame) {
    const { op, rqi, pc } = fromCbor(frame) as Message;
    return op === undefined
      ? undefined
      : { seen: worthOf(pc), answer: cborOf({ rsc: 2000, rqi, pc }) };
  },
  async check(content, _empties, send) {
    const exact = jsonText(content);
    const body = withNumbers(exact, carried);
    if (body !== exact) {
      const { answer, seen } = await send("application/json", exact);
      expect(answer, exact).toMatchObject({ status: 400, rsc: 4000 });
      expect(seen).toBeUndefined();
    }
    const { answer, seen } = await send("application/json", body);
    expect(answer.status, `${body}\n${answer.body}`).toBe(200);
    expect(seen).toEqual(parsed(body, asWorth));
    expect(parsed(answer.body, asWorth)).toEqual(parsed(body, asWorth));
  },
};

const JSON_TO_XML: Journey = {
  name: "JSON, XML, JSON",
  registree: XML,
  roots: NAMEABLE_ROOTS,
  echo(frame) {
    const [, declared = XMLNS, inner = ""] =
      /<m2m:rqp([^>]*)>(.*)<\/m2m:rqp>/su.exec(frame.toString()) ?? [];
    const [pc = "", content = ""] = /<pc>(.*)<\/pc>/su.exec(inner) ?? [];
    const [, rqi] = /<rqi>(.*?)<\/rqi>/.exec(inner) ?? [];
    const answer = `<m2m:rsp${declared}><rsc>2000</rsc><rqi>${rqi}</rqi>${pc}</m2m:rsp>`;
    return inner === "" ? undefined : { seen: undeclared(content), answer };
  },
  async check(content, empties, send) {
    const body = jsonText(content);
    const { answer, seen } = await send("application/json", body);
    expect(answer.status, `${body}\n${answer.body}`).toBe(200);
    expect(seen).toBe(undeclared(xmlOf(body, empties === "null")));
    expect(parsed(answer.body, asWritten)).toEqual(parsed(body, asWritten));
  },
};

const XML_TO_JSON: Journey = {
  name: "XML, JSON, XML",
  registree: {},
  roots: NAMEABLE_ROOTS,
  echo(frame) {
    const { op, rqi, pc } = parsed(frame.toString(), asWritten) as Message;
    const answer = JSON.stringify({ rsc: 2000, rqi, pc });
    return op === undefined
      ? undefined
      : { seen: pc, answer: answer.replaceAll(/\{"number":"([^"]*)"\}/g, "$1") };
  },
  async check(content, empties, send) {
    const json = jsonText(content);
    const body = DECLARATION + xmlOf(json, empties === "null");
    const { answer, seen } = await send("application/xml", body);
    expect(answer.status, `${body}\n${answer.body}`).toBe(200);
    expect(seen).toEqual(parsed(json, asWritten));
    expect(answer.body).toBe(body);
  },
};

/** A gateway with a registree that sends the content of whatever comes back; gives what checks one content. */
async function started(
  journey: Journey,
): Promise<(content: ExactTree, empties: Empties) => Promise<void>> {
  const front = await startFront(LABORATORY);
  const { ae, point } = await front.registreeCse("/id-mn", journey.registree);
  let seen: unknown;
  ae.socket.on("message", (data) => {
    const echo = journey.echo(data as Buffer);
    if (echo === undefined) return;
    seen = echo.seen;
    ae.send(echo.answer);
  });
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return (content, empties) =>
    journey.check(content, empties, async (mediaType, body) => {
      seen = undefined;
      const answer = await front.http({
        // Whether an empty element is null depends on the operation (TS-0004, 8.3.1).
        method: empties === "null" ? "PUT" : "POST",
        target: `${point}/cse?rcn=9`,
        headers: {
          "X-M2M-Origin": "CApp",
          "X-M2M-RI": "h1",
          "X-M2M-RVI": "3",
          "Content-Type": empties === "null" ? mediaType : `${mediaType};ty=3`,
        },
        body,
        agent,
      });
      return { answer, seen };
    });
}

describe.each([JSON_TO_CBOR, JSON_TO_XML, XML_TO_JSON])(
  "a content is the same after $name through a gateway, numbers by digit or, in CBOR, by value",
  (journey) => {
    test("with each root of the tables", async () => {
      const check = await started(journey);
      expect(journey.roots.length).toBeGreaterThan(900);
      for (const [at, root] of journey.roots.entries()) {
        const empties = EMPTIES[at % EMPTIES.length] ?? "none";
        const [content] = fc.sample(schemaContentOf(root, empties), {
          numRuns: 1,
          seed: SEED + at,
        });
        await check(content ?? null, empties);
      }
    });

    test.each(EMPTIES)("with empty values %s", async (empties) => {
      const check = await started(journey);
      await fc.assert(
        fc.asyncProperty(schemaContent(empties), (content) => check(content, empties)),
        RUNS,
      );
    });
  },
);
