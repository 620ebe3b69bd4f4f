import { expect, test } from "vitest";
import { hashToken } from "../../src/base/token-hash.ts";
import { authenticationOf, basicEntry, bearer, entry } from "./known.ts";

const ENTRIES = [entry("gate", { by: "bearer", hash: hashToken("s3cret-token") })];

test.each(["Bearer s3cret-token", "bearer  s3cret-token", "BEARER s3cret-token "])(
  "%j proves the credential of its entry (RFC 6750)",
  async (authorization) => {
    const { ask } = authenticationOf({ entries: ENTRIES });
    expect(await ask({ authorization })).toMatchObject({ id: "bearer:gate" });
  },
);

test.each(["s3cret-toke", "s3cret-tokens", hashToken("s3cret-token").toString("hex"), "a.b.c"])(
  "the token %j is refused",
  async (token) => {
    const { ask } = authenticationOf({ entries: ENTRIES });
    await expect(ask(bearer(token))).rejects.toMatchObject({ code: "GW_CREDENTIALS_REFUSED" });
  },
);

test.each([
  ["bare oneM2M Tokens (TS-0009, 6.4.19)", "eyJ0.eyJp.dBjf+eyJ0.eyJp.5eym8"],
  ["another scheme", "Digest username=gate"],
  ["a scheme without credentials", "Bearer"],
  ["nothing", ""],
])("%s proves nothing and is no failure", async (_what, authorization) => {
  const { ask } = authenticationOf({ entries: ENTRIES });
  expect(await ask({ authorization })).toBeUndefined();
});

test("schemes are those of which there are entries", () => {
  expect(authenticationOf({}).authentication).toMatchObject({ isConfigured: false, schemes: [] });
  const both = [...ENTRIES, basicEntry("lamp", "on")];
  expect(authenticationOf({ entries: both }).authentication).toMatchObject({
    isConfigured: true,
    schemes: ["Basic", "Bearer"],
  });
  expect(authenticationOf({ isExpected: true }).authentication).toMatchObject({
    isConfigured: true,
    schemes: [],
  });
});
