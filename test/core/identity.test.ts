import { expect, test } from "vitest";
import { Credential, type CredentialKind } from "../../src/core/credential.ts";
import { type Evidence, mayTakeOver, strengthOf } from "../../src/core/identity.ts";
import type { CseId } from "../../src/primitive/identifiers.ts";

const certificate: Evidence = { basis: "handshake", strength: "certificate", trusted: false };
const secret: Evidence = { ...certificate, strength: "secret" };
const trustedClaim: Evidence = { basis: "from", strength: "claim", trusted: true };
const claim: Evidence = { ...trustedClaim, trusted: false };
const BASES = ["registration", "handshake", "from", "configuration", "credential"] as const;

test.each<[string, Evidence, boolean, string, Evidence, boolean]>([
  ["an open certificate", certificate, true, "a certificate", certificate, true],
  ["an open certificate", certificate, true, "a secret", secret, false],
  ["an open certificate", certificate, true, "a trusted claim", trustedClaim, false],
  ["an open certificate", certificate, true, "a claim", claim, false],
  ["an open secret", secret, true, "a certificate", certificate, true],
  ["an open secret", secret, true, "a secret", secret, true],
  ["an open secret", secret, true, "a trusted claim", trustedClaim, false],
  ["an open secret", secret, true, "a claim", claim, false],
  ["an open trusted claim", trustedClaim, true, "a certificate", certificate, true],
  ["an open trusted claim", trustedClaim, true, "a secret", secret, true],
  ["an open trusted claim", trustedClaim, true, "a trusted claim", trustedClaim, true],
  ["an open trusted claim", trustedClaim, true, "a claim", claim, false],
  ["an open claim", claim, true, "a secret", secret, true],
  ["an open claim", claim, true, "a trusted claim", trustedClaim, true],
  ["an open claim", claim, true, "a claim", claim, false],
  ["a claim that is gone", claim, false, "a claim", claim, true],
  ["a trusted claim that is gone", trustedClaim, false, "a claim", claim, true],
  ["a certificate that is gone", certificate, false, "a claim", claim, true],
])("of %s, %s, %s: may take over is %s (websocket-binding, D-3.3)", (...row) => {
  const [, evidence, open, , newcomer, expected] = row;
  for (const holderBasis of BASES) {
    for (const basis of BASES) {
      const holder = { evidence: { ...evidence, basis: holderBasis }, open };
      expect(mayTakeOver(holder, { ...newcomer, basis })).toBe(expected);
    }
  }
});

test.each<[CredentialKind, string]>([
  ["certificate", "certificate"],
  ["psk", "secret"],
  ["basic", "secret"],
  ["bearer", "secret"],
  ["jwt", "secret"],
])("what is shown with %s is as strong as a %s", (kind, strength) => {
  const domain = { cseId: "/id-in" as CseId, spId: undefined, cseName: undefined };
  expect(strengthOf(new Credential(kind, "1", ["*"], domain))).toBe(strength);
});

test("without a credential everything is a claim", () => {
  expect(strengthOf(undefined)).toBe("claim");
});
