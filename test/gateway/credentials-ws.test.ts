import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { ManualClock } from "../helpers/manual-clock.ts";
import { rawUpgrade } from "../helpers/raw-upgrade.ts";
import {
  BASIC,
  BEARER,
  credentialsIn,
  PASSWORD,
  startGuarded,
  TOKEN,
  tokenFor,
  WRONG,
} from "./credentials-in.ts";
import { asked, ok, startFront } from "./front.ts";

const authorized = (Authorization: string, more: Record<string, string> = {}) => ({
  headers: { Authorization, ...more },
});

describe("once credentials are configured a handshake", () => {
  test.each([
    ["with a password", () => BASIC],
    ["with a token", () => BEARER],
    ["with a JSON Web Token", () => tokenFor(["CAE1"])],
  ])("%s is accepted", async (_what, authorization) => {
    const front = await startGuarded();
    const { status } = await rawUpgrade(front.gateway.ws, authorized(await authorization()));
    expect(status).toBe(101);
  });

  test.each([
    ["a wrong password", () => WRONG, "credentials-refused"],
    ["a wrong token", () => "Bearer wrong", "credentials-refused"],
    [
      "a JSON Web Token that has expired",
      () => tokenFor(["C1"], { expires: 1 }),
      "credentials-refused",
    ],
    [
      "a JSON Web Token for others",
      () => tokenFor(["C1"], { audience: "shop" }),
      "credentials-refused",
    ],
    ["credentials of no known scheme", () => "Digest username=gate", "credentials-needed"],
    ["bare oneM2M Tokens", () => "eyJ0.eyJp.dBjf", "credentials-needed"],
  ])(
    "with %s is answered 401, and what it may show (RFC 9110, 15.5.2)",
    async (_what, authorization, result) => {
      const front = await startGuarded();
      const answer = await rawUpgrade(front.gateway.ws, authorized(await authorization()));
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe(
        'Basic realm="m2mgw", charset="UTF-8", Bearer realm="m2mgw"',
      );
      expect(await front.gateway.metric(`m2mgw_handshakes_total{result="${result}"}`)).toBe(1);
    },
  );

  test("without any is answered 401, on loopback too (architecture, 6)", async () => {
    const front = await startGuarded();
    const headers = { "X-M2M-Origin": "CAE1" };
    expect(await rawUpgrade(front.gateway.ws, { headers })).toMatchObject({ status: 401 });
  });

  test("without any from a trusted network is accepted", async () => {
    const front = await startGuarded({ "ws.trustedNetworks": "127.0.0.0/8" });
    expect(await rawUpgrade(front.gateway.ws)).toMatchObject({ status: 101 });
  });

  test("without any is accepted where a rule is for strangers", async () => {
    const rules = [{ credentials: ["none"], operations: ["retrieve"] }];
    const front = await startGuarded({ permissions: JSON.stringify(rules) });
    expect(await rawUpgrade(front.gateway.ws)).toMatchObject({ status: 101 });
    const elsewhere = [{ credentials: ["none"], faces: ["http"] }, { credentials: ["*"] }];
    const other = await startGuarded({ permissions: JSON.stringify(elsewhere) });
    expect(await rawUpgrade(other.gateway.ws)).toMatchObject({ status: 401 });
  });

  test("that names another originator than its credential allows is answered 403 (ID-05)", async () => {
    const front = await startGuarded();
    const shown = authorized(BASIC, { "X-M2M-Origin": "CAE2" });
    const answer = await rawUpgrade(front.gateway.ws, shown);
    expect(answer.status).toBe(403);
    expect(answer.headers.has("www-authenticate")).toBe(false);
    const refused = 'm2mgw_handshakes_total{result="originator-refused"}';
    expect(await front.gateway.metric(refused)).toBe(1);
  });
});

test("a peer that leaves while its password is checked does no harm", async () => {
  const front = await startGuarded();
  const { hostname, port } = new URL(front.gateway.ws);
  for (let at = 0; at < 20; at += 1) {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    const lines = [
      "GET / HTTP/1.1",
      "Host: x",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Protocol: oneM2M.json",
      `Authorization: ${at % 2 === 0 ? BASIC : WRONG}`,
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`, () => socket.resetAndDestroy());
  }
  expect(await rawUpgrade(front.gateway.ws, authorized(BASIC))).toMatchObject({ status: 101 });
  await front.gateway.metricIs("m2mgw_links", 1);
});

test("a password for one AE makes it known before its first message (ID-01)", async () => {
  const front = await startGuarded();
  const { ae } = await front.ae("CAE1", authorized(BASIC));
  await ae.disconnect();
  const notify = front.notify("/~/id-in/CAE1", { headers: { Authorization: BEARER } });
  expect(await notify).toMatchObject({ status: 202, rsc: 1000 });
  const returned = await front.connect({ ...authorized(BASIC), answer: ok });
  expect(await returned.nextRequest()).toMatchObject({ op: 5 });
});

test("a credential speaks for its originators, and for nobody else (ID-06, ID-07)", async () => {
  const front = await startGuarded();
  const node = await front.connect(authorized(BEARER));
  expect(await node.register("CAE2")).toMatchObject({ rsc: 2001 });
  expect(await node.register("CAE3")).toMatchObject({ rsc: 2001 });
  const before = asked(front.cse).length;
  expect(await node.register("CAE1")).toMatchObject({ rsc: 4106 });
  expect(await node.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 4106 });
  expect(asked(front.cse)).toHaveLength(before);
  expect(await node.request({ op: 2, to: "cse-in", fr: "CAE2" })).toMatchObject({ rsc: 2000 });
});

test("past limits.connectionsPerCredential a connection is closed with 1008, and those of other credentials are not", async () => {
  const front = await startGuarded({ "limits.connectionsPerCredential": "1" });
  const node = await front.connect(authorized(BEARER));
  expect(await node.register("CAE2")).toMatchObject({ rsc: 2001 });
  const { peer } = await rawUpgrade(front.gateway.ws, authorized(BEARER));
  expect(await peer.closeCode()).toBe(1008);
  const reached = 'm2mgw_limits_total{limit="connections-per-credential"}';
  expect(await front.gateway.metric(reached)).toBe(1);
  const gate = await front.connect(authorized(BASIC));
  expect(await gate.register("CAE1")).toMatchObject({ rsc: 2001 });
  expect(await node.request({ op: 2, to: "cse-in/x", fr: "CAE2" })).toMatchObject({ rsc: 2000 });
});

test("a connection ends when the JSON Web Token does that opened it", async () => {
  const clock = new ManualClock();
  const expires = clock.now() / 1000 + 20;
  const front = await startGuarded({}, { clock });
  const shown = authorized(await tokenFor(["CAE1"], { expires }));
  const { ae } = await front.ae("CAE1", shown);
  clock.advance(20_000);
  expect(await ae.closed).toEqual({ code: 1008, reason: "the credentials have expired" });
});

test("no secret is in the log, in an answer, or in the metrics", async () => {
  const front = await startGuarded();
  const shown = [BASIC, BEARER, WRONG, "Bearer wrong-t0ken", await tokenFor(["CAE1"])];
  const told: string[] = [];
  for (const authorization of shown) {
    const answer = await rawUpgrade(front.gateway.ws, authorized(authorization));
    told.push(JSON.stringify([...answer.headers]));
    const call = {
      target: "/cse-in",
      headers: { "X-M2M-Origin": "CAE1", Authorization: authorization },
    };
    const { body, rawHeaders } = await front.http(call);
    told.push(body, JSON.stringify(rawHeaders));
  }
  told.push(await (await fetch(`${front.gateway.admin}/metrics`)).text());
  told.push(JSON.stringify(front.gateway.log));
  const secrets = [PASSWORD, TOKEN, "wrong-pa55word", "wrong-t0ken", "pa55word"];
  const credentials = shown.map((authorization) => authorization.split(" ")[1] ?? "");
  for (const secret of [...secrets, ...credentials]) {
    for (const text of told) expect(text).not.toContain(secret);
  }
});

describe("a reload of the credentials (D10)", () => {
  test("ends the connections of entries that have changed or gone, and no others", async () => {
    const settings = credentialsIn();
    const front = await startFront(settings);
    const gate = await front.connect(authorized(BASIC));
    const lamp = await front.connect(authorized(BEARER));
    const somebody = await front.connect(authorized(await tokenFor(["CAE4"])));
    const file = settings["credentials.file"] ?? "";
    const entries = readFileSync(file, "utf8");
    writeFileSync(file, entries.replace(/^.*name: gate.*$/m, ""));
    const changes = await front.gateway.reload({ "cse.url": front.cse.url, ...settings });
    expect(changes).toEqual({ live: ["credentials.file"], restart: [] });
    expect(await gate.closed).toMatchObject({ code: 1008 });
    expect(await lamp.register("CAE2")).toMatchObject({ rsc: 2001 });
    expect(await somebody.register("CAE4")).toMatchObject({ rsc: 2001 });
    expect(await rawUpgrade(front.gateway.ws, authorized(BASIC))).toMatchObject({ status: 401 });
  });

  test("that takes the last entry away lets nobody in, strangers neither", async () => {
    const { "credentials.jwtKeys": _keys, ...settings } = credentialsIn();
    const front = await startFront(settings);
    const gate = await front.connect(authorized(BASIC));
    writeFileSync(settings["credentials.file"] ?? "", "# none left\n");
    await front.gateway.reload({ "cse.url": front.cse.url, ...settings });
    expect(await gate.closed).toMatchObject({ code: 1008 });
    expect(await rawUpgrade(front.gateway.ws)).toMatchObject({ status: 403 });
    const headers = { "X-M2M-Origin": "CAE1", "X-M2M-RI": "r1", "X-M2M-RVI": "3" };
    const answer = await front.http({ target: "/cse-in/x", headers });
    expect(answer).toMatchObject({ status: 403, rsc: 4106 });
  });

  test("of a file in which nothing changed changes nothing", async () => {
    const settings = credentialsIn();
    const front = await startFront(settings);
    const changes = await front.gateway.reload({ "cse.url": front.cse.url, ...settings });
    expect(changes).toEqual({ live: [], restart: [] });
  });

  test("without keys for JSON Web Tokens ends the connections that these opened", async () => {
    const settings = credentialsIn();
    const front = await startFront(settings);
    const somebody = await front.connect(authorized(await tokenFor(["CAE4"])));
    const { "credentials.jwtKeys": _keys, ...rest } = settings;
    await front.gateway.reload({ "cse.url": front.cse.url, ...rest });
    expect(await somebody.closed).toMatchObject({ code: 1008 });
  });
});
