import { expect, test } from "vitest";
import { GatewayError } from "../../../src/base/errors.ts";
import { admission, type Newcomer } from "../../../src/binding/ws/admission.ts";
import { type Authenticator, Credential, type HttpScheme } from "../../../src/core/credential.ts";
import type { CseId, Domain } from "../../../src/primitive/identifiers.ts";
import { silentObserver } from "../../helpers/silent-observer.ts";

const DOMAIN: Domain = { cseId: "/id-in" as CseId, spId: undefined, cseName: undefined };
const CREDENTIAL = new Credential("psk", "gate", ["CAE1"], DOMAIN);
const NEWCOMER: Newcomer = {
  shown: {},
  claimed: undefined,
  address: "192.0.2.7",
  otherEnd: "192.0.2.7",
  trusted: false,
};

function decide(
  authenticate: Authenticator["authenticate"],
  newcomer: Partial<Newcomer> = {},
  schemes: readonly HttpScheme[] = ["Basic"],
  holds = true,
) {
  const check = ({ credential }: { readonly credential: unknown }): void => {
    if (credential === undefined) throw new GatewayError("GW_CREDENTIALS_NEEDED");
  };
  const authenticator = { isConfigured: true, schemes, authenticate, holds: () => holds };
  const rules = { domain: DOMAIN, authenticator, check, observer: silentObserver() };
  return admission(rules, { ...NEWCOMER, ...newcomer });
}

const failing = (code: "GW_OVERLOADED" | "GW_CREDENTIALS_REFUSED") => () => {
  throw new GatewayError(code);
};

test("what is known at once is decided at once", () => {
  expect(decide(() => CREDENTIAL)).toEqual({ result: "admitted", credential: CREDENTIAL });
});

test("what takes time is decided then", async () => {
  const decision = decide(() => Promise.resolve(CREDENTIAL));
  expect(decision).toBeInstanceOf(Promise);
  expect(await decision).toEqual({ result: "admitted", credential: CREDENTIAL });
  expect(await decide(async () => failing("GW_CREDENTIALS_REFUSED")())).toMatchObject({
    result: "credentials-refused",
    status: 401,
  });
});

test("what has ended while it took its time admits nobody", async () => {
  const late = decide(() => Promise.resolve(CREDENTIAL), {}, ["Basic"], false);
  expect(await late).toMatchObject({ result: "credentials-refused", status: 401 });
});

test.each([
  [["Basic"], 401],
  [[], 403],
] as const)("where %j can be shown, who needs credentials is told %i", (schemes, status) => {
  expect(decide(() => undefined, {}, schemes)).toMatchObject({
    result: "credentials-needed",
    status,
    headers: status === 401 ? ["WWW-Authenticate", 'Basic realm="m2mgw", charset="UTF-8"'] : [],
  });
});

test.each([
  ["CAE1", "admitted"],
  ["/id-in/CAE1", "admitted"],
  ["", "admitted"],
  ["CAE2", "originator-refused"],
])("who claims to be %j with a credential for CAE1 is %s (ID-05)", (claimed, result) => {
  expect(decide(() => CREDENTIAL, { claimed })).toMatchObject({ result });
});

test("while too much is checked it is 503, and may be tried again (S19)", () => {
  expect(decide(failing("GW_OVERLOADED"))).toMatchObject({
    result: "full",
    status: 503,
    headers: ["Retry-After", "5"],
  });
});
