import { expect, test } from "vitest";
import { hostOf, isFieldHost } from "../../src/base/field-host.ts";

const hostIn = (authority: string): string => hostOf(`http://${authority}/n`) ?? "";

test.each([
  "127.0.0.1",
  "127.255.255.254:9000",
  "2130706433",
  "0x7f.1",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "169.254.1.1",
  "100.64.0.1",
  "100.127.255.255",
  "[::1]",
  "[0:0:0:0:0:0:0:1]:80",
  "[fe80::1]",
  "[febf::1]",
  "[fc00::1]",
  "[FD12:3456::1]",
  "[::ffff:10.0.0.1]",
  "[::ffff:192.168.0.1]",
  "localhost",
  "device",
  "device.",
  "Printer.LOCAL",
  "printer.local.",
  "a.b.lan",
  "x.internal",
  "x.home.arpa",
  "x.localhost",
])(
  "%s means something in its own network only (RFC 1918, 4193, 6598, 6761, 6762, 8375)",
  (host) => {
    expect(isFieldHost(hostIn(host))).toBe(true);
  },
);

test.each([
  "8.8.8.8",
  "9.255.255.255",
  "11.0.0.1",
  "172.15.255.255",
  "172.32.0.1",
  "192.167.0.1",
  "169.253.0.1",
  "100.63.255.255",
  "100.128.0.1",
  "[2001:db8::1]",
  "[fec0::1]",
  "[fe00::1]",
  "[fd::1]",
  "[fc::]",
  "[::2]",
  "[::1:1]",
  "[::ffff:8.8.8.8]",
  "device.example",
  "local.example",
  "mylocal.net",
  "x.mylan",
  "home.arpa.example",
])("%s means the same everywhere", (host) => {
  expect(isFieldHost(hostIn(host))).toBe(false);
});

test.each(["", "http://", "no url", "http://[fe80::1%25eth0]/"])("%j has no host", (url) => {
  expect(hostOf(url)).toBeUndefined();
});
