import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { describe, expect, test, vi } from "vitest";
import { effectiveKeys } from "../../src/config/effective.ts";
import { loadConfig } from "../../src/config/load.ts";
import { examined } from "../cli/doctor-in.ts";
import { ask } from "../helpers/ask.ts";
import { type Authority, makeAuthority } from "../helpers/authority.ts";
import { type Certificate, canMakeCertificates } from "../helpers/certificate.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { startProxy } from "../helpers/fake-proxy.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { callHttp } from "../helpers/http-client.ts";
import { type RunningGateway, runGateway } from "../helpers/run-gateway.ts";
import { expectNoSecret } from "../helpers/secrets.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import {
  BASIC,
  BEARER,
  credentialsIn,
  PASSWORD,
  TOKEN,
  tokenFor,
  WRONG,
} from "./credentials-in.ts";
import { SGN } from "./front.ts";

const PRELOAD = fileURLToPath(new URL("../helpers/crash-on-signal.mjs", import.meta.url));
const KEY = Buffer.from("a pre-shared key of a kiln");
const WRONG_KEY = Buffer.from("no pre-shared key of a kiln");
const CLAIM = "cl4im-of-a-token";
/** In a point of access of somebody else's, which an AE names. */
const FOREIGN = { password: "pa55word-in-a-poa", token: "F0reignTokenF0reignTok" };
const ADMIN_TOKEN = "t0ken-of-an-operator";
const WRONG_BEARER = "wrong-t0ken-of-lamp";

vi.setConfig({ testTimeout: 30_000 });

const HANDSHAKE = {
  Upgrade: "websocket",
  Connection: "Upgrade",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Protocol": "oneM2M.json",
};
const ONEM2M = { "X-M2M-Origin": "CAE1", "X-M2M-RI": "r1", "X-M2M-RVI": "3" };

/** What is in a PEM file between its first and last line. */
const bytesIn = (pem: string): Buffer => Buffer.from(pem.replace(/-----.*-----|\s/g, ""), "base64");

const withKey = (identity: string, psk: Buffer, ca: string): ConnectionOptions => ({
  ca,
  pskCallback: () => ({ identity, psk }),
  ciphers: "PSK-AES128-CBC-SHA256",
  maxVersion: "TLSv1.2",
  checkServerIdentity: () => undefined,
});

/** A gateway in a process of its own with a credential of each kind, which says all that it can. */
async function wellGuarded(authority: Authority, server: Certificate, crashText: string) {
  const cse = await startCse();
  const tokenFile = join(tempDir(), "token");
  writeFileSync(tokenFile, `${ADMIN_TOKEN}\n`);
  const settings = credentialsIn();
  const file = settings["credentials.file"] ?? "";
  appendFileSync(
    file,
    `- { name: kiln, originators: [CAE5], psk: { identity: kiln-1, key: "${KEY.toString("hex")}" } }\n`,
  );
  const keys = {
    ...settings,
    "ws.tls.certificates": server.certFile,
    "ws.tls.keys": server.keyFile,
    "ws.tls.clientCa": authority.certFile,
    "ws.tls.clientCertificates": "optional",
    "ws.tls.profile": "ts-0003",
    "cse.spId": "sp.test",
    "admin.tokenFile": tokenFile,
  };
  const gateway = await runGateway({
    cse,
    flags: Object.entries(keys).map(([key, text]) => `--${key}=${text}`),
    under: ["env", `NODE_OPTIONS=--import ${PRELOAD}`, `CRASH_TEXT=${crashText}`],
  });
  return { cse, file, gateway, wss: gateway.ws.replace("ws:", "wss:") };
}

const LISTS = ["status", "config", "log-level", "registrees", "registrees/CAE1", "held", "traces"]
  .concat("dead-letters", "primitives?rqi=r1")
  .map((list) => `/api/v1/${list}`);
const EVENTS = "/api/v1/events?after=0&types=link,registree,upstream,warning,operator";

/** What the admin listener says about everything, to whoever shows this. */
async function askAdmin({ admin }: RunningGateway, Authorization: string): Promise<string[]> {
  const paths = ["/metrics", "/livez", "/readyz", "/openapi.json", ...LISTS];
  const headers = { Authorization, "Content-Type": "application/json" };
  const body = '{"level":"trace"}';
  const told = [await ask(`${admin}/api/v1/log-level`, { method: "PUT", headers, body })];
  for (const path of paths) told.push(await ask(`${admin}${path}`, { headers }));
  // Events do not end; the change of level is the last one.
  told.push(await ask(`${admin}${EVENTS}`, { headers, until: /"what":"log level"/ }));
  return told;
}

describe.skipIf(!canMakeCertificates())("no secret is in what a gateway says", () => {
  test("to peers, to operators and in its log, whatever is shown to it, up to its crash", async () => {
    const authority = makeAuthority("CA");
    const server = authority.issue("DNS:localhost,IP:127.0.0.1");
    const client = authority.issue("URI://sp.test/id-in/CAE6");
    const stranger = makeAuthority("other CA").issue("URI://sp.test/id-in/CAE6");
    const crashText = join(tempDir(), "text");
    const { cse, file, gateway, wss } = await wellGuarded(authority, server, crashText);
    const jwt = await tokenFor(["CAE1"], { more: { note: CLAIM } });
    const past = await tokenFor(["CAE1"], { expires: 1, more: { note: CLAIM } });
    const tls = { ca: authority.cert };
    const told: string[] = [];
    const hear = async (answer: Promise<string>, expected: RegExp): Promise<void> => {
      told.push(await answer);
      expect(told.at(-1)).toMatch(expected);
    };

    /** A registration, which makes a point of access: its token. */
    const registered = async (fr: string, how: object, poa?: string[]): Promise<string> => {
      const ae = await connectRegistree(wss, how);
      expect(await ae.register(fr, poa && { poa })).toMatchObject({ rsc: 2001 });
      ae.send(`{"op":2,"to":"x","rqi":"1","tkns":["${CLAIM}"],}`);
      expect(await ae.nextResponse()).toMatchObject({ rsc: 4000 });
      await ae.disconnect();
      const points = new RegExp(`"${gateway.http}/poa/([\\w-]{22})"`);
      return points.exec(cse.requests.at(-1)?.body ?? "")?.[1] ?? "";
    };
    const poa = [`http://me:${FOREIGN.password}@127.0.0.9:1/poa/${FOREIGN.token}`];
    const tokens = [
      await registered("CAE1", { tls, headers: { Authorization: BASIC } }, poa),
      await registered("CAE5", { tls: withKey("kiln-1", KEY, authority.cert) }),
      await registered("CAE6", { tls: { ...tls, cert: client.cert, key: client.key } }),
    ];
    const [token = ""] = tokens;

    const wrong = [WRONG, `Bearer ${WRONG_BEARER}`, past, `Digest username="${PASSWORD}"`];
    for (const Authorization of [BASIC, BEARER, jwt, ...wrong]) {
      const isRight = !wrong.includes(Authorization);
      const shown = { tls, headers: { ...HANDSHAKE, Authorization } };
      await hear(ask(wss.replace("wss:", "https:"), shown), isRight ? /^101/ : /^401/);
      const headers = { ...ONEM2M, "X-M2M-Origin": "CAE1", Authorization };
      const status = !isRight ? /^401/ : Authorization === BEARER ? /^403/ : /^200/;
      await hear(ask(`${gateway.http}/cse-in/x`, { headers }), status);
    }
    const withOther = { ...tls, cert: stranger.cert, key: stranger.key };
    for (const bad of [
      withKey("kiln-1", WRONG_KEY, authority.cert),
      withKey("kiln-2", KEY, authority.cert),
      withOther,
    ]) {
      const refused = connectRegistree(wss, { tls: bad }).catch(String);
      await hear(refused as Promise<string>, /Error/);
    }

    const point = { method: "POST", headers: { ...ONEM2M, "Content-Type": "application/json" } };
    const call = (path: string, more = {}): Promise<string> =>
      ask(`${gateway.http}${path}`, { ...point, body: SGN, ...more });
    await hear(call(`/poa/${token}`), /^202/);
    await hear(call(`/poa/${token}/CAE1?x=y`), /^202/);
    await hear(call(`/poa/${token}`, { method: "PUT" }), /^405/);
    await hear(call(`/poa/${token}`, { body: "{" }), /^400/);
    await hear(call(`/poa/${token}x`), /^404/);
    await hear(call(`/poa%2F${token}`), /^40/);
    await hear(call(`/poa/${token}/../../x`), /^40/);
    await hear(call(`//poa/${token}`), /^40/);
    const asOperator = await askAdmin(gateway, `Bearer ${ADMIN_TOKEN}`);
    expect(asOperator.filter((answer) => !answer.startsWith("200"))).toEqual([]);
    told.push(...asOperator, ...(await askAdmin(gateway, `Bearer ${WRONG_BEARER}`)));

    // Files that are wrong, and what is said of them on SIGHUP.
    const entries = readFileSync(file, "utf8");
    writeFileSync(file, `${entries}\n- { name: x, psk: "${KEY}", hash: ${PASSWORD}\n ]`);
    writeFileSync(server.keyFile, server.key.replace(/.{40}\n-----END/, "\n-----END"));
    process.kill(gateway.pid, "SIGHUP");
    await expect.poll(() => gateway.log()).toContain("was not reloaded");

    const said = [BASIC, BEARER, jwt, `Proxy-Authorization: ${WRONG}`, `POST /poa/${token}`];
    writeFileSync(crashText, ["invalid header value", ...said, server.key].join("\n"));
    process.kill(gateway.pid, "SIGUSR2");
    await expect.poll(() => gateway.log()).toContain("unexpected error");
    told.push(gateway.log());
    expect(gateway.log()).toContain("may not be called");
    await gateway.stop("SIGKILL");

    const [head = "", ...claims] = [jwt, past].flatMap((text) => text.slice(7).split("."));
    expect(head).toMatch(/^eyJ/);
    expectNoSecret(
      {
        password: PASSWORD,
        "wrong password": "wrong-pa55word",
        "bearer token": TOKEN,
        "token of operators": ADMIN_TOKEN,
        "wrong bearer token": WRONG_BEARER,
        "claim of a token": CLAIM,
        "pre-shared key": KEY,
        "wrong pre-shared key": WRONG_KEY,
        "key of the gateway": bytesIn(server.key).subarray(40, 70),
        "key of a client": bytesIn(client.key).subarray(40, 70),
        "password in a point of access": FOREIGN.password,
        "token in a point of access": FOREIGN.token,
        ...Object.fromEntries(tokens.map((one, at) => [`point of access ${at}`, one])),
        ...Object.fromEntries(
          claims.filter((part) => part !== head).map((part, at) => [`part ${at} of a token`, part]),
        ),
      },
      told,
    );
  });
});

describe("no secret is in what a gateway says of its proxy", () => {
  const PROXY_PASSWORD = "pa55word@of/proxy";
  const userOf = (password: string): string => `gate:${encodeURIComponent(password)}@`;
  /** Sends back what it was sent, wherever there is room for it. */
  const refusing = () =>
    startProxy(({ head, socket }) => {
      const [, shown = "none"] = /^proxy-authorization: (.*)$/im.exec(head) ?? [];
      const fields = `Proxy-Authenticate: Basic realm="${shown}"\r\nX-Was: ${shown}`;
      socket.end(
        `HTTP/1.1 407 ${shown}\r\n${fields}\r\nContent-Length: 60\r\n\r\n${shown.padEnd(60)}`,
      );
    });

  test("in a variable of the environment", async () => {
    const proxy = await refusing();
    const variable = `http://${userOf(PROXY_PASSWORD)}127.0.0.1:${proxy.port}`;
    const url = "ws://cse.test";
    const gateway = await runGateway({ cse: { url }, under: ["env", `http_proxy=${variable}`] });
    await proxy.asked(2);
    expect(proxy.heads.join()).toContain(Buffer.from(`gate:${PROXY_PASSWORD}`).toString("base64"));
    await expect.poll(() => gateway.log()).toContain("(407)");
    const answer = await ask(`${gateway.http}/cse-in`, { headers: ONEM2M });
    const diagnosis = await examined({ "cse.url": url }, { env: { http_proxy: variable } });
    expect(diagnosis.troubles).toEqual(["fault tunnel"]);
    const told = [
      answer,
      gateway.log(),
      JSON.stringify(diagnosis),
      ...(await askAdmin(gateway, "")),
    ];
    expectNoSecret({ "password for the proxy": PROXY_PASSWORD }, told);
  });

  test("in a file", async () => {
    const proxy = await refusing();
    const file = join(tempDir(), "proxy");
    writeFileSync(file, `gate:${PROXY_PASSWORD}\n`);
    const settings = {
      "cse.url": "http://cse.test",
      "proxy.url": `http://127.0.0.1:${proxy.port}`,
      "proxy.credentialsFile": file,
      "http.advertise": "http://gateway.test",
      "log.level": "trace",
    };
    const gateway = await startGateway(settings);
    const answer = await callHttp(gateway.http, { target: "/cse-in", headers: ONEM2M });
    expect(answer).toMatchObject({ rsc: 5103 });
    const loaded = loadConfig({ env: {}, flags: new Map(Object.entries(settings)) });
    const printed = "config" in loaded ? effectiveKeys(loaded.config) : [];
    expect(JSON.stringify(printed)).toContain(file);
    const diagnosis = await examined(settings);
    const told = [
      ...[answer.body, ...answer.rawHeaders, inspect(loaded, { depth: 20 })],
      ...[loaded, printed, diagnosis, gateway.log].map((each) => JSON.stringify(each)),
    ];
    expectNoSecret({ "password for the proxy": PROXY_PASSWORD }, told);
  });
});
