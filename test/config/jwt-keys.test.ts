import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readJwtKeys } from "../../src/config/jwt-keys.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const pem = (key: KeyObject): string => String(key.export({ type: "spki", format: "pem" }));
const jwk = (key: KeyObject): object => key.export({ format: "jwk" });

function read(text: string) {
  const path = join(tempDir(), "keys");
  writeFileSync(path, text);
  const keys = readJwtKeys(path);
  return "faults" in keys ? keys.faults.map(({ sentence }) => sentence) : keys.keys;
}

test("public keys in PEM are read, one or several", () => {
  expect(read(pem(ec.publicKey))).toEqual([jwk(ec.publicKey)]);
  expect(read(pem(ec.publicKey) + pem(ed.publicKey))).toEqual([
    jwk(ec.publicKey),
    jwk(ed.publicKey),
  ]);
});

test("a JWK Set is read with key IDs and algorithms; keys for encryption are left out (RFC 7517)", () => {
  const first = { ...jwk(ec.publicKey), kid: "k1", alg: "ES256", use: "sig" };
  const set = { keys: [first, { ...jwk(ed.publicKey), use: "enc" }] };
  expect(read(JSON.stringify(set))).toEqual([{ ...jwk(ec.publicKey), kid: "k1", alg: "ES256" }]);
});

test.each([
  ["nothing", "", "holds no public key, neither in PEM nor as a JWK Set"],
  ["an empty set", '{"keys":[]}', "holds no public key, neither in PEM nor as a JWK Set"],
  ["JSON of another kind", '{"kty":"EC"}', "is JSON, but no JWK Set: it has no list named keys"],
  ["broken JSON", '{"keys":hunter2', "is neither public keys in PEM nor a JWK Set"],
  [
    "a private key in PEM",
    String(ec.privateKey.export({ type: "pkcs8", format: "pem" })),
    "key 1 is a private key; give its public one",
  ],
  [
    "a private JWK",
    JSON.stringify({ keys: [{ ...jwk(ec.privateKey), kid: "k1" }] }),
    "key k1 is a private key; give its public one",
  ],
  [
    "a shared secret",
    JSON.stringify({ keys: [{ kty: "oct", k: "aHVudGVyMg" }] }),
    "key 1 is a shared secret, not a public key",
  ],
  [
    "an algorithm with a shared secret",
    JSON.stringify({ keys: [{ ...jwk(ec.publicKey), alg: "HS256" }] }),
    expect.stringContaining("key 1 has an alg that is not one of RS256"),
  ],
  [
    "a short RSA key",
    pem(generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey),
    "key 1 has less than 2048 bits",
  ],
  [
    "a curve that no algorithm has",
    pem(generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey),
    expect.stringContaining("key 1 is on the curve secp256k1"),
  ],
])("%s is refused, and not shown", (_what, text, sentence) => {
  expect(read(text)).toEqual([sentence]);
});
