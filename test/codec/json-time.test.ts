import { describe, expect, test } from "vitest";
import { contentOf, LENIENT, read } from "./using-json.ts";

describe("time", () => {
  const items = (count: number, item: (index: number) => string, comma = ","): string =>
    Array.from({ length: count }, (_, index) => item(index)).join(comma);

  test.each<[string, (count: number) => string]>([
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
    [
      "strings without end at the end",
      (count) => `{${items(count, (index) => `"m${index}":""`)},"`,
    ],
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
  ])("reading %s takes time in proportion to its length", (_, make) => {
    expectLinear(1500, make, (text) => read(text, LENIENT));
  });

  test("editing takes time in proportion to the content's length", () => {
    expectLinear(
      4000,
      (count) => `{"m2m:ae":{${items(count, (index) => `"m${index}":"\\n"`)}}}`,
      (text) =>
        contentOf(text).edited([
          { path: ["m2m:ae", "m7"], value: undefined },
          { path: ["m2m:ae", "poa"], value: ["x"] },
        ]),
    );
  });

  test("a long number in the envelope does not cost much more than a long string", () => {
    const digits = "7".repeat(1_000_000);
    const asString = bestOf(5, () => read(`{"rsc":2000,"rqi":"1","x:n":"${digits}"}`, LENIENT));
    const asNumber = bestOf(3, () => read(`{"rsc":2000,"rqi":"1","x:n":${digits}}`, LENIENT));
    expect(asNumber / Math.max(asString, 1)).toBeLessThan(40);
  });
});

/**
 * Eight times the length must not take much more than eight times as long; a quadratic reader takes 64 times.
 * The best of several runs on each side, and three tries, keep a busy machine from deciding.
 */
function expectLinear(
  count: number,
  make: (count: number) => string,
  run: (text: string) => unknown,
): void {
  const [small, large] = [make(count), make(count * 8)];
  let ratio = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3 && ratio > 30; attempt += 1) {
    ratio =
      bestOf(3, () => run(large)) /
      Math.max(
        bestOf(6, () => run(small)),
        0.05,
      );
  }
  expect(ratio).toBeLessThan(30);
}

function bestOf(times: number, run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let index = 0; index < times; index += 1) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
