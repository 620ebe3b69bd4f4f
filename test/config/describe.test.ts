import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { renderExample, renderKeyTable, withKeyTable } from "../../src/config/describe.ts";
import { keysByPath } from "../../src/config/keys.ts";
import { deploymentOf, loadConfig } from "../../src/config/load.ts";

const pathOf = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const example = pathOf("config/gateway.example.yaml");
const readme = pathOf("README.md");

test("the example file is what the schema makes of it (npm run readme)", () => {
  expect(readFileSync(example, "utf8")).toBe(renderExample());
});

test("the example file sets nothing but the defaults", () => {
  const [set, unset] = [loadConfig({ file: example, env: {} }), loadConfig({ env: {} })];
  if ("faults" in set || "faults" in unset) throw new Error(JSON.stringify([set, unset]));
  // Who says so is the one difference.
  expect({ ...set.config, origins: new Map() }).toEqual(unset.config);
});

test("README's table of keys is what the schema makes of it (npm run readme)", () => {
  const text = existsSync(readme) ? readFileSync(readme, "utf8") : "";
  expect(withKeyTable(text) ?? text).toBe(text);
});

test("the table has every key with its default and range", () => {
  const table = renderKeyTable();
  for (const path of keysByPath().keys()) expect(table).toContain(`| \`${path}\` | `);
  expect(table).toContain("| `ws.maxMessage` | `1MiB` |");
  expect(table).toContain("| `cse.url` | none: standalone |");
  expect(table).toContain("(1 to 65535).");
});

test("only what lies between the marks is replaced", () => {
  const text = "# A\n<!-- config:begin -->\nold\n<!-- config:end -->\nrest\n";
  const updated = withKeyTable(text);
  expect(updated).toBe(
    `# A\n<!-- config:begin -->\n${renderKeyTable()}<!-- config:end -->\nrest\n`,
  );
  expect(withKeyTable("no marks")).toBeUndefined();
});

test.each([
  ["config/standalone.yaml", "standalone"],
  ["config/front.yaml", "front"],
  ["config/bridge.yaml", "bridge"],
])("%s runs the gateway as %s", (file, expected) => {
  const result = loadConfig({ file: pathOf(file), env: {} });
  expect("config" in result ? deploymentOf(result.config) : result.faults).toBe(expected);
});
