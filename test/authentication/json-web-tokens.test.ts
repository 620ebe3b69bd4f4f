import { createHmac, generateKeyPairSync, type JsonWebKey, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { entityIdOf } from "../../src/primitive/identifiers.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { authenticationOf, bearer, DOMAIN } from "./known.ts";

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = (key: KeyObject): JsonWebKey => key.export({ format: "jwk" });
const REFUSED = { code: "GW_CREDENTIALS_REFUSED" };

const clock = new ManualClock();
const now = Math.floor(clock.now() / 1000);
type Claims = Readonly<Record<string, unknown>>;
const CLAIMS: Claims = {
  sub: "gate",
  aud: "m2mgw",
  iss: "https://id.example",
  exp: now + 60,
  originators: ["CAE1"],
};

async function signed(
  claims: Claims,
  { key = ec.privateKey, alg = "ES256", kid }: { key?: KeyObject; alg?: string; kid?: string } = {},
): Promise<string> {
  const header = kid === undefined ? { alg } : { alg, kid };
  return await new SignJWT({ ...claims }).setProtectedHeader(header).sign(key);
}

function world(keys: readonly JsonWebKey[] = [jwk(ec.publicKey)]) {
  const tokens = {
    keys,
    audience: "m2mgw",
    issuer: "https://id.example",
    originatorsClaim: "originators",
  };
  return authenticationOf({ tokens }, clock);
}

test("a valid token proves its subject, for the originators it names, until it ends (RFC 7519)", async () => {
  const credential = await world().ask(bearer(await signed(CLAIMS)));
  expect(credential).toMatchObject({ id: "jwt:gate", expires: (now + 60) * 1000 });
  expect(credential?.covers(entityIdOf("CAE1", DOMAIN))).toBe(true);
  expect(credential?.covers(entityIdOf("CAE2", DOMAIN))).toBe(false);
});

test("originators in one text are told apart by blanks", async () => {
  const token = await signed({ ...CLAIMS, originators: "CAE1 CAE2" });
  const credential = await world().ask(bearer(token));
  expect(credential?.covers(entityIdOf("CAE2", DOMAIN))).toBe(true);
});

test.each([
  ["ES256", ec],
  ["RS256", rsa],
  ["PS512", rsa],
  ["EdDSA", ed],
] as const)("%s is taken", async (alg, { publicKey, privateKey }) => {
  const token = await signed(CLAIMS, { key: privateKey, alg });
  expect(await world([jwk(publicKey)]).ask(bearer(token))).toMatchObject({ id: "jwt:gate" });
});

test("of several keys the right one is found, with a key ID and without", async () => {
  const keys = [
    { ...jwk(other.publicKey), kid: "old" },
    { ...jwk(ec.publicKey), kid: "new" },
  ];
  for (const options of [{ kid: "new" }, {}]) {
    const token = await signed(CLAIMS, options);
    expect(await world(keys).ask(bearer(token))).toMatchObject({ id: "jwt:gate" });
  }
  const stranger = await signed(CLAIMS, {
    key: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  });
  await expect(world(keys).ask(bearer(stranger))).rejects.toMatchObject(REFUSED);
  const late = await signed({ ...CLAIMS, exp: now - 60 });
  await expect(world(keys).ask(bearer(late))).rejects.toThrow("the token has expired");
});

test.each<[string, Claims, string]>([
  ["expired", { ...CLAIMS, exp: now - 6 }, "the token has expired"],
  ["not valid yet", { ...CLAIMS, nbf: now + 6 }, "claim nbf"],
  ["for another audience", { ...CLAIMS, aud: "shop" }, "claim aud"],
  ["of another issuer", { ...CLAIMS, iss: "https://evil.example" }, "claim iss"],
  ["without end", { ...CLAIMS, exp: undefined }, "claim exp"],
  ["of nobody", { ...CLAIMS, sub: undefined }, "claim sub"],
  ["without audience", { ...CLAIMS, aud: undefined }, "claim aud"],
  ["without originators", { ...CLAIMS, originators: undefined }, "names no originators"],
  ["with originators that are no texts", { ...CLAIMS, originators: [7] }, "names no originators"],
])("a token %s is refused", async (_what, claims, sentence) => {
  const error = await world()
    .ask(bearer(await signed(claims)))
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({ ...REFUSED, message: expect.stringContaining(sentence) });
  // It would hold what the token says.
  expect(error).not.toHaveProperty("cause");
});

test("five seconds between two clocks are forgiven", async () => {
  const token = await signed({ ...CLAIMS, nbf: now + 4 });
  expect(await world().ask(bearer(token))).toMatchObject({ id: "jwt:gate" });
});

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

test("a token of another key is refused", async () => {
  const token = await signed(CLAIMS, { key: other.privateKey });
  await expect(world().ask(bearer(token))).rejects.toMatchObject(REFUSED);
});

test.each(["none", "None", "NONE", "nOnE"])("alg %s is refused (RFC 8725, 3.1)", async (alg) => {
  for (const signature of ["", "AAAA"]) {
    const token = `${part({ alg, typ: "JWT" })}.${part(CLAIMS)}.${signature}`;
    await expect(world().ask(bearer(token))).rejects.toMatchObject(REFUSED);
  }
});

test.each([
  ["PEM", String(rsa.publicKey.export({ type: "spki", format: "pem" }))],
  ["DER", rsa.publicKey.export({ type: "spki", format: "der" })],
  ["JWK", JSON.stringify(jwk(rsa.publicKey))],
])(
  "HS256 with the public key in %s as secret is refused (RFC 8725, 3.1)",
  async (_form, secret) => {
    const head = `${part({ alg: "HS256", typ: "JWT" })}.${part(CLAIMS)}`;
    const token = `${head}.${createHmac("sha256", secret).update(head).digest("base64url")}`;
    await expect(world([jwk(rsa.publicKey)]).ask(bearer(token))).rejects.toMatchObject(REFUSED);
  },
);

test("a key in the token itself is not used (RFC 8725, 3.10)", async () => {
  const token = await new SignJWT({ ...CLAIMS })
    .setProtectedHeader({ alg: "ES256", jwk: { ...jwk(other.publicKey), kty: "EC" } })
    .sign(other.privateKey);
  await expect(world().ask(bearer(token))).rejects.toMatchObject(REFUSED);
});

test("a token whose claims were changed is refused", async () => {
  const [head, , signature] = (await signed(CLAIMS)).split(".");
  const token = [head, part({ ...CLAIMS, originators: ["*"] }), signature].join(".");
  await expect(world().ask(bearer(token))).rejects.toMatchObject(REFUSED);
});
