import { expect, test } from "vitest";
import { LIVE_KEYS } from "../../src/config/changes.ts";
import { renderKeyTable } from "../../src/config/describe.ts";
import { leavesByPath } from "../../src/config/schema.ts";

test.each(LIVE_KEYS)("%s, which a reload takes over, is a key or a group of the schema", (live) => {
  const keys = [...leavesByPath().keys()];
  const isKey = keys.includes(live);
  expect(isKey || keys.some((key) => key.startsWith(`${live}.`))).toBe(true);
  expect(renderKeyTable()).toContain(isKey ? ` \`${live}\`,` : ` \`${live}.*\`,`);
});

test("no key that a reload takes over is named twice", () => {
  const twice = LIVE_KEYS.filter((key) =>
    LIVE_KEYS.some((other) => other !== key && key.startsWith(`${other}.`)),
  );
  expect(twice).toEqual([]);
  expect(new Set(LIVE_KEYS).size).toBe(LIVE_KEYS.length);
});
