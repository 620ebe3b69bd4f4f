import { expect, test } from "vitest";
import { type Evidence, mayTakeOver } from "../../src/core/identity.ts";

const proven: Evidence = { basis: "handshake", proven: true, trusted: false };
const trustedClaim: Evidence = { basis: "from", proven: false, trusted: true };
const claim: Evidence = { basis: "from", proven: false, trusted: false };
const BASES = ["registration", "handshake", "from"] as const;

test.each<[string, Evidence, boolean, string, Evidence, boolean]>([
  ["an open proven one", proven, true, "a proven one", proven, true],
  ["an open proven one", proven, true, "a trusted claim", trustedClaim, false],
  ["an open proven one", proven, true, "a claim", claim, false],
  ["an open trusted claim", trustedClaim, true, "a proven one", proven, true],
  ["an open trusted claim", trustedClaim, true, "a trusted claim", trustedClaim, true],
  ["an open trusted claim", trustedClaim, true, "a claim", claim, false],
  ["an open claim", claim, true, "a proven one", proven, true],
  ["an open claim", claim, true, "a trusted claim", trustedClaim, true],
  ["an open claim", claim, true, "a claim", claim, false],
  ["a claim that is gone", claim, false, "a claim", claim, true],
  ["a trusted claim that is gone", trustedClaim, false, "a claim", claim, true],
  ["a proven one that is gone", proven, false, "a claim", claim, true],
])("of %s, %s, %s: may take over is %s", (...row) => {
  const [, evidence, open, , newcomer, expected] = row;
  for (const holderBasis of BASES) {
    for (const basis of BASES) {
      const holder = { evidence: { ...evidence, basis: holderBasis }, open };
      expect(mayTakeOver(holder, { ...newcomer, basis })).toBe(expected);
    }
  }
});
