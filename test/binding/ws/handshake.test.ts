import { expect, test } from "vitest";
import {
  type HandshakeRules,
  readHandshake,
  type UpgradeRequest,
} from "../../../src/binding/ws/handshake.ts";

const RULES: HandshakeRules = { hosts: [], origins: [], proV1: false };
const HEADERS: UpgradeRequest["headers"] = {
  host: "127.0.0.1:8180",
  upgrade: "websocket",
  connection: "Upgrade",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
  "sec-websocket-protocol": "oneM2M.json",
};

function read(
  headers: UpgradeRequest["headers"],
  rules: Partial<HandshakeRules> = {},
  start: Partial<UpgradeRequest> = {},
): ReturnType<typeof readHandshake> {
  const request = {
    method: "GET",
    url: "/",
    httpVersion: "1.1",
    ...start,
    headers: { ...HEADERS, ...headers },
  };
  return readHandshake(request, { ...RULES, ...rules });
}

/** Header lines of a refusal, by name. */
function linesOf(decision: ReturnType<typeof readHandshake>): Record<string, string | undefined> {
  const lines: Record<string, string | undefined> = {};
  if (decision.result === "accepted") return lines;
  for (let index = 0; index < decision.headers.length; index += 2) {
    lines[decision.headers[index] ?? ""] = decision.headers[index + 1];
  }
  return lines;
}

test.each<[string, UpgradeRequest["headers"], Partial<HandshakeRules>, string]>([
  ["as it should be", {}, {}, "oneM2M.json"],
  ["Upgrade in any case (HS-04)", { upgrade: "WebSocket" }, {}, "oneM2M.json"],
  ["several connection options (HS-05)", { connection: "keep-alive, Upgrade" }, {}, "oneM2M.json"],
  [
    "an unknown name first (HS-09)",
    { "sec-websocket-protocol": "chat, oneM2M.json" },
    {},
    "oneM2M.json",
  ],
  [
    "the client's order (HS-13)",
    { "sec-websocket-protocol": "oneM2M.R2.0.json, oneM2M.json" },
    {},
    "oneM2M.R2.0.json",
  ],
  [
    "blanks and tabs around names",
    { "sec-websocket-protocol": "chat ,\toneM2M.json " },
    {},
    "oneM2M.json",
  ],
  [
    "the switch for the older name (HS-16)",
    { "sec-websocket-protocol": "oneM2M-pro-v1.0" },
    { proV1: true },
    "oneM2M-pro-v1.0",
  ],
  [
    "a Host that is served (HS-25)",
    { host: "GW.example:8180" },
    { hosts: ["gw.example:8180"] },
    "oneM2M.json",
  ],
  [
    "an origin that is listed (SE-10)",
    { origin: "https://app.example" },
    { origins: ["https://app.example"] },
    "oneM2M.json",
  ],
])("a handshake with %s is accepted, its name echoed as offered", (_what, headers, rules, name) => {
  expect(read(headers, rules)).toMatchObject({ result: "accepted", subprotocolName: name });
});

test.each<[string, string, number, UpgradeRequest["headers"], Partial<HandshakeRules>]>([
  ["no Upgrade", "not-upgrade", 426, { upgrade: undefined }, {}],
  ["another Upgrade", "not-upgrade", 426, { upgrade: "h2c" }, {}],
  ["no connection option", "bad-request", 400, { connection: "close" }, {}],
  ["no version", "wrong-version", 426, { "sec-websocket-version": undefined }, {}],
  ["version 8 (HS-22)", "wrong-version", 426, { "sec-websocket-version": "8" }, {}],
  ["version 25 (HS-22)", "wrong-version", 426, { "sec-websocket-version": "25" }, {}],
  ["two versions", "wrong-version", 426, { "sec-websocket-version": "13, 8" }, {}],
  ["no key (HS-23)", "bad-request", 400, { "sec-websocket-key": undefined }, {}],
  ["a key of 8 bytes (HS-23)", "bad-request", 400, { "sec-websocket-key": "AAAAAAAAAAA=" }, {}],
  ["a key of 17 bytes", "bad-request", 400, { "sec-websocket-key": `${"A".repeat(23)}=` }, {}],
  ["no Host (HS-24)", "bad-request", 400, { host: undefined }, {}],
  [
    "a foreign Host (HS-25)",
    "host-refused",
    421,
    { host: "gw.example" },
    { hosts: ["gw.example:8180"] },
  ],
  [
    "an origin, none being listed (SE-10)",
    "origin-refused",
    403,
    { origin: "https://app.example" },
    {},
  ],
  [
    "an origin on another port (SE-10)",
    "origin-refused",
    403,
    { origin: "https://app.example:8443" },
    { origins: ["https://app.example"] },
  ],
  ["no subprotocol (HS-07)", "bad-subprotocol", 400, { "sec-websocket-protocol": undefined }, {}],
  ["an unknown one only (HS-08)", "bad-subprotocol", 400, { "sec-websocket-protocol": "chat" }, {}],
  [
    "the older name (HS-16)",
    "bad-subprotocol",
    400,
    { "sec-websocket-protocol": "oneM2M-pro-v1.0" },
    {},
  ],
  [
    "a name twice (HS-18)",
    "bad-subprotocol",
    400,
    { "sec-websocket-protocol": "oneM2M.json, oneM2M.json" },
    {},
  ],
  [
    "a header line smuggled in",
    "bad-subprotocol",
    400,
    { "sec-websocket-protocol": "oneM2M.json\r\nX: y" },
    {},
  ],
])("a handshake with %s is refused as %s with %i", (_what, result, status, headers, rules) => {
  expect(read(headers, rules)).toMatchObject({ result, status });
});

test.each<[string, string, number, Partial<UpgradeRequest>]>([
  ["POST (HS-21)", "wrong-method", 405, { method: "POST" }],
  ["another path (HS-20)", "wrong-target", 404, { url: "/other" }],
  ["HTTP/1.0 (RFC 6455, 4.2.1)", "bad-request", 400, { httpVersion: "1.0" }],
  ["a query (HS-20)", "wrong-target", 404, { url: "/?a=b" }],
])("a handshake with %s is refused as %s with %i", (_what, result, status, start) => {
  expect(read({}, {}, start)).toMatchObject({ result, status });
});

test("refusals say what would be accepted (RFC 9110, 15.5.6 and 15.5.22; RFC 6455, 4.2.2)", () => {
  expect(linesOf(read({}, {}, { method: "POST" }))).toMatchObject({ Allow: "GET" });
  expect(linesOf(read({ upgrade: undefined }))).toMatchObject({ Upgrade: "websocket" });
  expect(linesOf(read({ "sec-websocket-version": "8" }))).toMatchObject({
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
  });
});

test.each([undefined, "CAE1", "/id-mn"])(
  "X-M2M-Origin %s is handed on as a claim",
  (originator) => {
    expect(read({ "x-m2m-origin": originator })).toMatchObject({ result: "accepted", originator });
  },
);
