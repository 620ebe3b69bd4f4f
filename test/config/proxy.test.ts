import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { describeFault } from "../../src/config/settings.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const CSE = { "cse.url": "https://cse.test", "http.advertise": "http://gateway.test" };

function load(flags: Record<string, string>, env: Record<string, string> = {}) {
  return loadConfig({ env, flags: new Map(Object.entries({ ...CSE, ...flags })) });
}

function proxyOf(flags: Record<string, string>, env?: Record<string, string>) {
  const result = load(flags, env);
  if ("faults" in result) throw new Error(result.faults.map(describeFault).join("\n"));
  const { cseProxy } = result.config;
  return cseProxy && { ...cseProxy, authorization: cseProxy.authorization?.() };
}

function faultsOf(flags: Record<string, string>, env?: Record<string, string>): string[] {
  const result = load(flags, env);
  return "faults" in result ? result.faults.map(describeFault) : [];
}

function file(text: string): string {
  const path = join(tempDir(), "file");
  writeFileSync(path, text);
  return path;
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

test.each([
  ["http://proxy.test:3128", { protocol: "http:", host: "proxy.test", port: 3128 }],
  ["HTTPS://Proxy.test/", { protocol: "https:", host: "proxy.test", port: 443 }],
  ["http://[2001:db8::1]", { protocol: "http:", host: "2001:db8::1", port: 80 }],
])("proxy.url: %s", (url, expected) => {
  expect(proxyOf({ "proxy.url": url })).toEqual({
    ...expected,
    authorization: undefined,
    ca: undefined,
    namedBy: "proxy.url",
  });
});

test.each([
  ["http://proxy.test", undefined],
  ["proxy.test:3128", undefined],
  ["http://user:secret@proxy.test", basic("user:secret")],
  ["http://user@proxy.test", basic("user:")],
  ["user:s%40%3a%e2%82%ac@proxy.test:3128/", basic("user:s@:€")],
  ["http://user:50%@proxy.test", basic("user:50%")],
])("https_proxy=%s, whose credentials are those of the URL", (https_proxy, authorization) => {
  expect(proxyOf({}, { https_proxy })).toMatchObject({
    host: "proxy.test",
    namedBy: "https_proxy",
    authorization,
  });
});

test("the standalone gateway, and a CSE that is listed, have no proxy", () => {
  const env = { all_proxy: "http://proxy.test" };
  const standalone = loadConfig({ env });
  expect("config" in standalone && standalone.config.cseProxy).toBeUndefined();
  expect(proxyOf({ "proxy.none": "cse.test" }, env)).toBeUndefined();
  expect(proxyOf({ "proxy.environment": "false" }, env)).toBeUndefined();
  expect(proxyOf({}, env)).toBeDefined();
});

test.each([
  ["user:secret", "user:secret"],
  ["user:se:cr et\r\nsecond line", "user:se:cr et"],
  ["\ufeffüser:\n", "üser:"],
])("proxy.credentialsFile with %j", (text, credentials) => {
  const flags = { "proxy.url": "http://proxy.test", "proxy.credentialsFile": file(text) };
  expect(proxyOf(flags)?.authorization).toBe(basic(credentials));
});

test("the file's credentials are also for a proxy of the environment, unless its URL has some", () => {
  const flags = { "proxy.credentialsFile": file("user:secret\n") };
  const of = (https_proxy: string) => proxyOf(flags, { https_proxy })?.authorization;
  expect(of("http://proxy.test")).toBe(basic("user:secret"));
  expect(of("http://a:b@proxy.test")).toBe(basic("a:b"));
});

describe("faults", () => {
  const named = { "proxy.url": "http://proxy.test" };

  test.each([
    ["http://user:secret@proxy.test"],
    ["user:secret@proxy.test:3128"],
    ["https://secret@proxy.test"],
  ])("proxy.url: %s has credentials, which belong into a file", (url) => {
    const [fault, ...others] = faultsOf({ "proxy.url": url });
    expect(fault).toBe(
      "--proxy.url: must not carry credentials: put user:password into a file and name that in proxy.credentialsFile",
    );
    expect(others).toEqual([]);
  });

  test.each(["socks5://proxy.test", "proxy.test:3128", "http://proxy.test/path", "http://"])(
    "proxy.url: %s is none",
    (url) => {
      expect(faultsOf({ "proxy.url": url })).toEqual([
        `--proxy.url: must be an http:// or https:// URL of a host and port such as http://proxy.example.org:3128, but is "${url}"`,
      ]);
    },
  );

  test.each(["http://proxy.test:65536", "http://proxy.test:0"])("%s has no such port", (url) => {
    expect(faultsOf({ "proxy.url": url })).toEqual([
      "--proxy.url: proxy.url: must be an http:// or https:// URL of a proxy; no other kind is spoken here",
    ]);
  });

  test.each(["socks5://user:secret@proxy.test", "http://user:secret@", "http://user:sec ret@h:x"])(
    "a variable that counts must name a proxy, and is not shown: %s",
    (https_proxy) => {
      expect(faultsOf({}, { https_proxy, HTTPS_PROXY: "http://proxy.test" })).toEqual([
        "https_proxy: must be an http:// or https:// URL of a proxy; no other kind is spoken here",
      ]);
      expect(faultsOf({ "proxy.environment": "false" }, { https_proxy })).toEqual([]);
      expect(faultsOf(named, { https_proxy })).toEqual([]);
    },
  );

  test.each([
    ["is not there", () => join(tempDir(), "none"), "cannot be read: ENOENT"],
    ["is a folder", () => tempDir(), "cannot be read: EISDIR"],
    ["is empty", () => file(""), "first line is not user:password"],
    ["has no colon", () => file("secret\n"), "first line is not user:password"],
    ["has no user", () => file(":secret\n"), "first line is not user:password"],
    ["has a control character", () => file("user:sec\0ret"), "first line is not user:password"],
    ["begins with an empty line", () => file("\nuser:secret"), "first line is not user:password"],
  ])("proxy.credentialsFile that %s", (_, path, expected) => {
    const [fault = ""] = faultsOf({ ...named, "proxy.credentialsFile": path() });
    expect(fault).toContain("--proxy.credentialsFile: proxy.credentialsFile: names a file");
    expect(fault).toContain(expected);
    expect(fault).not.toContain("secret");
  });

  test("one comes together with those between other keys", () => {
    const result = loadConfig({
      env: { https_proxy: "socks5://proxy.test" },
      flags: new Map([
        ["cse.url", "https://cse.test"],
        ["admin.listen", "0.0.0.0:1"],
      ]),
    });
    const keys = "faults" in result ? result.faults.map(({ key, where }) => key ?? where) : [];
    expect(keys).toEqual(["admin.listen", "http.advertise", "https_proxy"]);
  });
});

test("nothing that prints the configuration prints a password", () => {
  const result = load({}, { https_proxy: "http://user:secret@proxy.test" });
  if ("faults" in result) throw new Error("faults");
  const shown = JSON.stringify(result.config) + inspect(result.config, { depth: 9 });
  expect(shown).toContain("proxy.test");
  expect(shown).not.toMatch(/secret|dXNlc/);
});
