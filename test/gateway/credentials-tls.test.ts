import { writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import type { ConnectionOptions } from "node:tls";
import { describe, expect, test } from "vitest";
import { makeAuthority } from "../helpers/authority.ts";
import { type Certificate, canMakeCertificates } from "../helpers/certificate.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { asked, type Front, gatewayUrlIn, ok, registerCse, startFront, VERIFY } from "./front.ts";

const AE1 = "URI://sp.test/id-in/CAE1";
const KEY = "00112233445566778899aabbccddeeff";
const LAMP = `- { name: lamp, originators: [CAE5], psk: { identity: lamp-1, key: "${KEY}" } }`;

/** A front whose WebSocket face asks for certificates, and certificates for its peers. */
async function secured(settings: Readonly<Record<string, string>> = {}): Promise<{
  readonly front: Front;
  /** For whoever has a certificate for these names. */
  readonly as: (names: string) => { readonly tls: ConnectionOptions };
  readonly stranger: { readonly tls: ConnectionOptions };
}> {
  const authority = makeAuthority("CA");
  const server = authority.issue("DNS:localhost,IP:127.0.0.1");
  const file = join(tempDir(), "credentials.yaml");
  writeFileSync(
    file,
    `- { name: node-1, originators: [CAE1, CAE2], certificate: { dns: node-1.field.test } }
${LAMP}`,
  );
  const front = await startFront({
    "cse.spId": "sp.test",
    "credentials.file": file,
    ...faceOf("ws", server, authority.certFile),
    ...settings,
  });
  const ca = authority.cert;
  return {
    front,
    as: (names) => {
      const { cert, key } = authority.issue(names);
      return { tls: { ca, cert, key } };
    },
    stranger: { tls: { ca } },
  };
}

const faceOf = (face: "http" | "ws", { certFile, keyFile }: Certificate, clientCa: string) => ({
  [`${face}.tls.certificates`]: certFile,
  [`${face}.tls.keys`]: keyFile,
  [`${face}.tls.clientCa`]: clientCa,
  [`${face}.tls.clientCertificates`]: "optional",
});

describe.skipIf(!canMakeCertificates())("who comes with a certificate", () => {
  test("of an AE is sent what is held for it before it has said a word (ID-01)", async () => {
    const { front, as } = await secured();
    const { ae, point } = await front.ae("CAE1", as(AE1));
    await ae.disconnect();
    expect(await front.notify(point)).toMatchObject({ status: 202, rsc: 1000 });
    const returned = await front.connect({ ...as(AE1), answer: ok });
    expect(await returned.nextRequest()).toMatchObject({ op: 5 });
  });

  test("of an AE and names another in its handshake is refused with 403 (ID-05)", async () => {
    const { front, as } = await secured();
    await expect(front.connect({ ...as(AE1), origin: "CAE2" })).rejects.toThrow("403");
  });

  test("of an AE speaks for that AE only (ID-06)", async () => {
    const { front, as } = await secured();
    const { ae } = await front.ae("CAE1", as(AE1));
    const before = asked(front.cse).length;
    expect(await ae.request({ op: 2, to: "cse-in", fr: "CAE2" })).toMatchObject({ rsc: 4106 });
    expect(asked(front.cse)).toHaveLength(before);
  });

  test("of a node speaks for the AEs that its entry has (ID-07)", async () => {
    const { front, as } = await secured();
    const node = await front.connect(as("DNS:node-1.field.test"));
    expect(await node.register("CAE1")).toMatchObject({ rsc: 2001 });
    expect(await node.register("CAE2")).toMatchObject({ rsc: 2001 });
    const before = asked(front.cse).length;
    expect(await node.register("CAE3")).toMatchObject({ rsc: 4106 });
    expect(await node.request({ op: 2, to: "cse-in", fr: "CAE3" })).toMatchObject({ rsc: 4106 });
    expect(asked(front.cse)).toHaveLength(before);
  });

  test("takes its AE over from the connection it had before (ID-08, D-3.3)", async () => {
    const { front, as } = await secured();
    const { ae: first, point } = await front.ae("CAE1", as(AE1));
    const second = await front.connect({ ...as(AE1), answer: ok });
    expect(await first.closed).toMatchObject({ code: 4001 });
    expect(await front.notify(point, VERIFY)).toMatchObject({ status: 200, rsc: 2000 });
    expect(await second.nextRequest()).toMatchObject({ op: 5 });
  });

  test("keeps its AE from whoever only claims to be it, even in a trusted network (ID-09, D-3.3)", async () => {
    const { front, as, stranger } = await secured({ "ws.trustedNetworks": "127.0.0.0/8" });
    const { ae, point } = await front.ae("CAE1", { ...as(AE1), answer: ok });
    const claimant = await front.connect({ ...stranger, origin: "CAE1" });
    const request = { op: 2, to: "cse-in", fr: "CAE1" };
    expect(await claimant.request(request)).toMatchObject({ rsc: 4106 });
    expect(await front.notify(point, VERIFY)).toMatchObject({ status: 200, rsc: 2000 });
    expect(await ae.nextRequest()).toMatchObject({ op: 5 });
  });

  test("of a CSE registers it, and relays for what is below it (ID-15, ID-16, RG-18)", async () => {
    const { front, as } = await secured();
    const mn = await front.connect(as("DNS:id-mn.id-in.sp.test"));
    expect(await registerCse(mn, "/id-mn")).toMatchObject({ rsc: 2001 });
    const other = await front.connect(as("DNS:id-b.id-in.sp.test"));
    expect(await registerCse(other, "/id-b")).toMatchObject({ rsc: 2001 });
    const ask = (fr: string) => mn.request({ op: 2, to: "cse-in", fr });
    expect(await ask("/id-mn/CAE9")).toMatchObject({ rsc: 2000 });
    expect(await ask("/id-below/CAE9")).toMatchObject({ rsc: 2000 });
    expect(await ask("/id-b")).toMatchObject({ rsc: 4106 });
  });

  test("of a CSE is all it needs: csi bound, poa rewritten, rr untouched (RG-18, S17; TS-0003, 10.1.1.7)", async () => {
    const { front, as } = await secured();
    const mn = await front.connect({ ...as("DNS:id-mn.id-in.sp.test"), answer: ok });
    const poa = ["ws://default"];
    const response = await registerCse(mn, "/id-mn", { poa });
    expect(response).toMatchObject({ rsc: 2001, pc: { "m2m:csr": { poa } } });
    const url = gatewayUrlIn(front.poaAtCse(), front.gateway);
    expect(JSON.parse(front.cse.requests.at(-1)?.body ?? "")).toEqual({
      "m2m:csr": { csi: "/id-mn", cb: "/id-mn/cse", rr: true, srv: ["3"], poa: [url] },
    });
    const point = new URL(url).pathname;
    const answer = await front.notify(`${point}/~/id-mn/cse/x`);
    expect(answer).toMatchObject({ status: 200, rsc: 2000 });
    expect(await mn.nextRequest()).toMatchObject({ op: 5, to: "/id-mn/cse/x" });
  });

  test("gets an end-to-end secured primitive as it was sent, byte for byte (SE-07; TS-0003, 8.4)", async () => {
    const { front, as } = await secured();
    const { ae, point } = await front.ae("CAE1", { ...as(AE1), answer: ok });
    const sealed =
      '{"m2m:seci":{"sit" :3, "esp":"eyJhbGciOiJkaXIi\\u0066Q..0JK_-.\\/w==", "n":1.10}}';
    expect(await front.notify(point, { body: sealed })).toMatchObject({ status: 200, rsc: 2000 });
    await ae.nextRequest();
    expect(ae.frames.at(-1)?.text).toContain(`"pc":${sealed}`);
  });

  test("of one CSE does not register another (ID-16)", async () => {
    const { front, as } = await secured();
    const mn = await front.connect(as("DNS:id-mn.id-in.sp.test"));
    expect(await registerCse(mn, "/id-b")).toMatchObject({ rsc: 4106 });
    expect(asked(front.cse)).toEqual([]);
  });

  test("of a CSE that relays registers nobody in another name (ID-16; TS-0001, 10.2.2.2)", async () => {
    const { front, as } = await secured();
    const mn = await front.connect(as("DNS:id-mn.id-in.sp.test"));
    expect(await registerCse(mn, "/id-mn")).toMatchObject({ rsc: 2001 });
    const before = asked(front.cse).length;
    expect(await mn.register("CAE1")).toMatchObject({ rsc: 4106 });
    expect(await registerCse(mn, "/id-b")).toMatchObject({ rsc: 4106 });
    expect(asked(front.cse)).toHaveLength(before);
    expect(await mn.register("/id-mn/CAE9")).toMatchObject({ rsc: 2001 });
  });

  test("of one CSE does not register another by its content (ID-16; TS-0004, 7.4.4.2.1)", async () => {
    const { front, as } = await secured();
    const mn = await front.connect(as("DNS:id-mn.id-in.sp.test"));
    const csr = { csi: "/id-b", cb: "/id-b/cse", rr: true, srv: ["3"] };
    const create = { op: 1, to: "cse-in", ty: 16, fr: "/id-mn", pc: { "m2m:csr": csr } };
    expect(await mn.request(create)).toMatchObject({ rsc: 4106 });
    expect(asked(front.cse)).toEqual([]);
  });

  test("that names nobody is refused, as whoever has none is: 403, since no scheme of HTTP would help", async () => {
    const { front, as, stranger } = await secured();
    await expect(front.connect(as("DNS:somebody.test"))).rejects.toThrow("403");
    await expect(front.connect(stranger)).rejects.toThrow("403");
  });
});

describe.skipIf(!canMakeCertificates())("who comes with a pre-shared key", () => {
  const withKey = (identity: string, key: string): { readonly tls: ConnectionOptions } => ({
    tls: {
      pskCallback: () => ({ identity, psk: Buffer.from(key, "hex") }),
      ciphers: "PSK-AES128-CBC-SHA256",
      maxVersion: "TLSv1.2",
      checkServerIdentity: () => undefined,
    },
  });

  test("speaks for the AE of its entry (TS-0003, 8.2.2.1)", async () => {
    const { front } = await secured({ "ws.tls.profile": "ts-0003" });
    const lamp = await front.connect(withKey("lamp-1", KEY));
    expect(await lamp.register("CAE5")).toMatchObject({ rsc: 2001 });
    expect(await lamp.register("CAE1")).toMatchObject({ rsc: 4106 });
  });

  test.each([
    ["another key", "lamp-1", KEY.replace("00", "01")],
    ["an identity that nobody has", "lamp-2", KEY],
  ])("with %s gets no connection", async (_what, identity, key) => {
    const { front } = await secured({ "ws.tls.profile": "ts-0003" });
    await expect(front.connect(withKey(identity, key))).rejects.toThrow();
  });

  test("is known from the reload on that brings the first key, and a stranger again after the last has gone", async () => {
    const server = makeAuthority("CA").issue("DNS:localhost");
    const file = join(tempDir(), "credentials.yaml");
    writeFileSync(
      file,
      `- { name: app, originators: [CApp], bearer: { hash: "${"ab".repeat(32)}" } }`,
    );
    const keys = { "ws.tls.certificates": server.certFile, "ws.tls.keys": server.keyFile };
    const front = await startFront({
      ...keys,
      "credentials.file": file,
      "ws.tls.profile": "ts-0003",
    });
    await expect(front.connect(withKey("lamp-1", KEY))).rejects.toThrow();
    writeFileSync(file, LAMP);
    expect(await front.gateway.reload()).toEqual({ live: ["credentials.file"], restart: [] });
    const lamp = await front.connect(withKey("lamp-1", KEY));
    expect(await lamp.register("CAE5")).toMatchObject({ rsc: 2001 });
    writeFileSync(file, "[]");
    await front.gateway.reload();
    expect(await lamp.closed).toMatchObject({ code: 1008 });
    await expect(front.connect(withKey("lamp-1", KEY))).rejects.toThrow();
  });

  test("needs no certificate at the gateway (TS-0003, 8.2.2.1)", async () => {
    const file = join(tempDir(), "credentials.yaml");
    writeFileSync(file, LAMP);
    const settings = { "credentials.file": file, "ws.tls.pskOnly": "true" };
    const front = await startFront({ ...settings, "ws.tls.profile": "ts-0003" });
    expect(front.gateway.ws).toMatch(/^wss:/);
    const lamp = await front.connect(withKey("lamp-1", KEY));
    expect(await lamp.register("CAE5")).toMatchObject({ rsc: 2001 });
    await expect(front.connect({ tls: { rejectUnauthorized: false } })).rejects.toThrow();
    await expect(front.connect(withKey("lamp-2", KEY))).rejects.toThrow();
  });
});

describe.skipIf(!canMakeCertificates())("over HTTP with certificates", () => {
  test("an application asks in the name of its certificate, and in no other (SE-05, SE-06)", async () => {
    const authority = makeAuthority("CA");
    const server = authority.issue("DNS:localhost,IP:127.0.0.1");
    const front = await startFront({
      "cse.spId": "sp.test",
      ...faceOf("http", server, authority.certFile),
    });
    const { cert, key } = authority.issue("URI://sp.test/id-in/CApp");
    const ask = (fr: string, shown: object): Promise<string> =>
      new Promise((resolve, reject) => {
        const headers = { "X-M2M-Origin": fr, "X-M2M-RI": "r1", "X-M2M-RVI": "3" };
        const options = { headers, ca: authority.cert, agent: false, ...shown };
        get(`${front.gateway.http}/cse-in/x`, options, (response) => {
          response.resume();
          resolve(`${response.statusCode} ${response.headers["x-m2m-rsc"]}`);
        }).on("error", reject);
      });
    expect(await ask("CApp", { cert, key })).toBe("200 2000");
    expect(await ask("CEvil", { cert, key })).toBe("403 4106");
    expect(await ask("CApp", {})).toBe("403 4106");
    expect(asked(front.cse)).toEqual(["GET /cse-in/x"]);
  });
});
