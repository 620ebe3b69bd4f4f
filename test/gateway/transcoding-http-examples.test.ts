import { expect, test } from "vitest";
import { fromCbor } from "../helpers/coders.ts";
import type { Message } from "../helpers/fake-registree.ts";
import { xmlTree } from "../helpers/same-xml.ts";
import examples from "../vectors/http-examples.json" with { type: "json" };
import { ok, startFront } from "./front.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };

interface Example {
  readonly name: string;
  readonly kind: string;
  readonly direction: string;
  readonly http: {
    readonly method?: string;
    readonly target?: string;
    readonly status?: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | { readonly $hex: string };
  };
  readonly primitive: Message;
}

const isTranscoded = ({ http: { body } }: { http: { body: unknown } }): boolean =>
  typeof body === "string" || (typeof body === "object" && body !== null && "$hex" in body);

const EXAMPLES = (examples as unknown as readonly Example[]).filter(isTranscoded);

const chosen = (kind: string, direction: string): readonly Example[] =>
  EXAMPLES.filter(
    (example) =>
      example.kind === kind && (example.direction === "both" || example.direction === direction),
  );

const bytesOf = ({ body }: Example["http"]): Buffer =>
  typeof body === "string" ? Buffer.from(body) : Buffer.from(body.$hex, "hex");

/** Elements in one order: the examples have them as their products wrote them. */
const unordered = (tree: unknown): unknown =>
  Array.isArray(tree)
    ? tree.map(unordered).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    : typeof tree === "object" && tree !== null
      ? Object.fromEntries(Object.entries(tree).map(([name, of]) => [name, unordered(of)]))
      : tree;

/** The body of a message as it is compared: XML as XML, CBOR decoded. */
const read = (http: Example["http"], bytes: Buffer): unknown =>
  typeof http.body === "string" ? unordered(xmlTree(bytes.toString())) : fromCbor(bytes);

/** A gateway whose CSE reads what the example is written in. */
const frontFor = ({ http }: Example, settings: Readonly<Record<string, string>> = {}) =>
  startFront({
    "cse.serializations": typeof http.body === "string" ? "xml" : "cbor",
    ...settings,
  });

test("the examples are those of the standard in XML and CBOR", () => {
  expect(EXAMPLES).toHaveLength(6);
  const directions = ["request", "response"].flatMap((kind) =>
    ["decode", "encode"].map((direction) => chosen(kind, direction).length),
  );
  expect(directions).toEqual([4, 3, 2, 2]);
});

test.each(chosen("request", "decode"))(
  "$name reaches a registree of JSON",
  async ({ http, primitive }) => {
    const front = await startFront(LABORATORY);
    const { ae, point } = await front.registreeCse("/id-mn", { answer: ok });
    const answer = await front.http({
      method: http.method ?? "",
      target: `${point}${http.target}`,
      headers: http.headers,
      body: bytesOf(http),
    });
    expect(answer).toMatchObject({ status: 200, rsc: 2000 });
    expect(await ae.nextRequest()).toEqual(primitive);
  },
);

test.each(chosen("request", "encode"))(
  "$name reaches the CSE from a registree of JSON",
  async (example) => {
    const { http, primitive } = example;
    const front = await frontFor(example);
    front.cse.answer(() => ({ rsc: 2001, body: { "m2m:ae": { aei: "CAE1", ri: "CAE1", ty: 2 } } }));
    const ae = await front.connect();
    if (primitive.fr === "CAE1") expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
    ae.send(primitive);
    expect(await ae.nextResponse()).toMatchObject({ rqi: primitive.rqi });
    const asked = front.cse.requests.at(-1);
    expect(asked).toMatchObject({ method: http.method, target: http.target });
    for (const [name, value] of Object.entries(http.headers)) {
      expect(asked?.headers[name.toLowerCase()]).toBe(value);
    }
    // A registration names the gateway's point of access besides (9.2).
    const body = Buffer.from(
      (asked?.bytes.toString("latin1") ?? "").replace(/<poa>.*<\/poa>/, ""),
      "latin1",
    );
    expect(read(http, body)).toEqual(read(http, bytesOf(http)));
  },
);

test.each(chosen("response", "decode"))("$name reaches a registree of JSON", async (example) => {
  const { http, primitive } = example;
  const front = await frontFor(example);
  front.cse.answer(() => ({ rsc: 2001, body: { "m2m:ae": { aei: "CAE1", ri: "CAE1", ty: 2 } } }));
  const ae = await front.connect();
  expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
  front.cse.answer(() => ({
    status: http.status ?? 0,
    headers: http.headers,
    body: bytesOf(http),
  }));
  const request = { op: 2, to: "cse-in", fr: "CAE1", rqi: primitive.rqi ?? "" };
  expect(await ae.request(request)).toEqual(primitive);
});

test.each(chosen("response", "encode"))(
  "$name goes to an HTTP application",
  async ({ http, primitive }) => {
    const front = await startFront(LABORATORY);
    const { point } = await front.registreeCse("/id-mn", { answer: () => primitive });
    const answer = await front.http({
      target: `${point}/cse`,
      headers: {
        "X-M2M-Origin": "CApp",
        "X-M2M-RI": primitive.rqi ?? "",
        "X-M2M-RVI": "3",
        Accept: http.headers["Content-Type"] ?? "",
      },
    });
    expect(answer.status).toBe(http.status);
    for (const [name, value] of Object.entries(http.headers)) {
      expect(answer.headers[name.toLowerCase()]).toBe(value);
    }
    expect(read(http, answer.bytes)).toEqual(read(http, bytesOf(http)));
  },
);
