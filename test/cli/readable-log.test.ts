import { expect, test } from "vitest";
import { readableLog } from "../../src/cli/readable-log.ts";

const written = (line: string): string => {
  let text = "";
  readableLog((part) => {
    text += part;
  }).write(line);
  return text;
};

test("a record becomes one line: time, level, message, fields", () => {
  const record = { level: 40, time: new Date(), msg: "frame dropped", link: "l1", n: 3 };
  expect(written(`${JSON.stringify(record)}\n`)).toMatch(
    /^\d\d:\d\d:\d\d warn {2}frame dropped {2}link=l1 {2}n=3\n$/,
  );
});

test("what is no record passes as it is", () => {
  expect(written("plain\n")).toBe("plain\n");
  expect(written("7\n")).toBe("7\n");
});
