import { BlockList } from "node:net";
import { expect, test } from "vitest";
import { ownAddressOf } from "../../../src/base/peer-address.ts";
import { isTrusted, type TrustRules } from "../../../src/binding/ws/trust.ts";

const networks = new BlockList();
networks.addSubnet("10.1.0.0", 16, "ipv4");
networks.addSubnet("fd00::", 8, "ipv6");

const rules = { mode: "auto", networks, credentialsKnown: false } as const;
const LOOPBACK: TrustRules = { ...rules, loopbackListener: true };
const OUTSIDE: TrustRules = { ...rules, loopbackListener: false };
const CREDENTIALS = { credentialsKnown: true };

test.each<[string, boolean, TrustRules, string | undefined, Record<string, string>]>([
  ["a loopback peer of a loopback listener", true, LOOPBACK, "127.0.0.1", {}],
  ["another loopback address", true, LOOPBACK, "127.8.9.1", {}],
  ["a loopback peer over IPv6", true, LOOPBACK, "::1", {}],
  ["a loopback peer in mapped form", true, LOOPBACK, "::ffff:127.0.0.1", {}],
  ["a loopback peer of a listener outside", false, OUTSIDE, "127.0.0.1", {}],
  ["a peer elsewhere", false, LOOPBACK, "192.0.2.7", {}],
  ["a peer elsewhere over IPv6", false, LOOPBACK, "2001:db8::1", {}],
  ["a peer whose address only begins like loopback", false, LOOPBACK, "12.7.0.1", {}],
  ["a peer without an address", false, LOOPBACK, undefined, {}],
  [
    "a local proxy that says Forwarded",
    false,
    LOOPBACK,
    "127.0.0.1",
    { forwarded: "for=192.0.2.7" },
  ],
  [
    "a local proxy that says X-Forwarded-For",
    false,
    LOOPBACK,
    "127.0.0.1",
    { "x-forwarded-for": "192.0.2.7" },
  ],
  [
    "a local proxy that says X-Forwarded-Proto",
    false,
    LOOPBACK,
    "::1",
    { "x-forwarded-proto": "http" },
  ],
  ["a peer in a trusted network", true, OUTSIDE, "10.1.2.3", {}],
  ["a peer in a trusted network, in mapped form", true, OUTSIDE, "::ffff:10.1.2.3", {}],
  ["a peer in a trusted network over IPv6", true, OUTSIDE, "fd12::1", {}],
  ["a peer beside a trusted network", false, OUTSIDE, "10.2.0.1", {}],
  ["anybody under always", true, { ...OUTSIDE, mode: "always" }, "192.0.2.7", {}],
  ["a loopback peer once there are credentials", false, { ...LOOPBACK, ...CREDENTIALS }, "::1", {}],
  [
    "a peer in a trusted network, credentials or not",
    true,
    { ...OUTSIDE, ...CREDENTIALS },
    "10.1.2.3",
    {},
  ],
  [
    "anybody under always, credentials or not",
    true,
    { ...OUTSIDE, ...CREDENTIALS, mode: "always" },
    "192.0.2.7",
    {},
  ],
  ["a loopback peer under never", false, { ...LOOPBACK, mode: "never" }, "127.0.0.1", {}],
  [
    "a peer in a trusted network under never",
    false,
    { ...LOOPBACK, mode: "never" },
    "10.1.2.3",
    {},
  ],
])(
  "of %s it is %s that its claims are believed (D-3.8, architecture 6)",
  (_who, trusted, rules, address, headers) => {
    expect(isTrusted(rules, ownAddressOf(address, headers))).toBe(trusted);
  },
);
