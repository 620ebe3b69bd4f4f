import { BlockList } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatEndpoint,
  isLoopback,
  parseEndpoint,
  parseHttpUrl,
  parseNetwork,
} from "../../src/config/addresses.ts";

test.each([
  ["127.0.0.1:8088", { host: "127.0.0.1", port: 8088 }],
  ["localhost:0", { host: "localhost", port: 0 }],
  ["[::1]:8088", { host: "::1", port: 8088 }],
])("%s is where to listen", (text, expected) => {
  expect(parseEndpoint(text)).toEqual(expected);
});

test.each([
  "8088",
  ":8088",
  "127.0.0.1",
  "::1:8088",
  "[::x]:1",
  "[abc]:1",
  "h:65536",
  "h:-1",
  "a b:1",
])("%j is nowhere to listen", (text) => {
  expect(parseEndpoint(text)).toBeUndefined();
});

test("every endpoint is read back as it was written", () => {
  const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant("gateway.example.org"));
  fc.assert(
    fc.property(host, fc.integer({ min: 0, max: 65_535 }), (host, port) => {
      expect(parseEndpoint(formatEndpoint({ host, port }))).toEqual({ host, port });
    }),
  );
});

test.each([
  ["10.0.0.0/8", "10.20.30.40", true],
  ["10.0.0.0/8", "11.0.0.1", false],
  ["192.0.2.7", "192.0.2.7", true],
  ["192.0.2.7", "192.0.2.8", false],
  ["fd00::/8", "fd12::1", true],
])("network %s and peer %s: %s", (text, peer, expected) => {
  const network = parseNetwork(text);
  const list = new BlockList();
  list.addSubnet(network?.address ?? "", network?.prefix ?? 0, network?.family ?? "ipv4");
  expect(list.check(peer, network?.family ?? "ipv4")).toBe(expected);
});

test.each(["10.0.0.0/33", "fd00::/129", "10.0.0/8", "example.org", "10.0.0.0/"])(
  "%j is no network",
  (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  },
);

test.each([
  ["127.0.0.1", true],
  ["127.9.9.9", true],
  ["localhost", true],
  ["[::1]", true],
  ["::1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["10.0.0.1", false],
  ["127.example.org", false],
])("%s is on loopback: %s", (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

test.each([
  ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
  ["HTTP://CSE.example.org/", "http://cse.example.org"],
  ["https://cse.example.org/base/", "https://cse.example.org/base"],
  ["ws://cse.example.org", undefined],
  ["cse.example.org:8080", undefined],
  ["http://user:secret@cse.example.org", undefined],
  ["http://cse.example.org/?a=b", undefined],
  ["http://", undefined],
])("the base URL %s is %s", (text, expected) => {
  expect(parseHttpUrl(text)).toBe(expected);
});
