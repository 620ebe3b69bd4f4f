/**
 * How the time of the JSON reader grows with what hostile peers may send: `tsx test/bench/hostile-input.ts`.
 *
 * Each row is one shape: eight times the size, and how many times the time. A reader in proportion takes about 8
 * times, a quadratic one 64 times.
 */
import { cpus } from "node:os";
import { contentOf, LENIENT, read } from "../codec/using-json.ts";

const GROWTH = 8;
const COUNT = 1500;
const EDITED_COUNT = 4000;
const DIGITS = 1_000_000;

const items = (count: number, item: (index: number) => string, comma = ","): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(comma);

const SHAPES: readonly (readonly [string, (count: number) => string])[] = [
  ["many members", (count) => `{${items(count, (index) => `"m${index}":0`)}}`],
  ["many escaped names", (count) => `{${items(count, (index) => `"\\u006d${index}":0`)}}`],
  [
    "many members inside pc",
    (count) => `{"op":5,"to":"a","rqi":"1","pc":{${items(count, (index) => `"m${index}":0`)}}}`,
  ],
  [
    "many members in a wrapper",
    (count) => `{"m2m:rqp":{${items(count, (index) => `"m${index}":0`)}}}`,
  ],
  ["many small objects", (count) => `{"a":[${items(count, () => '{"a":{}}')}]}`],
  [
    "a row of deep nests",
    (count) => `{"a":[${items(count / 50, () => "[".repeat(50) + "]".repeat(50))}]}`,
  ],
  ["brackets that never close", (count) => "[".repeat(count * 4)],
  ["a long escaped string", (count) => `{"a":"${'\\"'.repeat(count * 4)}"}`],
  ["a string without end", (count) => `{"a":"${"\\\\".repeat(count * 4)}`],
  ["strings without end at the end", (count) => `{${items(count, (index) => `"m${index}":""`)},"`],
  ["a long number", (count) => `{"a":${"1".repeat(count * 8)}}`],
  ["much white space", (count) => `{${" ".repeat(count * 8)}"a"${"\n".repeat(count * 8)}:1}`],
  ["blanks in pc", (count) => `{"op":5,"to":"a","rqi":"1","pc":{${" ".repeat(count * 8)}}}`],
  [
    "the last member a second time",
    (count) => `{${items(count, (index) => `"m${index}":0`)},"m${count - 1}":0}`,
  ],
  [
    "names with a common beginning",
    (count) => `{${items(count / 8, (index) => `"${"x".repeat(64)}${index}":0`)}}`,
  ],
];

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

function growthOf(
  count: number,
  make: (count: number) => string,
  run: (text: string) => unknown,
): readonly string[] {
  const [small, large] = [make(count), make(count * GROWTH)];
  const before = bestOf(20, () => run(small));
  const after = bestOf(10, () => run(large));
  return [`${large.length}`, before.toFixed(3), after.toFixed(3), (after / before).toFixed(1)];
}

const print = (name: string, cells: readonly string[]): void => {
  process.stdout.write(`${name.padEnd(36)}${cells.map((cell) => cell.padStart(12)).join("")}\n`);
};

const [cpu] = cpus();
process.stdout.write(`Node ${process.version}, ${cpu?.model ?? "unknown CPU"}\n`);
print(`${GROWTH} times the size`, ["bytes", "ms before", "ms after", "times"]);
for (const [name, make] of SHAPES) {
  print(
    name,
    growthOf(COUNT, make, (text) => read(text, LENIENT)),
  );
}
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
