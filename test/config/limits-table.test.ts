import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FAILURES } from "../../src/base/errors.ts";
import { keysByPath } from "../../src/config/keys.ts";
import { LIMIT_NAMES } from "../../src/core/measures.ts";

const pathOf = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const readme = existsSync(pathOf("README.md")) ? readFileSync(pathOf("README.md"), "utf8") : "";
const table = readme.slice(
  readme.indexOf("<!-- limits:begin -->"),
  readme.indexOf("<!-- limits:end -->"),
);
const quoted = (text: string | undefined): string[] =>
  [...(text ?? "").matchAll(/`([^`]+)`/g)].map(([, inside]) => inside ?? "");
const rows = table
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| limit "))
  .map((line) => {
    const [, , keys, , counted, test] = line.split("|");
    return { keys: quoted(keys), counted: quoted(counted), tests: quoted(test) };
  });

test("README's table of limits names keys, failures and labels that there are, and tests that count in them", () => {
  const keys = keysByPath();
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) {
    expect(row.keys.filter((key) => !keys.has(key))).toEqual([]);
    const [test = "", ...more] = row.tests;
    expect(more).toEqual([]);
    const text = readFileSync(pathOf(`test/${test}.test.ts`), "utf8");
    for (const counted of row.counted) {
      const [, family, label = ""] = /^(\w+)\{([\w-]+)\}$/.exec(counted) ?? [];
      if (family === "failures") expect(Object.keys(FAILURES)).toContain(label);
      if (family === "limits") expect(LIMIT_NAMES).toContain(label);
      expect(text, `${test} does not count ${counted}`).toContain(label ? `"${label}"` : counted);
    }
    expect(row.counted.length).toBeGreaterThan(0);
  }
});

test("README's table of limits has every key of the group, and every label", () => {
  const named = new Set(rows.flatMap((row) => row.keys));
  const group = [...keysByPath().keys()].filter((key) => key.startsWith("limits."));
  expect(group.filter((key) => !named.has(key))).toEqual(["limits.exempt"]);
  const counted = rows.flatMap((row) => row.counted);
  expect(LIMIT_NAMES.filter((name) => !counted.includes(`limits{${name}}`))).toEqual([]);
});
