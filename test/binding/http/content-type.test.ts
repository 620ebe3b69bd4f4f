import { describe, expect, test } from "vitest";
import { parseContentType, writeContentType } from "../../../src/binding/http/content-type.ts";

describe("Content-Type (TS-0009, 6.4.3)", () => {
  const vendor = ["res", "ntfy", "preq", "prsp", "attrs"].flatMap((kind) =>
    ["json", "xml", "cbor"].map((serialization) => [
      `application/vnd.onem2m-${kind}+${serialization}`,
      serialization,
    ]),
  );

  test.each([
    ["application/json", "json"],
    ["application/xml", "xml"],
    ["application/cbor", "cbor"],
    ...vendor,
    ["Application/JSON", "json"],
    ["application/json;charset=UTF-8", "json"],
    ['application/json; charset="utf-8"', "json"],
    ["application/json;", "json"],
    ["application/json; odd", "json"],
    ['application/json; profile=";ty=4"', "json"],
  ])("%s is %s without a resource type", (value, serialization) => {
    expect(parseContentType(value)).toEqual({ serialization, resourceType: undefined });
  });

  test.each([
    ["application/json;ty=4", 4],
    ["application/json;       ty=2", 2],
    ["application/json;charset=utf-8;ty=4", 4],
    ["application/json;ty=4;charset=utf-8", 4],
    ["application/vnd.onem2m-res+json; TY=28", 28],
    ['application/json;ty="3"', 3],
    ["application/json ; ty = 3 ", 3],
    ['application/json;x="a\\";ty=9";ty=23', 23],
    ["application/json;ty=10004", 10004],
  ])("%s announces resource type %i", (value, resourceType) => {
    expect(parseContentType(value)).toEqual({ serialization: "json", resourceType });
  });

  test.each([
    [undefined],
    [""],
    ["text/html"],
    ["application/json-patch+json"],
    ["application/vnd.onem2m-other+json"],
    ["application/json;charset=iso-8859-1"],
  ])("%s has no serialization that is read", (value) => {
    expect(parseContentType(value)).toEqual({ serialization: undefined, resourceType: undefined });
  });

  test.each([
    ["application/json;ty=abc"],
    ["application/json;ty="],
    ["application/json;ty"],
    ["application/json;ty=-1"],
    ["application/json;ty=4,5"],
    ["application/json;ty=4;ty=4"],
    ["application/json;ty=12345678901"],
  ])("%s is refused", (value) => {
    expect(() => parseContentType(value)).toThrow(
      expect.objectContaining({ code: "GW_REQUEST_INVALID" }),
    );
  });

  test("is written without blanks and without any other parameter, as ACME reads nothing else", () => {
    expect(writeContentType("application/json", 4)).toBe("application/json;ty=4");
    expect(writeContentType("application/cbor", undefined)).toBe("application/cbor");
  });
});
