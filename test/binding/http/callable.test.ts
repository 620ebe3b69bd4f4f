import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { callableConnector, isCallable } from "../../../src/binding/http/callable.ts";
import { CHECKED } from "../../../src/binding/tls/client.ts";
import { blockListOf, parseNetwork } from "../../../src/config/addresses.ts";

const networks = (...texts: string[]) =>
  blockListOf(texts.map(parseNetwork).filter((network) => network !== undefined));

test.each<[string, string, string | undefined, string[]]>([
  ["the peer's own address", "192.0.2.7", "192.0.2.7", []],
  ["its own address on loopback", "127.0.0.1", "127.0.0.1", []],
  ["its own address in IPv6", "2001:db8::7", "2001:db8::7", []],
  ["its own address, spelled otherwise", "2001:db8:0:0::7", "2001:DB8::7", []],
  ["its own address, mapped into IPv6", "::ffff:192.0.2.7", "192.0.2.7", []],
  ["an address in a network of the list", "10.1.2.3", undefined, ["10.0.0.0/8"]],
  ["one in the second network", "fd00::1", "192.0.2.7", ["10.0.0.0/8", "fd00::/8"]],
  ["loopback that is listed", "127.0.0.1", "192.0.2.7", ["127.0.0.0/8"]],
])("%s may be called (S21)", (_what, address, peerAddress, listed) => {
  expect(isCallable(address, peerAddress, networks(...listed))).toBe(true);
});

test.each<[string, string, string | undefined, string[]]>([
  ["an address of another", "192.0.2.8", "192.0.2.7", []],
  ["any address when the peer's own is not known", "192.0.2.7", undefined, []],
  ["loopback for a peer from elsewhere", "127.0.0.1", "192.0.2.7", []],
  ["loopback in IPv6", "::1", "192.0.2.7", []],
  ["loopback in another place of its network", "127.0.0.2", "127.0.0.1", []],
  ["loopback, mapped into IPv6", "::ffff:127.0.0.1", "192.0.2.7", []],
  ["link-local, where clouds tell secrets", "169.254.169.254", "192.0.2.7", []],
  ["link-local in IPv6", "fe80::1", "2001:db8::7", []],
  ["an address beside the networks of the list", "11.0.0.1", undefined, ["10.0.0.0/8"]],
  ["any address for a peer whose own is none", "192.0.2.7", "", []],
])("%s may not be called (S21)", (_what, address, peerAddress, listed) => {
  expect(isCallable(address, peerAddress, networks(...listed))).toBe(false);
});

/** What a connection to an address on `port` comes to, where every address may be called. */
const connected = (hostname: string, port: number, ownPorts: number[]): Promise<string> =>
  new Promise((resolve) => {
    const rules = {
      networks: networks("0.0.0.0/0", "::/0"),
      ownPorts: new Set(ownPorts),
      secured: () => CHECKED,
    };
    const connect = callableConnector({ peerAddress: undefined }, rules);
    const to = { hostname, host: hostname, protocol: "http:", port: String(port) };
    connect(to, (error, socket) => {
      socket?.destroy();
      resolve(error === null ? "connected" : Object(error).code);
    });
  });

async function listener(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((listening) => server.once("listening", listening));
  return Number(Object(server.address()).port);
}

test.each([
  ["loopback", "127.0.0.1"],
  ["loopback in another place of its network", "127.1.2.3"],
  ["loopback, mapped into IPv6", "::ffff:127.0.0.1"],
  ["loopback, mapped, spelled otherwise", "::ffff:7f00:1"],
  ["loopback in IPv6", "::1"],
  ["a name of loopback", "localhost"],
  ["no address, which systems take for loopback", "0.0.0.0"],
  ["another of this host on this network", "0.1.2.3"],
  ["no address, mapped into IPv6", "::ffff:0.0.0.0"],
  ["no address, mapped, spelled otherwise", "::ffff:0:0"],
  ["no address in IPv6", "::"],
  ["no address in IPv6, spelled otherwise", "0:0::0"],
])(
  "where the gateway listens, %s is not called, though it may be (S21)",
  async (_what, address) => {
    const port = await listener();
    expect(await connected(address, port, [1, port])).toBe("GW_NOT_CALLABLE");
  },
);

test("where another listens on the same machine, an address that may be called is (S21)", async () => {
  const port = await listener();
  expect(await connected("127.0.0.1", port, [port + 1])).toBe("connected");
});
