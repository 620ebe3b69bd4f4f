import { scryptSync } from "node:crypto";
import {
  Authentication,
  type AuthenticationSettings,
} from "../../src/authentication/authentication.ts";
import { deriveKey } from "../../src/authentication/scrypt.ts";
import type { CredentialEntry, Proof } from "../../src/base/credential-entry.ts";
import type { PasswordHash } from "../../src/base/password-hash.ts";
import type { Credential, Shown } from "../../src/core/credential.ts";
import type { CseId, Domain } from "../../src/primitive/identifiers.ts";
import { ManualClock } from "../helpers/manual-clock.ts";

export const DOMAIN: Domain = { cseId: "/id-in" as CseId, spId: "sp.example", cseName: "cse-in" };

/** As cheap as scrypt gets. */
export function hashOf(password: string): PasswordHash {
  const [cost, blockSize, parallelization] = [2, 1, 1];
  const salt = Buffer.from("saltsalt");
  const key = scryptSync(password, salt, 32, { cost, blockSize, parallelization });
  return { cost, blockSize, parallelization, salt, key };
}

export const entry = (
  name: string,
  proof: Proof,
  originators: readonly string[] = [`C${name}`],
): CredentialEntry => ({ name, originators, proof: () => proof });

export const basicEntry = (name: string, password: string): CredentialEntry =>
  entry(name, { by: "basic", user: name, hash: hashOf(password) });

export const basic = (user: string, password: string): Shown => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
});

export const bearer = (token: string): Shown => ({ authorization: `Bearer ${token}` });

/** An Authentication of which each check of a password is counted, and may be held up. */
export function authenticationOf(
  settings: Partial<AuthenticationSettings>,
  clock: ManualClock = new ManualClock(),
) {
  const whole = { entries: [], tokens: undefined, isExpected: false, passwordChecks: 64 };
  let checks = 0;
  let gate: Promise<void> = Promise.resolve();
  const authentication = new Authentication(
    {
      domain: DOMAIN,
      clock,
      derive: async (password, hash) => {
        checks += 1;
        await gate;
        return await deriveKey(password, hash);
      },
    },
    { ...whole, ...settings },
  );
  return {
    authentication,
    checks: () => checks,
    /** Holds checks up from now on. @returns lets them go on */
    holdUp: () => {
      let open = (): void => {};
      gate = new Promise((resolve) => {
        open = resolve;
      });
      return open;
    },
    ask: async (shown: Shown): Promise<Credential | undefined> =>
      authentication.authenticate(shown),
  };
}
