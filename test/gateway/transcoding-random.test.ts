import fc from "fast-check";
import { expect, test } from "vitest";
import type { ExactTree } from "../../src/primitive/content.ts";
import { Numeral } from "../../src/primitive/content.ts";
import { CBOR, cborOf, fromCbor, XML, XMLNS } from "../helpers/coders.ts";
import type { Message, Registree } from "../helpers/fake-registree.ts";
import { type Empties, schemaContent } from "../helpers/schema-arbitraries.ts";
import { type Front, startFront } from "./front.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const RUNS = { numRuns: 150, seed: 20261121, interruptAfterTimeLimit: 4_000, endOnFailure: true };

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

/** The same value with such numbers only as stock readers of JSON and CBOR agree on. */
function plain(tree: ExactTree): unknown {
  if (tree instanceof Numeral)
    return Number.isFinite(Number(tree.text)) ? Math.fround(Number(tree.text)) || 1 : 1;
  if (Array.isArray(tree)) return tree.map(plain);
  if (typeof tree === "bigint") return Number(tree % 1_000_000n);
  if (typeof tree === "number")
    return Number.isSafeInteger(tree) ? tree : Math.trunc(tree) % 1_000_000;
  if (typeof tree !== "object" || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([name, of]) => [name, plain(of)]));
}

/** Sends `body` through the gateway to a registree that sends the content of whatever comes back. */
async function echoed(
  front: Front,
  point: string,
  body: string,
  empties: Empties,
): Promise<string> {
  const answer = await front.http({
    method: empties === "null" ? "PUT" : "POST",
    target: `${point}/cse?rcn=9`,
    headers: {
      "X-M2M-Origin": "CApp",
      "X-M2M-RI": "h1",
      "X-M2M-RVI": "3",
      "Content-Type": empties === "null" ? "application/json" : "application/json;ty=3",
    },
    body,
  });
  expect(answer.status, `${body}\n${answer.body}`).toBe(200);
  return answer.body;
}

/** Answers each request with its own content, by means of the registree's own. */
function echo(
  registree: Registree,
  answerOf: (bytes: Buffer) => string | Buffer | undefined,
): void {
  registree.socket.on("message", (data) => {
    const answer = answerOf(data as Buffer);
    if (answer !== undefined) registree.send(answer);
  });
}

/** A number that both texts spell as a stock reader understands it. */
const parsed = (text: string): unknown => JSON.parse(text);

test.each<Empties>(["null", "typed", "none"])(
  "any content, empty values %s, comes back equal from an echo of CBOR",
  async (empties) => {
    const front = await startFront(LABORATORY);
    const { ae, point } = await front.registreeCse("/id-mn", CBOR);
    echo(ae, (bytes) => {
      const { op, rqi, pc } = fromCbor(bytes) as Message;
      return op === undefined ? undefined : cborOf({ rsc: 2000, rqi, pc });
    });
    await fc.assert(
      fc.asyncProperty(schemaContent(empties).map(plain), async (content) => {
        const body = JSON.stringify(content);
        expect(parsed(await echoed(front, point, body, empties))).toEqual(parsed(body));
      }),
      RUNS,
    );
  },
);

test.each<Empties>(["null", "typed", "none"])(
  "any content, empty values %s, comes back with its digits from an echo of XML",
  async (empties) => {
    const front = await startFront(LABORATORY);
    const { ae, point } = await front.registreeCse("/id-mn", XML);
    echo(ae, (bytes) => {
      const text = bytes.toString();
      const [, declared = XMLNS, inner = ""] = /<m2m:rqp([^>]*)>(.*)<\/m2m:rqp>/su.exec(text) ?? [];
      const [pc] = /<pc>.*<\/pc>/su.exec(inner) ?? [];
      const [, rqi] = /<rqi>(.*?)<\/rqi>/.exec(inner) ?? [];
      return inner === ""
        ? undefined
        : `<m2m:rsp${declared}><rsc>2000</rsc><rqi>${rqi}</rqi>${pc}</m2m:rsp>`;
    });
    await fc.assert(
      fc.asyncProperty(schemaContent(empties), async (content) => {
        const body = jsonText(content);
        const back = await echoed(front, point, body, empties);
        expect(withDigits(back)).toEqual(withDigits(body));
      }),
      RUNS,
    );
  },
);

/** A JSON text read with each number as the text of its digits. */
const withDigits = (text: string): unknown =>
  JSON.parse(
    text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
      token.startsWith('"') ? token : `{"number":"${token}"}`,
    ),
  );
