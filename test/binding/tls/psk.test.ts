import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as secure } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ListenerTls } from "../../../src/base/tls.ts";
import { makeAuthority } from "../../helpers/authority.ts";
import { canMakeCertificates } from "../../helpers/certificate.ts";
import { ask, sourceOf, startListener } from "./listener-in.ts";

const KEY = randomBytes(16);
const pskKeyOf = (identity: string) => (identity === "device-1" ? KEY : undefined);
const BY_PSK = JSON.stringify({ pskIdentity: "device-1" });

/** A client that comes with a pre-shared key, and takes no certificate. */
const withKey = (
  identity: string,
  psk: Uint8Array,
  version: "TLSv1.2" | "TLSv1.3",
  ciphers = version === "TLSv1.2" ? "PSK" : "TLS_AES_128_GCM_SHA256",
): ConnectionOptions => ({
  pskCallback: () => ({ identity, psk }),
  checkServerIdentity: () => undefined,
  minVersion: version,
  maxVersion: version,
  ciphers,
});

describe.skipIf(!canMakeCertificates())("pre-shared keys (TS-0003, 8.2.2.1)", () => {
  const files = (more: Record<string, string> = {}) => {
    const authority = makeAuthority("CA");
    const { certFile, keyFile } = authority.issue("DNS:gw.test");
    return { authority, keys: { certificates: certFile, keys: keyFile, ...more } };
  };

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "in %s the right key proves the identity; a wrong one and an unknown identity fail alike",
    async (version) => {
      const { port, results, requests } = await startListener(files().keys, { pskKeyOf });
      expect((await ask(port, withKey("device-1", KEY, version))).proven).toBe(BY_PSK);
      const wrong = await ask(port, withKey("device-1", randomBytes(16), version));
      const unknown = await ask(port, withKey("device-2", KEY, version));
      expect(wrong.proven).toBeUndefined();
      expect(wrong.error).toMatch(/^alert /);
      expect(unknown).toEqual(wrong);
      expect(results).toEqual(["established", "bad-psk", "bad-psk"]);
      expect(requests.count).toBe(1);
    },
  );

  test("an identity is not proven by naming it: a client whose hash no key fits falls back on the certificate", async () => {
    const { authority, keys } = files();
    const { port } = await startListener(keys, { pskKeyOf });
    const asked = await ask(port, {
      ...withKey("device-1", randomBytes(16), "TLSv1.3", "TLS_AES_256_GCM_SHA384"),
      ca: authority.cert,
    });
    expect(asked.proven).toBe(JSON.stringify({}));
  });

  test("the key stands for the certificate where one is required, and those with neither are refused", async () => {
    const { authority, keys } = files();
    const { port } = await startListener(
      { ...keys, clientCertificates: "required", clientCa: authority.certFile },
      { pskKeyOf },
    );
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      expect((await ask(port, withKey("device-1", KEY, version))).proven).toBe(BY_PSK);
    }
    const trusting = { ca: authority.cert, servername: "gw.test" };
    expect((await ask(port, trusting)).proven).toBeUndefined();
    const bypass = withKey("device-1", KEY, "TLSv1.3", "TLS_AES_256_GCM_SHA384");
    expect((await ask(port, { ...bypass, ...trusting })).proven).toBeUndefined();
  });

  test("TLS_PSK_WITH_AES_128_CBC_SHA256 is offered under profile ts-0003 alone, and last (TS-0003, 10.2)", async () => {
    const plain = withKey("device-1", KEY, "TLSv1.2", "PSK-AES128-CBC-SHA256");
    const modern = await startListener(files().keys, { pskKeyOf });
    expect((await ask(modern.port, plain)).proven).toBeUndefined();
    const older = await startListener(files({ profile: "ts-0003" }).keys, { pskKeyOf });
    expect(await ask(older.port, plain)).toMatchObject({
      proven: BY_PSK,
      cipher: "PSK-AES128-CBC-SHA256",
    });
    const both = { ...plain, ciphers: "PSK-AES128-CBC-SHA256:ECDHE-PSK-AES128-CBC-SHA256" };
    expect((await ask(older.port, both)).cipher).toBe("ECDHE-PSK-AES128-CBC-SHA256");
  });

  test("where there are none, an identity is no reason to look for its key", async () => {
    const { port, results } = await startListener(files().keys);
    expect((await ask(port, withKey("device-1", KEY, "TLSv1.2"))).proven).toBeUndefined();
    expect(results).toEqual(["no-cipher"]);
  });

  test("they come and go while it runs", async () => {
    const { keys } = files();
    const { listener, port } = await startListener(keys, { pskKeyOf, source: sourceOf(keys) });
    const provenNow = async () => (await ask(port, withKey("device-1", KEY, "TLSv1.2"))).proven;
    expect(await provenNow()).toBeUndefined();
    listener.prepare(sourceOf(keys, true))();
    expect(await provenNow()).toBe(BY_PSK);
    listener.prepare(sourceOf(keys))();
    expect(await provenNow()).toBeUndefined();
  });

  test("a session of before does not pass for a key, where the connection was opened before, too", async () => {
    const { authority, keys } = files();
    const { listener, port } = await startListener(keys, { pskKeyOf, source: sourceOf(keys) });
    const trusting = { ca: authority.cert, servername: "gw.test" };
    const session = await sessionAt(port, trusting);
    expect(await isResumed({ socket: await connected(port), session, ...trusting })).toBe(true);
    const opened = await connected(port);
    listener.prepare(sourceOf(keys, true))();
    for (const socket of [opened, await connected(port)]) {
      expect(await isResumed({ socket, session, ...trusting })).toBe(false);
    }
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "in %s a listener without a certificate has them alone",
    async (version) => {
      const bare: ListenerTls = {
        identities: [],
        clientCertificates: "none",
        clientCa: [],
        crl: [],
        preSharedKeys: true,
        minVersion: "TLSv1.2",
        profile: "modern",
      };
      const source = { files: [], read: () => ({ tls: bare }) };
      const { port, results } = await startListener({}, { pskKeyOf, source });
      expect((await ask(port, withKey("device-1", KEY, version))).proven).toBe(BY_PSK);
      const others = [withKey("device-1", randomBytes(16), version), { rejectUnauthorized: false }];
      for (const options of others) expect((await ask(port, options)).proven).toBeUndefined();
      expect(results).toEqual(["established", "bad-psk", "no-cipher"]);
    },
  );
});

/** A connection on which the server waits for TLS. */
async function connected(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

async function sessionAt(port: number, options: ConnectionOptions): Promise<Buffer> {
  const socket = secure({ port, host: "127.0.0.1", ...options });
  onTestFinished(() => void socket.destroy());
  const [session] = await once(socket, "session");
  return session;
}

async function isResumed(options: ConnectionOptions): Promise<boolean> {
  const socket = secure(options);
  await once(socket, "secureConnect");
  return socket.isSessionReused();
}
