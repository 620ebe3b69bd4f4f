import { expect, test } from "vitest";
import { ownAddressOf } from "../../src/base/peer-address.ts";

test.each<[string, string | undefined, Record<string, string>, string | undefined]>([
  ["the socket's", "192.0.2.7", { host: "h" }, "192.0.2.7"],
  ["the socket's in IPv6", "2001:db8::7", {}, "2001:db8::7"],
  ["without the mapping into IPv6", "::ffff:192.0.2.7", {}, "192.0.2.7"],
  ["unknown when the socket has gone", undefined, {}, undefined],
  ["unknown behind a proxy (Forwarded)", "192.0.2.7", { forwarded: "for=10.0.0.1" }, undefined],
  ["unknown behind another", "192.0.2.7", { "x-forwarded-proto": "https" }, undefined],
])("the address that a peer has itself is %s (S21)", (_what, address, headers, own) => {
  expect(ownAddressOf(address, headers)).toBe(own);
});
