import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { readCredentials, readCredentialsFile } from "../../src/config/credentials-file.ts";
import { describeFault } from "../../src/config/settings.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const HASH = "scrypt$1024$8$1$c2FsdHNhbHQ=$AAECAwQFBgcICQoLDA0ODw==";
const HEX = "ab".repeat(32);

function faultsOf(yaml: string): string[] {
  const read = readCredentials(yaml, "c.yaml");
  return "faults" in read ? read.faults.map(describeFault) : [];
}

function proofsOf(yaml: string) {
  const read = readCredentials(yaml, "c.yaml");
  if ("faults" in read) throw new Error(read.faults.map(describeFault).join("\n"));
  return read.entries.map((entry) => entry.proof());
}

test("an entry of each kind is read", () => {
  const yaml = `
- { name: a, originators: [CAE1], basic: { user: gate, hash: "${HASH}" } }
- { name: b, originators: ["C*", /id-mn], bearer: { hash: ${HEX} } }
- { name: c, originators: ["*"], psk: { identity: gate 1, key: "${HEX}" } }
- { name: d, originators: [CAE4], psk: { identity: gate 2, key: "q6urq6urq6urq6urq6urqw==" } }
- { name: e, originators: [CAE5], certificate: { uri: "urn:node:1" } }
- { name: f, originators: [CAE6], certificate: { dns: Gate.Example } }
- { name: g, originators: [CAE7], certificate: { commonName: Gate 7 } }
- { name: h, originators: [CAE8], certificate: { fingerprint: "${"AB:".repeat(31)}AB" } }
`;
  expect(proofsOf(yaml)).toMatchObject([
    { by: "basic", user: "gate", hash: { cost: 1024, blockSize: 8, parallelization: 1 } },
    { by: "bearer", hash: Buffer.alloc(32, 0xab) },
    { by: "psk", identity: "gate 1", key: Buffer.alloc(32, 0xab) },
    { by: "psk", identity: "gate 2", key: Buffer.alloc(16, 0xab) },
    { by: "certificate", names: "uri", value: "urn:node:1" },
    { by: "certificate", names: "dns", value: "gate.example" },
    { by: "certificate", names: "commonName", value: "Gate 7" },
    { by: "certificate", names: "fingerprint", value: HEX },
  ]);
});

test.each([
  ["{ a: 1 }", "c.yaml:1:1: must be a list of entries, each behind a dash"],
  ["- 7", "c.yaml:1:3: must be an entry with name and originators"],
  [
    `- { name: a, originators: [C1] }`,
    "c.yaml:1:3: needs exactly one of basic, bearer, psk, certificate",
  ],
  [
    `- { name: a, originators: [C1], bearer: { hash: ${HEX} }, certificate: { dns: x } }`,
    "c.yaml:1:3: needs exactly one of basic, bearer, psk, certificate",
  ],
  [
    `- { name: a, originators: [], bearer: { hash: ${HEX} } }`,
    "c.yaml:1:27: originators: must be a list of AE-IDs or CSE-IDs, in which * stands for any characters",
  ],
  [
    `- { originators: [C1], bearer: { hash: ${HEX} } }`,
    "c.yaml:1:3: name: must be a name of letters, digits and . _ - @ : +",
  ],
  [
    `- { name: a, originator: [C1], originators: [C1], bearer: { hash: ${HEX} } }`,
    "c.yaml:1:14: no such key; did you mean originators?",
  ],
  [
    `- { name: a, originators: [C1], certificate: { dns: "*.x", } }`,
    "c.yaml:1:53: certificate.dns: must be a DNS name of the certificate's subjectAltName, without wildcard",
  ],
  [
    `- { name: a, originators: [C1], certificate: { dns: x, uri: y } }`,
    "c.yaml:1:46: certificate: needs exactly one of uri, dns, commonName, fingerprint",
  ],
  [
    `- { name: a, name: b, originators: [C1], bearer: { hash: ${HEX} } }`,
    "c.yaml:1:14: name: is given twice",
  ],
  [`- { name: a, originators: [C1], bearer: ${HEX} }`, "c.yaml:1:41: bearer: must be a mapping"],
])("%j is told as %s", (yaml, fault) => {
  expect(faultsOf(yaml)).toEqual([fault]);
});

test("two entries of one name are told, with the place of the first", () => {
  const yaml = `- { name: a, originators: [C1], bearer: { hash: ${HEX} } }
- { name: a, originators: [C1], certificate: { dns: a } }`;
  expect(faultsOf(yaml)).toEqual([
    "c.yaml:2:3: name: this name is that of the entry at c.yaml:1:3 already",
  ]);
});

test.each([
  [`basic: { user: u, hash: "${HASH}" }`, "basic.user: this user"],
  [`bearer: { hash: ${HEX} }`, "bearer.hash: this token"],
  [`psk: { identity: u, key: "${HEX}" }`, "psk.identity: this identity"],
  [`certificate: { dns: u }`, "certificate.dns: this certificate"],
])("two entries of one %s are told", (proof, told) => {
  const entry = (name: string): string => `- { name: ${name}, originators: [C1], ${proof} }\n`;
  const [fault] = faultsOf(entry("a") + entry("b"));
  expect(fault).toContain(`${told} is that of the entry at c.yaml:1:`);
});

describe("no fault shows what may be a secret", () => {
  test.each([
    `- { name: a, originators: [C1], basic: { user: u, hash: hunter2hunter2 } }`,
    `- { name: a, originators: [C1], basic: { user: u, hunter2hunter2: hash } }`,
    `- { name: a, originators: [C1], psk: { identity: i, key: hunter2hunter2 } }`,
    `- { name: a, originators: [C1], psk: hunter2hunter2 }`,
    `- { name: a, originators: [C1], bearer: { hash: hunter2hunter2 } }`,
    `- { name: hunter2hunter2 $, originators: [C1], bearer: { hash: ${HEX} } }`,
    `- name: a\n  psk: { key: hunter2hunter2\n- b`,
    `- key: "hunter2hunter2\\q"`,
    `- key: *hunter2hunter2`,
    `- key: !hunter2hunter2 x`,
    `hunter2hunter2`,
    `- hunter2hunter2`,
  ])("%s", (yaml) => {
    const faults = faultsOf(yaml);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults.join("\n")).not.toContain("hunter2");
  });
});

test("printing an entry prints no key", () => {
  const read = readCredentials(
    `- { name: a, originators: [C1], psk: { identity: i, key: "00112233445566778899aabbccddeeff" } }`,
    "c.yaml",
  );
  expect(JSON.stringify(read) + inspect(read, { depth: 9 })).not.toMatch(/001122|00 11 22|17,34/i);
});

test.each([
  ["psk", `psk: { identity: i, key: "${HEX}" }`, 0o640, true],
  ["psk", `psk: { identity: i, key: "${HEX}" }`, 0o604, true],
  ["psk", `psk: { identity: i, key: "${HEX}" }`, 0o600, false],
  ["hashes", `bearer: { hash: ${HEX} }`, 0o644, false],
])("a file with %s (%s) of mode %o is exposed: %s", (_what, proof, mode, isExposed) => {
  const path = join(tempDir(), "c.yaml");
  writeFileSync(path, `- { name: a, originators: [C1], ${proof} }`);
  chmodSync(path, mode);
  expect(readCredentialsFile(path)).toMatchObject({ isExposed });
});

test("a file that is not there is a fault", () => {
  const read = readCredentialsFile("/nowhere/c.yaml");
  expect("faults" in read && read.faults.map(describeFault)).toEqual([
    expect.stringContaining("/nowhere/c.yaml: cannot be read: ENOENT"),
  ]);
});

test("a file without entries has none", () => {
  expect(readCredentials("# none yet\n", "c.yaml")).toEqual({ entries: [] });
});
