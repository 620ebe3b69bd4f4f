import { expect, test } from "vitest";
import { chooseSubprotocol } from "../../src/dialect/subprotocols.ts";

const DEFAULT = { proV1: false };

test.each([
  ["oneM2M.json", "json", false],
  ["oneM2M.R2.0.json", "json", false],
  ["oneM2M.xml", "xml", true],
  ["oneM2M.R2.0.xml", "xml", true],
  ["oneM2M.cbor", "cbor", false],
  ["oneM2M.R2.0.cbor", "cbor", false],
])("%s is %s; begins wrapped: %s (TS-0020, table 6.2.2.9-1)", (name, serialization, wrapsFirst) => {
  expect(chooseSubprotocol([name], DEFAULT)).toEqual({
    name,
    subprotocol: { serialization, wrapsFirst },
  });
});

test("oneM2M-pro-v1.0 is JSON and begins wrapped, behind its switch (Q-01)", () => {
  const offered = ["oneM2M-pro-v1.0"];
  expect(chooseSubprotocol(offered, DEFAULT)).toBeUndefined();
  expect(chooseSubprotocol(offered, { proV1: true })).toEqual({
    name: "oneM2M-pro-v1.0",
    subprotocol: { serialization: "json", wrapsFirst: true },
  });
});

test.each([
  "onem2m.json",
  "ONEM2M.JSON",
  "onem2m.r2.0.json",
  "oneM2M.R2.0.JSON",
  "ONEM2M.xml",
  "onem2m.r2.0.xml",
  "onem2m.CBOR",
  "onem2m.r2.0.cbor",
])("%s is recognised in any case and given back as it was spelt (Q-01; RFC 7936, 2)", (name) => {
  expect(chooseSubprotocol([name], DEFAULT)?.name).toBe(name);
});

test.each(["oneM2M-R2.0_XML", "oneM2M.R3.0.json", "oneM2M.jsonx", "json", "constructor", ""])(
  "'%s' is not supported",
  (name) => {
    expect(chooseSubprotocol([name], DEFAULT)).toBeUndefined();
  },
);

test.each<[readonly string[], string]>([
  [["oneM2M.json", "oneM2M.R2.0.json"], "oneM2M.json"],
  [["oneM2M.R2.0.json", "oneM2M.json"], "oneM2M.R2.0.json"],
  [["chat", "oneM2M.cbor", "oneM2M.json", "oneM2M.R2.0.json"], "oneM2M.cbor"],
])("of %s the first that is supported is chosen: %s (TS-0020, 6.2.2.7)", (offered, name) => {
  expect(chooseSubprotocol(offered, DEFAULT)?.name).toBe(name);
});

test("nothing is chosen from nothing", () => {
  expect(chooseSubprotocol([], DEFAULT)).toBeUndefined();
});
