import { describe, expect, test } from "vitest";
import { chooseProxy, type Environment } from "../../src/config/choose-proxy.ts";

const CONFIGURED = "http://configured:3128";

/** Who names the proxy, which is the text itself here; `direct` where there is none. */
function chosen(
  target: string,
  variables: Environment,
  rules: Partial<Parameters<typeof chooseProxy>[1]> = {},
): string {
  const base = { url: undefined, none: [], environment: true };
  const named = chooseProxy(new URL(target), { ...base, ...rules }, variables);
  return named?.by ?? "direct";
}

const ALL = {
  wss_proxy: "http://wss",
  ws_proxy: "http://ws",
  https_proxy: "http://https",
  http_proxy: "http://http",
  all_proxy: "http://all",
};
const without = (...names: (keyof typeof ALL)[]): Environment => ({
  ...ALL,
  ...Object.fromEntries(names.map((name) => [name, undefined])),
});

describe("the environment names the proxy (D-7.1)", () => {
  test.each<[string, Environment, string]>([
    ["wss://cse.test", ALL, "wss_proxy"],
    ["wss://cse.test", without("wss_proxy"), "https_proxy"],
    ["wss://cse.test", without("wss_proxy", "https_proxy"), "all_proxy"],
    ["ws://cse.test", ALL, "ws_proxy"],
    ["ws://cse.test", without("ws_proxy"), "https_proxy"],
    ["ws://cse.test", without("ws_proxy", "https_proxy"), "http_proxy"],
    ["ws://cse.test", without("ws_proxy", "https_proxy", "http_proxy"), "all_proxy"],
    ["https://cse.test", ALL, "https_proxy"],
    ["https://cse.test", without("https_proxy"), "all_proxy"],
    ["http://cse.test", ALL, "http_proxy"],
    ["http://cse.test", without("http_proxy"), "all_proxy"],
    ["ws://cse.test", {}, "direct"],
  ])("%s, %o: %s", (target, variables, expected) => {
    expect(chosen(target, variables)).toBe(expected);
  });

  test("PX-10 a ws: URL goes through https_proxy when only that is set", () => {
    expect(chosen("ws://cse.test", { https_proxy: "http://p" })).toBe("https_proxy");
  });

  test.each<[Environment, string]>([
    [{ https_proxy: "http://a", HTTPS_PROXY: "http://b" }, "https_proxy"],
    [{ HTTPS_PROXY: "http://b" }, "HTTPS_PROXY"],
    [{ HTTPS_PROXY: " http://b ", all_proxy: "http://c" }, "HTTPS_PROXY"],
    [{ https_proxy: "", HTTPS_PROXY: "http://b" }, "direct"],
    [{ https_proxy: "", HTTPS_PROXY: "http://b", all_proxy: "http://c" }, "all_proxy"],
    [{ https_proxy: " ", ALL_PROXY: "http://c" }, "ALL_PROXY"],
  ])("lower case counts before upper case, and an empty one takes it back: %o", (variables, by) => {
    expect(chosen("wss://cse.test", variables)).toBe(by);
  });

  test("proxy.url is stronger, and proxy.environment: false leaves the environment out", () => {
    expect(chosen("wss://cse.test", ALL, { url: CONFIGURED })).toBe("proxy.url");
    expect(chosen("wss://cse.test", ALL, { environment: false })).toBe("direct");
    const rules = { url: CONFIGURED, environment: false };
    expect(chosen("wss://cse.test", {}, rules)).toBe("proxy.url");
    expect(chooseProxy(new URL("wss://cse.test"), { ...rules, none: [] }, {})).toEqual({
      text: CONFIGURED,
      by: "proxy.url",
    });
  });

  test.each(["127.0.0.1", "127.9.9.9:8080", "localhost", "LOCALHOST:80", "[::1]:9000"])(
    "%s is reached without it; proxy.url holds there too",
    (host) => {
      expect(chosen(`ws://${host}`, ALL)).toBe("direct");
      expect(chosen(`ws://${host}`, ALL, { url: CONFIGURED })).toBe("proxy.url");
    },
  );
});

describe("PX-09 what is listed is reached directly", () => {
  const LISTED: readonly (readonly [string, string])[] = [
    ["*", "ws://cse.test"],
    ["cse.test", "ws://cse.test:9000"],
    ["CSE.test.", "ws://cse.test"],
    ["test", "ws://cse.test"],
    [".test", "ws://cse.test"],
    ["*.test", "ws://cse.test"],
    [".cse.test", "ws://cse.test"],
    ["cse.test", "ws://CSE.Test."],
    ["cse.test:80", "ws://cse.test"],
    ["cse.test:443", "wss://cse.test"],
    ["cse.test:9000", "ws://cse.test:9000"],
    ["test:80", "http://cse.test"],
    ["192.0.2.7", "ws://192.0.2.7:9000"],
    ["192.0.2.7:9000", "ws://192.0.2.7:9000"],
    ["192.0.2.0/24", "https://192.0.2.7"],
    ["2001:db8::7", "ws://[2001:db8:0::7]:9000"],
    ["[2001:db8::7]", "ws://[2001:db8::7]"],
    ["[2001:db8::7]:9000", "ws://[2001:db8::7]:9000"],
    ["2001:db8::/32", "ws://[2001:db8::7]"],
  ];
  const NOT_LISTED: readonly (readonly [string, string])[] = [
    ["", "ws://cse.test"],
    [".", "ws://cse.test"],
    ["se.test", "ws://cse.test"],
    ["cse.test", "ws://test"],
    ["cse.test", "ws://cse.test.example"],
    ["cse.test:80", "wss://cse.test"],
    ["cse.test:80", "ws://cse.test:9000"],
    ["a.cse.test", "ws://cse.test"],
    ["192.0.2.8", "ws://192.0.2.7"],
    ["2.7", "ws://192.0.2.7"],
    ["192.0.2.7:80", "wss://192.0.2.7"],
    ["192.0.2.0/99", "ws://192.0.2.7"],
    ["192.0.2.0/24", "ws://cse.test"],
    ["[2001:db8::7]:80", "ws://[2001:db8::7]:9000"],
    ["2001:db8::8", "ws://[2001:db8::7]"],
    ["c*.test", "ws://cse.test"],
  ];

  test.each(LISTED)("%s covers %s", (entry, target) => {
    expect(chosen(target, { ...ALL, no_proxy: entry })).toBe("direct");
    expect(chosen(target, ALL, { none: [entry] })).toBe("direct");
    expect(chosen(target, ALL, { url: CONFIGURED, none: [entry] })).toBe("direct");
  });

  test.each(NOT_LISTED)("%j does not cover %s", (entry, target) => {
    expect(chosen(target, { ...ALL, no_proxy: entry })).not.toBe("direct");
    expect(chosen(target, ALL, { url: CONFIGURED, none: [entry] })).toBe("proxy.url");
  });

  test("a list has commas or blanks, lower case is stronger, and it says nothing about proxy.url", () => {
    const target = "ws://cse.test";
    expect(chosen(target, { ...ALL, no_proxy: "a.test, cse.test" })).toBe("direct");
    expect(chosen(target, { ...ALL, NO_PROXY: "a.test cse.test" })).toBe("direct");
    expect(chosen(target, { ...ALL, no_proxy: "a.test", NO_PROXY: "*" })).toBe("ws_proxy");
    expect(chosen(target, { no_proxy: "*" }, { url: CONFIGURED })).toBe("proxy.url");
  });
});
