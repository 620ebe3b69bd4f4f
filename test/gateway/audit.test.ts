import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { describe, expect, test } from "vitest";
import { ask } from "../helpers/ask.ts";
import { makeAuthority } from "../helpers/authority.ts";
import { canMakeCertificates } from "../helpers/certificate.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { rawUpgrade } from "../helpers/raw-upgrade.ts";
import { expectNoSecret } from "../helpers/secrets.ts";
import type { RunningGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { BASIC, PASSWORD, startGuarded, tokenFor, WRONG } from "./credentials-in.ts";
import { type Front, startFront } from "./front.ts";

const ONEM2M = { "X-M2M-Origin": "CAE1", "X-M2M-RI": "r1", "X-M2M-RVI": "3" };

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;

/** The audit stream, without what every record has. */
const auditOf = ({ log }: RunningGateway): object[] =>
  log
    .filter(({ stream }) => stream === "audit")
    .map(({ level: _level, time: _time, stream: _stream, ...record }) => record);

const overHttp = async ({ gateway }: Front, headers: Record<string, string>): Promise<void> => {
  await ask(`${gateway.http}/cse-in/x`, { headers: { ...ONEM2M, ...headers } });
};
const overWs = async ({ gateway }: Front, headers: Record<string, string>): Promise<void> => {
  const { "X-M2M-Origin": origin } = ONEM2M;
  await rawUpgrade(gateway.ws, { headers: { "X-M2M-Origin": origin, ...headers } });
};

describe("a credential that is refused is one record of who claims to be whom, from where, and why not", () => {
  describe.each([
    ["http", overHttp],
    ["ws", overWs],
  ] as const)("at %s", (face, come) => {
    test.each([
      ["a wrong password", () => WRONG, { shown: "basic", claimed: "gate", why: "wrong" }],
      ["a user nobody is", () => basic("root", "x"), { shown: "basic", why: "unknown" }],
      ["no user at all", () => "Basic Z2F0ZQ==", { shown: "basic", why: "unreadable" }],
      ["a token of nobody", () => "Bearer wrong-t0ken", { shown: "bearer", why: "unknown" }],
      [
        "a JSON Web Token that has ended",
        () => tokenFor(["CAE1"], { expires: 1 }),
        { shown: "jwt", claimed: "somebody", why: "expired" },
      ],
      [
        "one for others",
        () => tokenFor(["CAE1"], { audience: "shop" }),
        { shown: "jwt", claimed: "somebody", why: "wrong-claim" },
      ],
      [
        "one whose claims were changed",
        async () => (await tokenFor(["CAE1"])).replace(/\.[^.]*\./, ".eyJzdWIiOiJyb290In0."),
        { shown: "jwt", claimed: "root", why: "wrong" },
      ],
      ["one that is none", () => "Bearer e30.e30.e30", { shown: "jwt", why: "unreadable" }],
    ])("%s", async (_what, authorization, record) => {
      const front = await startGuarded();
      await come(front, { Authorization: await authorization() });
      const common = { msg: "access refused", face, peer: "127.0.0.1", originator: "CAE1" };
      expect(auditOf(front.gateway)).toMatchObject([{ ...common, ...record }]);
    });

    test("a proxy that speaks for its maker does not hide where the connection is from", async () => {
      const front = await startGuarded();
      await come(front, { Authorization: WRONG, "X-Forwarded-For": "192.0.2.1" });
      expect(auditOf(front.gateway)).toMatchObject([{ peer: "127.0.0.1" }]);
    });
  });

  test("nothing at a WebSocket handshake, and at HTTP, where it is a request that is denied", async () => {
    const front = await startGuarded();
    await overWs(front, {});
    await overHttp(front, {});
    expect(auditOf(front.gateway)).toEqual([
      {
        ...{ msg: "access refused", face: "ws", peer: "127.0.0.1", originator: "CAE1" },
        ...{ shown: "nothing", why: "nothing-shown" },
      },
      expect.objectContaining({ msg: "request denied", face: "http", originator: "CAE1" }),
    ]);
  });

  test("one that is good, in a handshake in another name than its own", async () => {
    const front = await startGuarded();
    await overWs(front, { Authorization: BASIC, "X-M2M-Origin": "CAE2" });
    expect(auditOf(front.gateway)).toMatchObject([
      { shown: "basic", claimed: "basic:gate", originator: "CAE2", why: "other-originator" },
    ]);
  });

  test("the token of operators", async () => {
    const tokenFile = join(tempDir(), "token");
    writeFileSync(tokenFile, "t0ken-of-an-operator");
    const { gateway } = await startFront({ "admin.tokenFile": tokenFile });
    await ask(`${gateway.admin}/api/v1/status`);
    await ask(`${gateway.admin}/api/v1/status`, { headers: { Authorization: "Bearer wr0ng" } });
    await ask(`${gateway.admin}/livez`);
    const common = { msg: "access refused", face: "admin", peer: "127.0.0.1" };
    expect(auditOf(gateway)).toEqual([
      { ...common, shown: "nothing", why: "nothing-shown" },
      { ...common, shown: "bearer", why: "unknown" },
    ]);
  });

  test("one that is good is none", async () => {
    const front = await startGuarded();
    await overWs(front, { Authorization: await tokenFor(["CAE1"]) });
    await overHttp(front, { Authorization: BASIC });
    expect(auditOf(front.gateway)).toEqual([]);
  });
});

describe.skipIf(!canMakeCertificates())("what TLS refuses is one, too", () => {
  const KEY = Buffer.from("a pre-shared key");
  const AE1 = "URI://sp.test/id-in/CAE1";
  const common = { msg: "access refused", face: "ws", peer: "127.0.0.1" };

  /** A WebSocket face with TLS, and the records of somebody who comes there. */
  async function secured(clientCertificates: "optional" | "required") {
    const authority = makeAuthority("CA");
    const server = authority.issue("DNS:localhost,IP:127.0.0.1");
    const file = join(tempDir(), "credentials.yaml");
    const psk = `{ identity: lamp-1, key: "${KEY.toString("hex")}" }`;
    writeFileSync(file, `- { name: lamp, originators: [CAE5], psk: ${psk} }`);
    const front = await startFront({
      "cse.spId": "sp.test",
      "credentials.file": file,
      "ws.tls.certificates": server.certFile,
      "ws.tls.keys": server.keyFile,
      "ws.tls.clientCa": authority.certFile,
      "ws.tls.clientCertificates": clientCertificates,
      "ws.tls.profile": "ts-0003",
    });
    const come = async (shown: ConnectionOptions): Promise<object[]> => {
      await expect(front.connect({ tls: { ca: authority.cert, ...shown } })).rejects.toThrow();
      await expect.poll(() => auditOf(front.gateway)).not.toEqual([]);
      return auditOf(front.gateway);
    };
    return { authority, come };
  }

  test.each([
    // Node has done away with the certificate by the time that it says what was wrong with it.
    ["required", undefined],
    ["optional", "//sp.test/id-in/CAE1"],
  ] as const)("a certificate of another authority, certificates being %s", async (how, claimed) => {
    const { come } = await secured(how);
    const { cert, key } = makeAuthority("other CA").issue(AE1);
    expect(await come({ cert, key })).toEqual([
      { ...common, shown: "certificate", why: "bad-certificate", ...(claimed && { claimed }) },
    ]);
  });

  test("one that verifies, and names nobody", async () => {
    const { authority, come } = await secured("required");
    const { cert, key } = authority.issue("DNS:somebody.test");
    expect(await come({ cert, key })).toEqual([
      { ...common, shown: "certificate", claimed: "somebody.test", why: "unknown" },
    ]);
  });

  test("none where one is required", async () => {
    const { come } = await secured("required");
    expect(await come({})).toEqual([{ ...common, shown: "nothing", why: "no-certificate" }]);
  });

  test.each(["lamp-1", "lamp-2"])("a wrong pre-shared key of %s", async (identity) => {
    const { come } = await secured("optional");
    const psk = Buffer.from("another pre-shared key");
    const checkServerIdentity = (): undefined => undefined;
    const how = { ciphers: "PSK-AES128-CBC-SHA256", maxVersion: "TLSv1.2" } as const;
    expect(
      await come({ pskCallback: () => ({ identity, psk }), checkServerIdentity, ...how }),
    ).toEqual([{ ...common, shown: "psk", claimed: identity, why: "bad-psk" }]);
  });
});

describe("a record of what somebody says of himself", () => {
  test("is short, and nothing in it moves the cursor of a terminal", async () => {
    const front = await startGuarded();
    const claims = { sub: `\u001b[2J\u202e${"x".repeat(1_000)}` };
    const made = `.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.`;
    const Authorization = (await tokenFor(["CAE1"])).replace(/\.[^.]*\./, made);
    await overHttp(front, { Authorization });
    const claimed = `\ufffd[2J\ufffd${"x".repeat(251)}\u2026`;
    expect(auditOf(front.gateway)).toMatchObject([{ claimed }]);
  });

  test("has no secret in it, wherever one was put", async () => {
    const front = await startGuarded();
    const jwt = (
      await tokenFor(["CAE1"], { expires: 1, more: { note: "cl4im-of-a-token" } })
    ).slice(7);
    const url = `http://u:url-pa55word${"x".repeat(300)}@host/`;
    const shown = [
      WRONG,
      basic("root", PASSWORD),
      basic("t0ken-as-a-name", ""),
      basic(jwt, "x"),
      `Bearer ${jwt}`,
      "Bearer wrong-t0ken",
    ];
    for (const Authorization of shown) await overWs(front, { Authorization });
    await overWs(front, { Authorization: WRONG, "X-M2M-Origin": url });
    const told = auditOf(front.gateway);
    expect(told).toHaveLength(shown.length + 1);
    const [head = "", claims = "", signature = ""] = jwt.split(".");
    const inToken = { head, claims, signature, claim: "cl4im-of-a-token" };
    const names = ["wrong-pa55word", PASSWORD, "t0ken-as-a-name", "url-pa55word", "wrong-t0ken"];
    const secrets = { ...inToken, ...Object.fromEntries(names.map((name) => [name, name])) };
    expectNoSecret(secrets, [JSON.stringify(told)]);
  });
});

describe("whoever floods with refusals does not fill the disk with records of them", () => {
  test("of an address some a minute are recorded, and the next one says how many were not", async () => {
    const clock = new ManualClock();
    const limits = { "limits.handshakesPerAddress": "1000", "limits.primitives": "1000" };
    const front = await startGuarded(limits, { clock });
    for (let n = 0; n < 15; n += 1) await overWs(front, { Authorization: "Bearer wrong" });
    for (let n = 0; n < 5; n += 1) await overHttp(front, {});
    expect(auditOf(front.gateway)).toHaveLength(10);
    clock.advance(60_000);
    await overWs(front, { Authorization: "Bearer wrong" });
    await overWs(front, { Authorization: "Bearer wrong" });
    const [first, second, ...none] = auditOf(front.gateway).slice(10);
    expect(first).toMatchObject({ msg: "access refused", leftOut: 10 });
    expect(second).not.toHaveProperty("leftOut");
    expect(none).toEqual([]);
  });

  test("what operators do is recorded all the same", async () => {
    const front = await startGuarded();
    for (let n = 0; n < 11; n += 1) await overHttp(front, {});
    await front.gateway.reload();
    expect(auditOf(front.gateway)).toHaveLength(11);
    expect(auditOf(front.gateway).at(-1)).toMatchObject({ msg: "operator acted" });
  });
});
