import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { describeFault } from "../../src/config/settings.ts";
import { pemOf } from "../helpers/pem.ts";
import { expectNoSecret } from "../helpers/secrets.ts";
import { tempDir } from "../helpers/temp-dir.ts";

describe("no secret is in what is said of a configuration", () => {
  const SECRET = "s3cret+of/mine";
  const PEM = pemOf("PRIVATE KEY", SECRET);
  const said = (text: string): string[] => {
    const path = join(tempDir(), "m2mgw.yaml");
    writeFileSync(path, text);
    const loaded = loadConfig({ file: path, env: {} });
    return "faults" in loaded ? loaded.faults.map(describeFault) : [];
  };

  test.each([
    ["entries of the credentials file", `credentials: { file: [{ psk: { key: "${SECRET}" } }] }`],
    ["the credentials for a proxy", `proxy: { credentialsFile: { gate: "${SECRET}" } }`],
    ["a URL with user and password", `cse: { url: "http://gate:${SECRET}@cse.test" }`],
    ["one whose password has an @", `cse: { url: "http://gate:a@${SECRET}@cse.test" }`],
    ["one whose password has quotes", `cse: { url: 'http://gate:"${SECRET}"@cse.test' }`],
    ["one without a scheme", `proxy: { url: "gate:${SECRET}@proxy.test:3128" }`],
    ["several", `peers: { /id-a: "ws://a:x@a.test", /id-b: "ws://b:${SECRET}@b.test" }`],
    ["one among hosts", `proxy: { none: ["b.test", "gate:${SECRET}@a.test"] }`],
    ["one for a listener", `http: { listen: "gate:${SECRET}@a.test:80" }`],
    ["a key in the place of its file", `ws: { tls: { keys: ${JSON.stringify(PEM)} } }`],
    ["a key as a whole", PEM],
    ["user and password as a whole", `gate:${SECRET}\n`],
  ])("that has %s in it", (_what, text) => {
    const told = said(text);
    expect(told).not.toEqual([]);
    expectNoSecret({ secret: SECRET }, told);
  });

  test.each([
    ["credentials.file", `- { name: a, originators: [C1], basic: { user: a, hash: ${SECRET} } }`],
    ["credentials.file", `- { name: a, originators: [C1], bearer: { hash: "${SECRET}" } }`],
    ["credentials.file", `- { name: a, originators: [C1], psk: { identity: a, key: ${SECRET} } }`],
    ["credentials.file", `- { name: a, originators: [C1], password: ${SECRET} }`],
    ["credentials.file", `- { "${SECRET}": 1 }`],
    ["credentials.file", `gate:${SECRET}`],
    ["credentials.file", `- "${SECRET}" "x`],
    ["credentials.file", PEM],
    ["credentials.jwtKeys", PEM],
    ["credentials.jwtKeys", `{"keys":[{"kty":"oct","k":"${SECRET}"}]}`],
    ["credentials.jwtKeys", `{"keys":[{"kty":"OKP","d":"${SECRET}"}]}`],
    ["credentials.jwtKeys", `{"keys": ${SECRET}}`],
    ["ws.tls.keys", PEM],
    ["ws.tls.certificates", PEM],
    ["cse.tls.key", PEM],
  ])("whose %s names a file with %j", (key, text) => {
    const file = join(tempDir(), "file");
    writeFileSync(file, text);
    const flags = new Map([
      [key, file],
      ["credentials.jwtAudience", "m2mgw"],
    ]);
    const loaded = loadConfig({ env: {}, flags });
    const told = "faults" in loaded ? loaded.faults.map(describeFault) : [];
    expect(told).not.toEqual([]);
    expectNoSecret({ secret: SECRET }, told);
  });
});
