import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { JWT_ALGORITHMS } from "../base/jwt-algorithms.ts";
import type { Fault } from "./settings.ts";

/** A JWK Set (RFC 7517, 5) of public keys. */
export interface JsonWebKeys {
  readonly keys: readonly JsonWebKey[];
}

/** Reads public keys in PEM (one or more, certificates too) or a JWK Set; what is wrong never shows a key. */
export function readJwtKeys(path: string): JsonWebKeys | { readonly faults: readonly Fault[] } {
  try {
    const text = readFileSync(path, "utf8");
    const keys = /^\s*\{/.test(text) ? keysOfSet(JSON.parse(text)) : keysOfPem(text);
    if (keys.length === 0) throw new BadKey("holds no public key, neither in PEM nor as a JWK Set");
    return { keys };
  } catch (error) {
    return { faults: [{ where: path, key: undefined, sentence: sentenceOf(error) }] };
  }
}

class BadKey extends Error {}

function sentenceOf(error: unknown): string {
  if (error instanceof BadKey) return error.message;
  if (error instanceof Error && "syscall" in error) return `cannot be read: ${error.message}`;
  // What parsers say quotes what they read, which may be a secret in the wrong place.
  return "is neither public keys in PEM nor a JWK Set";
}

const PEM_BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

const keysOfPem = (text: string): JsonWebKey[] =>
  [...text.matchAll(PEM_BLOCK)].map(([block, label = ""], at) => {
    const name = `key ${at + 1}`;
    if (label.includes("PRIVATE"))
      throw new BadKey(`${name} is a private key; give its public one`);
    return checked(createPublicKey(block), name);
  });

function keysOfSet(value: unknown): JsonWebKey[] {
  const keys = (value as { keys?: unknown }).keys;
  if (!Array.isArray(keys)) throw new BadKey("is JSON, but no JWK Set: it has no list named keys");
  return keys.flatMap((jwk: Record<string, unknown> | null, at) => {
    const { kid, alg, use = "sig" } = jwk ?? {};
    const name = typeof kid === "string" ? `key ${kid}` : `key ${at + 1}`;
    // Such as one for encryption, whose alg is none of ours.
    if (use !== "sig") return [];
    checkPublic(jwk ?? {}, name);
    const key = checked(createPublicKey({ key: jwk as JsonWebKey, format: "jwk" }), name);
    return [
      { ...key, ...(kid === undefined ? {} : { kid }), ...(alg === undefined ? {} : { alg }) },
    ];
  });
}

function checkPublic({ alg, d, kty }: Record<string, unknown>, name: string): void {
  if (kty === "oct") throw new BadKey(`${name} is a shared secret, not a public key`);
  if (d !== undefined) throw new BadKey(`${name} is a private key; give its public one`);
  if (alg !== undefined && !JWT_ALGORITHMS.includes(String(alg))) {
    throw new BadKey(`${name} has an alg that is not one of ${JWT_ALGORITHMS.join(", ")}`);
  }
}

const CURVES = new Set(["P-256", "P-384", "P-521", "Ed25519"]);

function checked(key: KeyObject, name: string): JsonWebKey {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < 2048) throw new BadKey(`${name} has less than 2048 bits`);
  const jwk = key.export({ format: "jwk" });
  if (jwk.crv !== undefined && !CURVES.has(jwk.crv)) {
    throw new BadKey(`${name} is on the curve ${jwk.crv}, not on one of ${[...CURVES].join(", ")}`);
  }
  return jwk;
}
