import { expect, test } from "vitest";
import { createLog, LogObserver } from "../../src/observe/log.ts";

test("a name that no table knows is told once, no longer than a person needs it, and not without end", () => {
  const lines: string[] = [];
  const log = createLog("info", { write: (line) => lines.push(line) });
  const observer = new LogObserver(log, undefined);
  observer.unknownName("x:lamp");
  observer.unknownName("x:lamp");
  observer.unknownName(`x:${"a".repeat(100_000)}`);
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[1] ?? "{}").name).toHaveLength(64);
  for (let n = 0; n < 5_000; n += 1) observer.unknownName(`x:n${n}`);
  expect(lines).toHaveLength(1_000);
});
