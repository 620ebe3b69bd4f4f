import { createHash, generateKeyPairSync, scryptSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { SignJWT } from "jose";
import type { Clock } from "../../src/base/clock.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { type Front, startFront } from "./front.ts";

/** Secrets of the credentials file, none of which may be found anywhere but in what peers send. */
export const PASSWORD = "pa55word-of-gate";
export const TOKEN = "t0ken-of-lamp";

export const BASIC = `Basic ${Buffer.from(`gate:${PASSWORD}`).toString("base64")}`;
export const BEARER = `Bearer ${TOKEN}`;
export const WRONG = `Basic ${Buffer.from("gate:wrong-pa55word").toString("base64")}`;

const keys = generateKeyPairSync("ed25519");

/** As cheap as a hash may be. */
function hashOf(password: string): string {
  const key = scryptSync(password, "saltsalt", 32, { N: 2, r: 1, p: 1 });
  return `scrypt$2$1$1$${Buffer.from("saltsalt").toString("base64")}$${key.toString("base64")}`;
}

const ENTRIES = `
- { name: gate, originators: [CAE1], basic: { user: gate, hash: "${hashOf(PASSWORD)}" } }
- { name: lamp, originators: [CAE2, CAE3, /id-in], bearer: { hash: ${createHash("sha256").update(TOKEN).digest("hex")} } }
`;

/** The part of the configuration that names who can prove what: CAE1 by `BASIC`, CAE2 and CAE3 by `BEARER`, and tokens. */
export function credentialsIn(): Record<string, string> {
  const folder = tempDir();
  const [file, jwtKeys] = [join(folder, "credentials.yaml"), join(folder, "key.pem")];
  writeFileSync(file, ENTRIES);
  writeFileSync(jwtKeys, keys.publicKey.export({ type: "spki", format: "pem" }));
  return {
    "credentials.file": file,
    "credentials.jwtKeys": jwtKeys,
    "credentials.jwtAudience": "m2mgw",
    "log.level": "trace",
  };
}

/** A front where some can prove who they are. */
export const startGuarded = (
  settings: Readonly<Record<string, string>> = {},
  options: { readonly clock?: Clock } = {},
): Promise<Front> => startFront({ ...credentialsIn(), ...settings }, options);

/** Authorization with a token for these originators. @param expires seconds since 1970; `more` are further claims */
export async function tokenFor(
  originators: readonly string[],
  { expires = Math.floor(Date.now() / 1000) + 60, audience = "m2mgw", more = {} } = {},
): Promise<string> {
  const token = await new SignJWT({ ...more, originators })
    .setProtectedHeader({ alg: "EdDSA" })
    .setSubject("somebody")
    .setAudience(audience)
    .setExpirationTime(expires)
    .sign(keys.privateKey);
  return `Bearer ${token}`;
}
