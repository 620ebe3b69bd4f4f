import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { defaultScript } from "../helpers/fake-cse.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { freePort } from "../helpers/free-port.ts";
import { callHttp } from "../helpers/http-client.ts";
import {
  acceptOf,
  Opcode,
  type RawHandshake,
  rawUpgrade,
  SAMPLE_KEY,
} from "../helpers/raw-upgrade.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { ok, startFront } from "./front.ts";

const PROTOCOL = "Sec-WebSocket-Protocol";

test("a handshake is answered with the subprotocol offered and the accept value of its key (HS-01; TS-0020, 6.2.3)", async () => {
  const gateway = await startGateway();
  const key = Buffer.from("sixteen bytes...").toString("base64");
  const { status, headers } = await rawUpgrade(gateway.ws, {
    headers: { "Sec-WebSocket-Key": key },
  });
  expect(status).toBe(101);
  expect(headers.get("upgrade")).toBe("websocket");
  expect(headers.get("connection")?.toLowerCase()).toBe("upgrade");
  expect(headers.get("sec-websocket-protocol")).toBe("oneM2M.json");
  expect(headers.get("sec-websocket-accept")).toBe(acceptOf(key));
  expect(await gateway.metric('m2mgw_handshakes_total{result="accepted"}')).toBe(1);
});

test.each([
  ["HS-02", "ud63env87LQLd4uIV20/oQ==", "5thN0mVgdTFTgHSjknHQ8H0EtnM="],
  ["HS-03", SAMPLE_KEY, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
])(
  "the accept value is derived from the key and not copied from a sample (%s; TS-0020, 6.2.3.4)",
  async (_case, key, accept) => {
    const gateway = await startGateway();
    const { headers } = await rawUpgrade(gateway.ws, { headers: { "Sec-WebSocket-Key": key } });
    expect(headers.get("sec-websocket-accept")).toBe(accept);
  },
);

test.each<[string, RawHandshake["headers"]]>([
  ["Upgrade: WebSocket (HS-04; TS-0020, 6.2.2.3)", { Upgrade: "WebSocket" }],
  ["Upgrade: websocket (HS-04; RFC 6455, 4.2.1)", { Upgrade: "websocket" }],
  ["Upgrade: WEBSOCKET (HS-04; RFC 6455, 4.2.1)", { Upgrade: "WEBSOCKET" }],
  [
    "upgrade as one of several connection options (HS-05; RFC 6455, 4.2.1)",
    { Connection: "keep-alive, Upgrade" },
  ],
  ["a connection option in lower case (HS-05; RFC 6455, 4.2.1)", { Connection: "upgrade" }],
  [
    "header names in odd case (HS-06; TS-0020, 6.2.1)",
    {
      hOST: "127.0.0.1",
      uPGRADE: "websocket",
      cONNECTION: "Upgrade",
      "sec-websocket-KEY": SAMPLE_KEY,
      "SEC-WEBSOCKET-VERSION": "13",
      "sEC-wEBsOCKET-pROTOCOL": "oneM2M.json",
    },
  ],
])("a handshake may have %s", async (_what, headers) => {
  const gateway = await startGateway();
  expect((await rawUpgrade(gateway.ws, { headers })).status).toBe(101);
});

test.each<[string, string | readonly string[], string]>([
  ["a name the gateway does not know before it (HS-09)", "chat, oneM2M.json", "oneM2M.json"],
  ["CBOR before JSON (HS-10)", "oneM2M.cbor, oneM2M.json", "oneM2M.cbor"],
  ["XML by its V2 name before JSON (HS-19)", "oneM2M.R2.0.xml,oneM2M.R2.0.json", "oneM2M.R2.0.xml"],
  ["XML alone (HS-19)", "oneM2M.XML", "oneM2M.XML"],
  ["CBOR by its V2 name", "onem2m.r2.0.cbor", "onem2m.r2.0.cbor"],
  ["both names on two lines, V3 first (HS-11)", ["oneM2M.json", "oneM2M.R2.0.json"], "oneM2M.json"],
  [
    "both names on two lines, V2 first (HS-12)",
    ["oneM2M.R2.0.json", "oneM2M.json"],
    "oneM2M.R2.0.json",
  ],
  ["both names in one list, V2 first (HS-13)", "oneM2M.R2.0.json, oneM2M.json", "oneM2M.R2.0.json"],
  ["no blank in its list", "oneM2M.json,chat", "oneM2M.json"],
  ["its name in lower case (HS-14)", "onem2m.r2.0.json", "onem2m.r2.0.json"],
  ["its name in mixed case (HS-15)", "oneM2M.R2.0.JSON", "oneM2M.R2.0.JSON"],
  ["the V3 name in upper case", "ONEM2M.JSON", "ONEM2M.JSON"],
])(
  "the client's first supported subprotocol is echoed as it was spelt, with %s (TS-0020, 6.2.2.7 and 6.2.3.5)",
  async (_what, offered, chosen) => {
    const gateway = await startGateway();
    const { status, headers } = await rawUpgrade(gateway.ws, { headers: { [PROTOCOL]: offered } });
    expect(status).toBe(101);
    expect(headers.get("sec-websocket-protocol")).toBe(chosen);
  },
);

test.each<[string, string | undefined]>([
  ["no Sec-WebSocket-Protocol (HS-07; TS-0020, 6.2.2.7)", undefined],
  ["an empty one", ""],
  ["names of other protocols only (HS-08; TS-0020, 6.2.3.5)", "chat"],
  ["a name that was never adopted (HS-16)", "oneM2M-pro-v1.0"],
  ["the misprint of the V2 text (HS-17)", "oneM2M-R2.0_XML"],
  ["a name twice (HS-18; RFC 6455, 4.1)", "oneM2M.json, oneM2M.json"],
  ["an illegal character", "oneM2M.json, a b"],
])("a handshake with %s is answered with 400 and not upgraded", async (_what, offered) => {
  const gateway = await startGateway();
  const { status, headers } = await rawUpgrade(gateway.ws, { headers: { [PROTOCOL]: offered } });
  expect(status).toBe(400);
  expect(headers.has("sec-websocket-accept")).toBe(false);
  expect(await gateway.metric('m2mgw_handshakes_total{result="bad-subprotocol"}')).toBe(1);
});

test.each(["oneM2M-pro-v1.0", "ONEM2M-PRO-V1.0"])(
  "the subprotocol %s is accepted when its switch is on (HS-16)",
  async (name) => {
    const gateway = await startGateway({ "ws.proV1": "true" });
    const { status, headers } = await rawUpgrade(gateway.ws, { headers: { [PROTOCOL]: name } });
    expect(status).toBe(101);
    expect(headers.get("sec-websocket-protocol")).toBe(name);
  },
);

test.each<[string, number, RawHandshake]>([
  ["with another path (HS-20; TS-0020, 6.2.2.1)", 404, { target: "/other" }],
  ["with a query (HS-20; TS-0020, 6.2.2.1)", 404, { target: "/?a=b" }],
  ["with POST (HS-21; TS-0020, 6.2.2.1)", 405, { method: "POST" }],
  ["without a key (HS-23; TS-0020, 6.2.2.5)", 400, { headers: { "Sec-WebSocket-Key": undefined } }],
  [
    "with a key of 8 bytes (HS-23; TS-0020, 6.2.2.5)",
    400,
    { headers: { "Sec-WebSocket-Key": Buffer.alloc(8).toString("base64") } },
  ],
  [
    "with a key that is not base64 (RFC 6455, 4.2.1)",
    400,
    { headers: { "Sec-WebSocket-Key": "!".repeat(24) } },
  ],
  ["without Host (HS-24; TS-0020, 6.2.2.2)", 400, { headers: { Host: undefined } }],
  [
    "without the connection option (TS-0020, 6.2.2.4; RFC 6455, 4.2.1)",
    400,
    { headers: { Connection: "keep-alive" } },
  ],
  ["in HTTP/1.0 (TS-0020, 6.2.2.1; RFC 6455, 4.2.1)", 400, { version: "HTTP/1.0" }],
  ["that upgrades to something else", 426, { headers: { Upgrade: "h2c" } }],
])(
  "a handshake %s is answered with %i",
  async (_what, status, handshake) => {
    const gateway = await startGateway();
    const answer = await rawUpgrade(gateway.ws, handshake);
    expect(answer.status).toBe(status);
    expect(answer.headers.has("sec-websocket-accept")).toBe(false);
  },
  3000,
);

test.each([
  ["8", "8"],
  ["25", "25"],
  ["that is not named", undefined],
])(
  "version %s of the protocol is answered with 426 and the version spoken (HS-22; TS-0020, 6.2.2.6; RFC 6455, 4.2.2)",
  async (_what, version) => {
    const gateway = await startGateway();
    const { status, headers } = await rawUpgrade(gateway.ws, {
      headers: { "Sec-WebSocket-Version": version },
    });
    expect(status).toBe(426);
    expect(headers.get("sec-websocket-version")).toBe("13");
  },
);

test("a refused connection is ended, and does not count as a link", async () => {
  const gateway = await startGateway();
  const { peer } = await rawUpgrade(gateway.ws, { target: "/other" });
  await peer.gone;
  expect(await gateway.metric("m2mgw_links")).toBe(0);
  expect(await gateway.metric('m2mgw_handshakes_total{result="wrong-target"}')).toBe(1);
});

test.each([
  ["127.0.0.1:1", 421],
  ["gateway.example.org", 421],
  ["gateway.example.org:8180", 101],
  ["GATEWAY.example.org:8180", 101],
  ["mixed.example.org", 101],
])("with Host values configured, Host %s is answered with %i (HS-25)", async (host, status) => {
  const gateway = await startGateway({
    "ws.hosts": "gateway.example.org:8180, Mixed.Example.org",
  });
  expect((await rawUpgrade(gateway.ws, { headers: { Host: host } })).status).toBe(status);
});

test.each([
  ["", "https://app.example.org", 403],
  ["", "null", 403],
  ["https://app.example.org", "https://app.example.org", 101],
  ["https://app.example.org", "https://evil.example.org", 403],
  ["https://app.example.org", "https://app.example.org.evil.example", 403],
])(
  "with the web origins '%s' allowed, one from %s is answered with %i (SE-10)",
  async (origins, origin, status) => {
    const gateway = await startGateway({ "ws.origins": origins });
    expect((await rawUpgrade(gateway.ws, { headers: { Origin: origin } })).status).toBe(status);
  },
);

test.each(["", "https://app.example.org"])(
  "with the web origins '%s' allowed, a client that is no browser and names none may connect (SE-10)",
  async (origins) => {
    const gateway = await startGateway({ "ws.origins": origins });
    expect((await rawUpgrade(gateway.ws)).status).toBe(101);
  },
);

test("a plain GET at a port of its own is told to upgrade, and gets no RSC (HS-26; RFC 9110, 15.5.22)", async () => {
  const gateway = await startGateway();
  const { status, headers } = await callHttp(gateway.ws, { target: "/" });
  expect(status).toBe(426);
  expect(headers.upgrade).toBe("websocket");
  expect(headers["x-m2m-rsc"]).toBeUndefined();
});

test("both faces on one port: a handshake is upgraded, a request without Upgrade follows HTTP rules (architecture, S8)", async () => {
  const port = await freePort();
  const listen = `127.0.0.1:${port}`;
  const front = await startFront({ "http.listen": listen, "ws.listen": listen });
  expect((await rawUpgrade(`ws://${listen}`)).status).toBe(101);
  expect((await rawUpgrade(`ws://${listen}`, { target: "/other" })).status).toBe(404);
  const { status, rsc } = await front.http({
    target: "/cse-in",
    headers: { "X-M2M-RI": "1", "X-M2M-Origin": "CApp", "X-M2M-RVI": "3" },
  });
  expect({ status, rsc }).toEqual({ status: 200, rsc: 2000 });
});

const DEFLATE = { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" };

test("compression that was offered and accepted works in both directions (HS-27; TS-0020, 6.2.3.6)", async () => {
  const front = await startFront({ "ws.deflate": "true" });
  const { ae, point } = await front.ae("CAE1", { perMessageDeflate: true, answer: ok });
  expect(ae.socket.extensions).toContain("permessage-deflate");
  const long = "x".repeat(5000);
  const body = `{"m2m:sgn":{"sur":"${long}"}}`;
  expect(await front.notify(point, { body })).toMatchObject({ status: 200, rsc: 2000 });
  expect(await ae.nextRequest()).toMatchObject({ pc: { "m2m:sgn": { sur: long } } });
  const created = await ae.request({
    op: 1,
    to: "cse-in",
    fr: "CAE1",
    ty: 3,
    pc: { "m2m:cnt": { lbl: [long] } },
  });
  expect(created).toMatchObject({ rsc: 2001, pc: { "m2m:cnt": { lbl: [long] } } });
});

test("a large answer to a client that compresses is compressed, a small one is not (HS-27; RFC 7692, 6.1)", async () => {
  const front = await startFront({ "ws.deflate": "true" });
  const { peer } = await rawUpgrade(front.gateway.ws, { headers: DEFLATE });
  const sendCompressed = (message: object): void => {
    const bytes = deflateRawSync(JSON.stringify(message), { finishFlush: constants.Z_SYNC_FLUSH });
    peer.sendFrame({ opcode: Opcode.TEXT, rsv1: true, payload: bytes.subarray(0, -4) });
  };
  const ae = { api: "N.test", rr: true, srv: ["3"] };
  const create = { op: 1, to: "cse-in", fr: "CAE1", rvi: "3", ty: 2 };
  sendCompressed({ ...create, rqi: "1", pc: { "m2m:ae": ae } });
  const small = await peer.nextFrame();
  expect(small.rsv1).toBe(false);
  expect(JSON.parse(small.payload.toString())).toMatchObject({ rqi: "1", rsc: 2001 });

  const long = "y".repeat(5000);
  sendCompressed({ ...create, rqi: "2", ty: 3, pc: { "m2m:cnt": { lbl: [long] } } });
  const large = await peer.nextFrame();
  expect(large.rsv1).toBe(true);
  const tail = Buffer.from([0, 0, 0xff, 0xff]);
  const text = inflateRawSync(Buffer.concat([large.payload, tail]), {
    finishFlush: constants.Z_SYNC_FLUSH,
  }).toString();
  expect(JSON.parse(text)).toMatchObject({ rqi: "2", pc: { "m2m:cnt": { lbl: [long] } } });
});

test("with compression off, an offer is left unanswered and nothing is compressed (HS-28; TS-0020, 6.2.2.8)", async () => {
  const front = await startFront();
  const { status, headers, peer } = await rawUpgrade(front.gateway.ws, { headers: DEFLATE });
  expect(status).toBe(101);
  expect(headers.has("sec-websocket-extensions")).toBe(false);
  await expectUncompressed(peer);
});

test("a client that offers no compression gets none, although it is on (HS-29; TS-0020, 6.2.2.8)", async () => {
  const front = await startFront({ "ws.deflate": "true" });
  const { headers, peer } = await rawUpgrade(front.gateway.ws);
  expect(headers.has("sec-websocket-extensions")).toBe(false);
  await expectUncompressed(peer);
});

test.each([
  "permessage-deflate",
  "permessage-deflate; client_max_window_bits",
  "permessage-deflate; client_max_window_bits=10",
  "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
  "x-unknown, permessage-deflate",
])(
  "the offer '%s' is answered with parameters that it permits, without context takeover (HS-30; RFC 7692, 7.1)",
  async (offer) => {
    const gateway = await startGateway({ "ws.deflate": "true" });
    const { status, headers } = await rawUpgrade(gateway.ws, {
      headers: { "Sec-WebSocket-Extensions": offer },
    });
    expect(status).toBe(101);
    const [name, ...parameters] = (headers.get("sec-websocket-extensions") ?? "")
      .split(";")
      .map((part) => part.trim());
    expect(name).toBe("permessage-deflate");
    expect(parameters).toContain("server_no_context_takeover");
    expect(parameters).toContain("client_no_context_takeover");
    const others = parameters.filter((parameter) => !parameter.endsWith("no_context_takeover"));
    // A server may name the client's window only to a client that says it understands that.
    const permitted = offer.includes("client_max_window_bits")
      ? /^(server|client)_max_window_bits=(8|9|1[0-5])$/
      : /^server_max_window_bits=(8|9|1[0-5])$/;
    for (const parameter of others) expect(parameter).toMatch(permitted);
  },
);

test("a handshake past the connection limit is told to come back later, and may once one has left (HS-31)", async () => {
  const gateway = await startGateway({ "ws.maxConnections": "2" });
  const first = await connectRegistree(gateway.ws);
  await connectRegistree(gateway.ws);
  const { status, headers } = await rawUpgrade(gateway.ws);
  expect(status).toBe(503);
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await gateway.metric('m2mgw_handshakes_total{result="full"}')).toBe(1);
  await first.disconnect();
  await gateway.metricIs("m2mgw_links", 1);
  expect((await rawUpgrade(gateway.ws)).status).toBe(101);
});

test("a handshake succeeds while the CSE is down, and requests are answered 5103 (HS-32)", async () => {
  const front = await startFront();
  // A connection that it keeps might be taken before its end is noticed, and then the request may have reached it.
  front.cse.answer((request) => ({
    ...defaultScript(request),
    headers: { Connection: "close" },
  }));
  const { ae } = await front.ae("CAE1");
  await ae.disconnect();
  await front.gateway.metricIs("m2mgw_links", 0);
  await front.cse.stop();
  const back = await front.connect();
  expect(await back.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 5103 });
  expect(await back.register("CAE2")).toMatchObject({ rsc: 5103 });
});

async function expectUncompressed(
  peer: Awaited<ReturnType<typeof rawUpgrade>>["peer"],
): Promise<void> {
  const lbl = ["z".repeat(5000)];
  peer.send({
    op: 1,
    to: "cse-in",
    fr: "CAE1",
    rqi: "1",
    rvi: "3",
    ty: 2,
    pc: { "m2m:ae": { api: "N.test", rr: true, srv: ["3"], lbl } },
  });
  const frame = await peer.nextFrame();
  expect(frame.rsv1).toBe(false);
  expect(JSON.parse(frame.payload.toString())).toMatchObject({
    rsc: 2001,
    pc: { "m2m:ae": { lbl } },
  });
}
