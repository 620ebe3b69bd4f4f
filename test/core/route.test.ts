import { expect, test } from "vitest";
import type { Registration } from "../../src/core/registration.ts";
import { chooseRoute, type RouteTable } from "../../src/core/route.ts";
import type { Operation } from "../../src/primitive/primitive.ts";
import { DOMAIN, entity } from "./primitives.ts";

const registration = (id: string, more: Partial<Registration> = {}): Registration => ({
  id: entity(id),
  kind: "ae",
  token: `token-of-${id}`,
  addresses: [],
  pointsOfAccess: undefined,
  reachable: true,
  expires: undefined,
  ...more,
});

const REGISTREES = {
  ae: registration("/id-in/CAE1"),
  cse: registration("/id-mn", { kind: "cse" }),
  away: registration("/id-in/CAway"),
  deaf: registration("/id-in/CDeaf", { reachable: false }),
};
type Name = keyof typeof REGISTREES;

/** To names a registree by its key here, and anything else is the CSE's; which To is whose is the registry's test. */
const table: RouteTable = {
  byToken: (token) => REGISTREES[token as Name],
  ownerOf: (_, to) => REGISTREES[to.replace("target-of-", "") as Name],
  isTarget: (to) => to.startsWith("target-of-"),
  domain: DOMAIN,
};

const toRegistree = (name: Name) => ({
  via: "registree",
  registree: REGISTREES[name].id,
  token: REGISTREES[name].token,
});
const toRequest = { via: "request", id: "m2mgw-req-1" };
const toCse = { via: "cse" };
const refuse = (code: string) => ({ via: "refuse", code });

test.each<[string, Operation | undefined, string, string | undefined, object]>([
  ["a Notify to an AE", "notify", "ae", undefined, toRegistree("ae")],
  ["a Notify at an AE's token", "notify", "anything", "ae", toRegistree("ae")],
  ["a Notify at an AE's token, To naming another", "notify", "cse", "ae", toRegistree("ae")],
  ["a Create under a registree CSE", "create", "cse", undefined, toRegistree("cse")],
  ["a Retrieve under a registree CSE", "retrieve", "cse", undefined, toRegistree("cse")],
  ["an Update under a registree CSE", "update", "cse", undefined, toRegistree("cse")],
  ["a Delete under a registree CSE", "delete", "cse", undefined, toRegistree("cse")],
  ["a Notify to a registree CSE", "notify", "cse", undefined, toRegistree("cse")],
  [
    "a Retrieve of a descendant at a registree CSE's token",
    "retrieve",
    "/mn2/x",
    "cse",
    toRegistree("cse"),
  ],
  ["a Retrieve of anything else", "retrieve", "elsewhere", undefined, toCse],
  ["a Notify to anything else", "notify", "elsewhere", undefined, toCse],
  ["a method without operation on anything else", undefined, "elsewhere", undefined, toCse],
  ["a Notify at an unknown token", "notify", "ae", "unknown", refuse("GW_TARGET_UNKNOWN")],
  [
    "a method without operation at an unknown token",
    undefined,
    "",
    "unknown",
    refuse("GW_TARGET_UNKNOWN"),
  ],
  ["a method without operation at a token", undefined, "", "ae", refuse("GW_METHOD_NOT_ALLOWED")],
  [
    "a method without operation on a registree CSE",
    undefined,
    "cse",
    undefined,
    refuse("GW_METHOD_NOT_ALLOWED"),
  ],
  ["a Create at an AE's token", "create", "", "ae", refuse("GW_ONLY_NOTIFY_TO_AE")],
  ["a Retrieve at an AE's token", "retrieve", "", "ae", refuse("GW_ONLY_NOTIFY_TO_AE")],
  ["an Update at an AE's token", "update", "", "ae", refuse("GW_ONLY_NOTIFY_TO_AE")],
  [
    "a Delete at an AE's token, whether online or not",
    "delete",
    "",
    "away",
    refuse("GW_ONLY_NOTIFY_TO_AE"),
  ],
  ["a Notify to one that is away", "notify", "away", undefined, toRegistree("away")],
  ["a Notify at the token of one that is away", "notify", "", "away", toRegistree("away")],
  ["a Retrieve of a <request>", "retrieve", "m2mgw-req-1", undefined, toRequest],
  ["a Delete of a <request>, SP-relative", "delete", "/id-in/m2mgw-req-1", undefined, toRequest],
  ["a Retrieve below a <request>", "retrieve", "m2mgw-req-1/x", undefined, toCse],
  ["a Retrieve of a <request> of another CSE", "retrieve", "/id-x/m2mgw-req-1", undefined, toCse],
  [
    "a Notify to one that takes no requests",
    "notify",
    "deaf",
    undefined,
    refuse("GW_TARGET_NOT_REACHABLE_BY_REQUEST"),
  ],
  [
    "a Notify to a target behind the bridge",
    "notify",
    "target-of-ae",
    undefined,
    toRegistree("ae"),
  ],
  [
    "a Notify to a target of one that takes no requests itself",
    "notify",
    "target-of-deaf",
    undefined,
    toRegistree("deaf"),
  ],
  [
    "a Notify to a target that is no more",
    "notify",
    "target-of-nobody",
    undefined,
    refuse("GW_TARGET_UNKNOWN"),
  ],
  [
    "anything but a Notify to a target",
    "retrieve",
    "target-of-cse",
    undefined,
    refuse("GW_ONLY_NOTIFY_TO_AE"),
  ],
  [
    "a method without operation on a target",
    undefined,
    "target-of-ae",
    undefined,
    refuse("GW_METHOD_NOT_ALLOWED"),
  ],
])(
  "%s goes where it should (TS-0001, 10.2.5.21 and 8.2.1.1)",
  (_, operation, to, token, expected) => {
    expect(chooseRoute(operation, to, token, table)).toEqual(expected);
  },
);
