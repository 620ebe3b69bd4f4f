import { join } from "node:path";
import { parseArgs } from "node:util";
import { instanceContent, notifyContent } from "./content.ts";
import { median, printHeader, printRows, spreadOf } from "./report.ts";
import { SPELLINGS, type Spelling } from "./spelling.ts";

// What of the codecs is used here: they are taken as compiled, from outside of what this folder is compiled to.
interface Primitive {
  readonly requestIdentifier: string;
  readonly content: unknown;
}
type Payload = string | Uint8Array;
interface Codec {
  decodeContent(bytes: Uint8Array, context: object): unknown;
  encodeContent(content: unknown, context: object): Payload;
  readPrimitive(bytes: Uint8Array, options: object): { readonly primitive: Primitive };
  writePrimitive(primitive: Primitive, options: object): Payload;
}

/** One thing to measure, done once. */
interface Case {
  readonly name: string;
  /** Cases that it is compared with. */
  readonly comparedWith: readonly string[];
  /** Gives the size of what came out. */
  run(): number;
}

const CONTEXT = { emptyIsNull: false };
const READ = { lenient: false };
const { values } = parseArgs({
  options: {
    /** The folder of the compiled codecs. */
    codecs: { type: "string", default: "" },
    /** In each of which every case has its turn. */
    rounds: { type: "string", default: "15" },
    /** Milliseconds of a turn. */
    turn: { type: "string", default: "25" },
  },
});
const rounds = Number(values.rounds);
const turn = Number(values.turn);

const codecs: Readonly<Record<Spelling, Codec>> = {
  json: (await import(join(values.codecs, "json/json.js"))).jsonCodec,
  cbor: (await import(join(values.codecs, "cbor/cbor.js"))).cborCodec,
  xml: (await import(join(values.codecs, "xml/xml.js"))).createXmlCodec({ onUnknown() {} }),
};

const INSTANCES = Array.from({ length: 16 }, (_, n) => ({
  rn: `cin-${n}`,
  ty: 4,
  ri: `cin00${n}`,
  pi: "cnt1",
  ct: "20260101T000000",
  lt: "20260101T000000",
  et: "20270101T000000",
  st: n,
  cs: 5,
  lbl: ["room:12", "indoor"],
  con: `${18 + n}.5`,
}));
const MESSAGES: readonly (readonly [name: string, json: string])[] = [
  ["Notify of 260 B", notifyOf(notifyContent(200, "readings"))],
  ["Create with 4 KiB of content", createOf(instanceContent(4096, "readings"))],
  [
    "answer with a list of 16 instances",
    answerOf(JSON.stringify({ "m2m:cnt": { "m2m:cin": INSTANCES } })),
  ],
];

function notifyOf(pc: string): string {
  return `{"op":5,"to":"CAE1","fr":"/id-in","rqi":"n-12345","rvi":"3","pc":${pc}}`;
}

function createOf(pc: string): string {
  return `{"op":1,"to":"cse-in/cnt1","fr":"CAE1","rqi":"c-12345","rvi":"3","ty":4,"pc":${pc}}`;
}

function answerOf(pc: string): string {
  return `{"rsc":2000,"rqi":"r-12345","rvi":"3","pc":${pc}}`;
}

const bytesOf = (payload: Payload): Buffer => Buffer.from(payload);
const written = (to: Spelling, primitive: Primitive): Payload => {
  const { requestIdentifier } = primitive;
  return codecs[to].writePrimitive(primitive, { wrapped: false, requestIdentifier });
};
const read = (from: Spelling, message: Uint8Array): Primitive =>
  codecs[from].readPrimitive(message, READ).primitive;

/** The message in each spelling, with and without its envelope. */
function spelled(json: string, spelling: Spelling): { message: Buffer; content: Buffer } {
  const primitive = read("json", bytesOf(json));
  return {
    message: bytesOf(written(spelling, primitive)),
    content: bytesOf(codecs[spelling].encodeContent(primitive.content, CONTEXT)),
  };
}

function casesOf(json: string): { single: Case[]; ways: Case[] } {
  const single: Case[] = [];
  const primitives: Case[] = [];
  const contents: Case[] = [];
  for (const from of SPELLINGS) {
    const { message, content } = spelled(json, from);
    const own = read(from, message);
    single.push(
      oneOf("read", from, () => read(from, message).requestIdentifier.length),
      oneOf("write", from, () => written(from, own).length),
    );
    for (const to of SPELLINGS) {
      primitives.push(wayOf("primitive", from, to, () => written(to, read(from, message)).length));
      contents.push(
        wayOf("content", from, to, () => {
          const decoded = codecs[from].decodeContent(content, CONTEXT);
          return codecs[to].encodeContent(decoded, CONTEXT).length;
        }),
      );
    }
  }
  return { single, ways: [...primitives, ...contents] };
}

function oneOf(what: string, spelling: Spelling, run: () => number): Case {
  return { name: `${what} ${spelling}`, comparedWith: [`${what} json`], run };
}

function wayOf(what: string, from: Spelling, to: Spelling, run: () => number): Case {
  const passThrough = `${what} ${from} → ${from}`;
  return {
    name: `${what} ${from} → ${to}`,
    comparedWith: [passThrough, `${what} json → json`],
    run,
  };
}

/** Microseconds of each case in each round; who begins changes from round to round. */
function measure(cases: readonly Case[]): ReadonlyMap<string, readonly number[]> {
  const times = new Map<string, number[]>(cases.map(({ name }) => [name, []]));
  // The first two rounds are for the engine's compiler.
  for (let round = -2; round < rounds; round += 1) {
    for (let index = 0; index < cases.length; index += 1) {
      const { name, run } = cases[(round + 2 + index) % cases.length] as Case;
      const took = timeOf(run);
      if (round >= 0) times.get(name)?.push(took);
    }
  }
  return times;
}

function timeOf(run: () => number): number {
  let done = 0;
  let size = 0;
  const start = performance.now();
  let now = start;
  while (now < start + turn) {
    for (let step = 0; step < 16; step += 1) size += run();
    done += 16;
    now = performance.now();
  }
  if (size === 0) throw new Error("nothing came out");
  return ((now - start) * 1_000) / done;
}

/** @param ratios what the cases are compared with, in words */
function print(title: string, cases: readonly Case[], ratios: readonly string[]): void {
  const times = measure(cases);
  const of = (name: string): readonly number[] => times.get(name) ?? [];
  const ratio = (name: string, other: string): string =>
    spreadOf(of(name).map((took, round) => took / (of(other)[round] as number)));
  const rows = cases.map(({ name, comparedWith }) => [
    name,
    median(of(name)).toFixed(2),
    ...comparedWith.map((other) => ratio(name, other)),
  ]);
  printRows(title, [["", "µs", ...ratios], ...rows]);
}

printHeader(
  "Codecs: primitives read and written, and taken from one serialization to another",
  { rounds: `${rounds} of ${turn} ms for each case, in turn` },
  "the same without transcoding, and in JSON",
);
for (const [name, json] of MESSAGES) {
  const { single, ways } = casesOf(json);
  const sizes = SPELLINGS.map(
    (spelling) => `${spelled(json, spelling).message.length} B ${spelling}`,
  );
  print(`${name} (${sizes.join(", ")})`, single, ["× JSON"]);
  print(`${name}, from one serialization to another`, ways, ["× pass-through", "× JSON"]);
}
