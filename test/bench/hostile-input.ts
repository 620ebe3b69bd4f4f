/**
 * How the time of the readers grows with what hostile peers may send: `tsx test/bench/hostile-input.ts`.
 *
 * Each row is one shape: eight times the size, and how many times the time. A reader in proportion takes about 8
 * times, a quadratic one 64 times.
 */
import { cpus } from "node:os";
import { GatewayError } from "../../src/base/errors.ts";
import { cborCodec } from "../../src/codec/cbor/cbor.ts";
import type { Codec } from "../../src/codec/codec.ts";
import { jsonCodec } from "../../src/codec/json/json.ts";
import { contentOf, LENIENT, read } from "../codec/json/using-json.ts";
import { xmlCodec } from "../codec/xml/using-xml.ts";
import { CBOR_SHAPES, items, JSON_SHAPES, type Shapes, XML_SHAPES } from "./hostile-shapes.ts";

const GROWTH = 8;
const COUNT = 1500;
const EDITED_COUNT = 4000;
const DIGITS = 1_000_000;

const edit = (text: string): unknown =>
  contentOf(text).edited([
    { path: ["m2m:ae", "m7"], value: undefined },
    { path: ["m2m:ae", "poa"], value: ["x"] },
  ]);

/** The shortest of several runs in milliseconds, which a busy machine disturbs least. */
function bestOf(times: number, run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let index = 0; index < times; index += 1) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function growthOf<T extends { readonly length: number }>(
  count: number,
  make: (count: number) => T,
  run: (message: T) => unknown,
): readonly string[] {
  const [small, large] = [make(count), make(count * GROWTH)];
  const before = bestOf(20, () => run(small));
  const after = bestOf(10, () => run(large));
  return [`${large.length}`, before.toFixed(3), after.toFixed(3), (after / before).toFixed(1)];
}

const print = (name: string, cells: readonly string[]): void => {
  process.stdout.write(`${name.padEnd(44)}${cells.map((cell) => cell.padStart(12)).join("")}\n`);
};

const HEAD = ["bytes", "ms before", "ms after", "times"];
const printAll = <T extends { readonly length: number }>(
  title: string,
  shapes: Shapes<T>,
  run: (message: T) => unknown,
): void => {
  print(`${title}, ${GROWTH} times the size`, HEAD);
  for (const [name, make] of shapes) print(name, growthOf(COUNT, make, run));
};

/** All that the gateway does with a message in `as`: reads it as a primitive and as content, and takes that to JSON. */
function takeIn(as: Codec, message: Uint8Array): void {
  as.readPrimitive(message, LENIENT);
  try {
    jsonCodec.encodeContent(as.decodeContent(message, { emptyIsNull: false }), {
      emptyIsNull: false,
    });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
  }
}

/** Takes the JSON of a content to another serialization. */
function takeOut(to: Codec, message: string): void {
  try {
    to.encodeContent(contentOf(message), { emptyIsNull: false });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
  }
}

const [cpu] = cpus();
process.stdout.write(`Node ${process.version}, ${cpu?.model ?? "unknown CPU"}\n`);
printAll("JSON", JSON_SHAPES, (message) => read(message, LENIENT));
print(
  "editing content",
  growthOf(
    EDITED_COUNT,
    (count) => `{"m2m:ae":{${items(count, (index) => `"m${index}":"\\n"`)}}}`,
    edit,
  ),
);
const digits = "7".repeat(DIGITS);
const asString = bestOf(10, () => read(`{"rsc":2000,"rqi":"1","x:n":"${digits}"}`, LENIENT));
const asNumber = bestOf(10, () => read(`{"rsc":2000,"rqi":"1","x:n":${digits}}`, LENIENT));
print("a long number against a long string", [
  `${DIGITS}`,
  asString.toFixed(3),
  asNumber.toFixed(3),
  (asNumber / asString).toFixed(1),
]);
printAll("JSON to CBOR and XML", JSON_SHAPES, (message) => {
  takeIn(jsonCodec, Buffer.from(message));
  for (const to of [cborCodec, xmlCodec]) takeOut(to, message);
});
printAll("CBOR", CBOR_SHAPES, (message) => takeIn(cborCodec, message));
printAll("XML", XML_SHAPES, (message) => takeIn(xmlCodec, Buffer.from(message)));
