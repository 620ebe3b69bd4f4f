import { describe, expect, test } from "vitest";
import { chooseAccepted } from "../../../src/binding/http/accept.ts";

describe("Accept (RFC 9110, 12.5.1)", () => {
  const all = ["json", "xml", "cbor"] as const;

  test.each([
    [undefined, "no-preference"],
    ["", "no-preference"],
    [" , ", "no-preference"],
    ["*/*", "no-preference"],
    ["application/*", "no-preference"],
    ["text/html, */*;q=0.8", "no-preference"],
    ["application/json", "json"],
    ["application/xml", "xml"],
    ["Application/CBOR", "cbor"],
    ["application/vnd.onem2m-res+xml, application/vnd.onem2m-ntfy+xml", "xml"],
    ["application/xml, application/json", "xml"],
    ["application/xml;q=0.5, application/json", "json"],
    ["application/xml;q=0.5, application/json;q=0.9, application/cbor;q=0.7", "json"],
    ["application/json;q=0.1, application/vnd.onem2m-res+json, application/xml;q=0.5", "json"],
    ["application/json, */*;q=0.1", "json"],
    ["application/cbor, */*", "cbor"],
    ["*/*, application/json;q=0", "xml"],
    ["application/*;q=0, */*", "not-acceptable"],
    ["application/json; q = 0.2; x=1, application/xml;q=bad", "xml"],
    ["text/html", "not-acceptable"],
    ["application/json;q=0", "not-acceptable"],
    ["application/json;q=0.000", "not-acceptable"],
    ['text/plain;x="a,application/json"', "not-acceptable"],
  ])("%j chooses %s", (accept, chosen) => {
    expect(chooseAccepted(accept, all)).toBe(chosen);
  });

  test("what cannot be produced is not chosen", () => {
    expect(chooseAccepted("application/json", ["xml"])).toBe("not-acceptable");
    expect(chooseAccepted("application/xml, application/json;q=0.1", ["json"])).toBe("json");
    expect(chooseAccepted("application/xml, */*;q=0.1", ["json"])).toBe("no-preference");
    expect(chooseAccepted("application/xml", ["json"])).toBe("not-acceptable");
  });
});
