import { describe, expect, test, vi } from "vitest";
import { Credential } from "../../src/core/credential.ts";
import { OPEN_TO_ALL, Permissions, type Rule } from "../../src/core/permissions.ts";
import type { Asking, Peer } from "../../src/core/ports.ts";
import type { CseId, Domain } from "../../src/primitive/identifiers.ts";

const DOMAIN: Domain = { cseId: "/id-in" as CseId, spId: "sp.example", cseName: "cse-in" };
const METER = new Credential("certificate", "meter", ["Cmeter*"], DOMAIN);
const STRANGER: Peer = { face: "ws", address: "192.0.2.1", credential: undefined, trusted: false };
const TRUSTED: Peer = { ...STRANGER, trusted: true };
const PROVEN: Peer = { ...STRANGER, credential: METER };

const asking = (peer: Peer, more: Partial<Asking> = {}): Asking => ({
  peer,
  originator: "Cmeter7",
  act: "retrieve",
  to: "cse-in/tariff",
  ...more,
});

/** What an asking is answered; undefined when it is permitted. */
function refusal(
  settings: Partial<ConstructorParameters<typeof Permissions>[1]>,
  asked: Asking,
): string | undefined {
  const denied = vi.fn();
  const permissions = new Permissions(DOMAIN, { ...OPEN_TO_ALL, ...settings }, { denied });
  try {
    permissions.check(asked);
    expect(denied).not.toHaveBeenCalled();
    return undefined;
  } catch (error) {
    const { code } = error as { code: string };
    expect(denied.mock.calls).toEqual([[asked, code]]);
    return code;
  }
}

test("where nothing is configured everybody may everything", () => {
  expect(refusal({}, asking(STRANGER))).toBeUndefined();
});

describe("where credentials are configured and no rule is", () => {
  test.each([
    ["a stranger", asking(STRANGER), "GW_CREDENTIALS_NEEDED"],
    ["a peer of a trusted network", asking(TRUSTED), undefined],
    ["a credential in a name it covers", asking(PROVEN), undefined],
    [
      "a credential in another name",
      asking(PROVEN, { originator: "CEvil" }),
      "GW_ORIGINATOR_NOT_YOURS",
    ],
    ["a credential in no name", asking(PROVEN, { originator: "" }), "GW_ORIGINATOR_NOT_YOURS"],
    [
      "a CSE that relays for another",
      asking(PROVEN, { originator: "/id-mn/CAE1", relayed: true }),
      undefined,
    ],
  ])("%s", (_who, asked, code) => {
    expect(refusal({ credentialsKnown: true }, asked)).toBe(code);
  });
});

describe("a rule permits what matches all of it", () => {
  const isIn = (address: string): boolean => address.startsWith("192.0.2.");
  test.each<[string, Rule, Partial<Asking>, boolean]>([
    ["its originator", { originators: ["Cmeter*"] }, {}, true],
    ["no other originator", { originators: ["Clamp*"] }, {}, false],
    ["its operation", { acts: ["retrieve"] }, {}, true],
    ["no other operation", { acts: ["create"] }, {}, false],
    ["no method without an operation", { acts: ["retrieve"] }, { act: undefined }, false],
    ["such a method where all are permitted", { targets: ["*"] }, { act: undefined }, true],
    ["no registration where it says create", { acts: ["create"] }, { act: "register" }, false],
    ["a registration where it says so", { acts: ["register"] }, { act: "register" }, true],
    ["its target", { targets: ["cse-in/tariff"] }, {}, true],
    ["its target in another spelling", { targets: ["//sp.example/id-in/-/tariff"] }, {}, true],
    ["what is below its target", { targets: ["/id-in/cse-in/*"] }, {}, true],
    ["no target beside it", { targets: ["cse-in/tariff/*"] }, {}, false],
    ["an AE in any of its forms", { targets: ["SAE1"] }, { to: "/SAE1" }, true],
    ["its face", { faces: ["ws"] }, {}, true],
    ["no other face", { faces: ["http"] }, {}, false],
    ["its credentials", { credentials: ["certificate:*"] }, {}, true],
    ["no other credentials", { credentials: ["basic:*"] }, {}, false],
    ["its networks", { isIn }, {}, true],
    ["no other network", { isIn }, { peer: { ...PROVEN, address: "198.51.100.1" } }, false],
    ["nobody a proxy speaks for", { isIn }, { peer: { ...PROVEN, address: undefined } }, false],
    ["no stranger unless it says so", { originators: ["*"] }, { peer: STRANGER }, false],
    ["strangers where it says so", { credentials: ["none"] }, { peer: STRANGER }, true],
    ["no credential where it says strangers", { credentials: ["none"] }, {}, false],
    ["trusted networks like credentials", { originators: ["*"] }, { peer: TRUSTED }, true],
    ["trusted networks by their name", { credentials: ["trusted"] }, { peer: TRUSTED }, true],
    ["no trusted network as strangers", { credentials: ["none"] }, { peer: TRUSTED }, false],
  ])("%s", (_what, rule, more, permitted) => {
    const code = refusal({ rules: [{ acts: ["delete"] }, rule] }, asking(PROVEN, more));
    expect(code).toBe(permitted ? undefined : "GW_NOT_PERMITTED");
  });
});

test("a rule does not let a credential speak in a name that it does not cover", () => {
  const asked = asking(PROVEN, { originator: "CEvil" });
  expect(refusal({ rules: [{}] }, asked)).toBe("GW_ORIGINATOR_NOT_YOURS");
});

test("a stranger whom no rule admits is asked for credentials where there are some", () => {
  const settings = { rules: [{ targets: ["x"], credentials: ["none"] }], credentialsKnown: true };
  expect(refusal(settings, asking(STRANGER))).toBe("GW_CREDENTIALS_NEEDED");
});

describe("whoever knows the token of a point of access may call it", () => {
  const isIn = (address: string): boolean => address === "192.0.2.1";
  test.each([
    ["whatever the rules say", {}, STRANGER, true],
    ["from a network configured for that", { isIn }, STRANGER, true],
    ["from no other one", { isIn }, { ...STRANGER, address: "192.0.2.2" }, false],
    ["with a credential configured for that", { credentials: ["certificate:meter"] }, PROVEN, true],
    ["with no other one", { credentials: ["certificate:cse"] }, PROVEN, false],
    ["with none of them", { credentials: ["certificate:cse"] }, STRANGER, false],
  ])("%s", (_how, points, peer, permitted) => {
    const code = refusal(
      { rules: [{ acts: ["create"] }], points },
      asking(peer, { atPoint: true }),
    );
    expect(code).toBe(permitted ? undefined : "GW_NOT_PERMITTED");
  });
});

test("other rules hold as soon as they are configured", () => {
  const permissions = new Permissions(DOMAIN, OPEN_TO_ALL, { denied() {} });
  permissions.configure({ ...OPEN_TO_ALL, credentialsKnown: true });
  expect(() => permissions.check(asking(STRANGER))).toThrow("credentials are needed");
  permissions.configure(OPEN_TO_ALL);
  expect(() => permissions.check(asking(STRANGER))).not.toThrow();
});
