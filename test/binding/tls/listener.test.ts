import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { millis } from "../../../src/base/clock.ts";
import { type Authority, makeAuthority } from "../../helpers/authority.ts";
import { type Certificate, canMakeCertificates } from "../../helpers/certificate.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";
import { tempDir } from "../../helpers/temp-dir.ts";
import { ask, commonNameOf, sayPlainly, sourceOf, startListener } from "./listener-in.ts";

const own = ({ certFile, keyFile }: Certificate) => ({ certificates: certFile, keys: keyFile });

/** Who vouches for the server and for clients, and the keys of a listener that asks clients. */
function mutual(how: "optional" | "required" = "required") {
  const authority = makeAuthority("CA");
  const server = authority.issue("DNS:gw.test");
  const keys = { ...own(server), clientCertificates: how, clientCa: authority.certFile };
  const trusting = { ca: authority.cert, servername: "gw.test" };
  const as = ({ cert, key }: Certificate): ConnectionOptions => ({ ...trusting, cert, key });
  return { authority, keys, trusting, as };
}

const NOTHING = JSON.stringify({});

describe.skipIf(!canMakeCertificates())("TLS of a listener", () => {
  test("speaks 1.2 and 1.3, and nothing older (SE-01; TS-0003, 10.2)", async () => {
    const { authority, keys, trusting } = mutual("optional");
    const { port, results, requests } = await startListener(keys);
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const asked = await ask(port, { ...trusting, minVersion: version, maxVersion: version });
      expect(asked).toMatchObject({ proven: NOTHING, protocol: version });
    }
    const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL@SECLEVEL=0" } as const;
    expect((await ask(port, { ...trusting, ...old })).error).toBe("alert protocol version");
    expect(results).toEqual(["established", "established", "version"]);
    expect(requests.count).toBe(2);

    const newest = await startListener({
      ...own(authority.issue("DNS:gw.test")),
      minVersion: "TLSv1.3",
    });
    const asked = await ask(newest.port, { ...trusting, maxVersion: "TLSv1.2" });
    expect(asked.error).toBe("alert protocol version");
    expect((await ask(newest.port, trusting)).protocol).toBe("TLSv1.3");
  });

  test("a client that offers only ECDHE-ECDSA-AES128-SHA256 is served under profile ts-0003 alone (SE-02)", async () => {
    const authority = makeAuthority("CA");
    const keys = own(authority.issue("DNS:gw.test"));
    const trusting = { ca: authority.cert, servername: "gw.test", maxVersion: "TLSv1.2" } as const;
    const only = { ...trusting, ciphers: "ECDHE-ECDSA-AES128-SHA256" };
    const older = await startListener({ ...keys, profile: "ts-0003" });
    expect((await ask(older.port, only)).cipher).toBe("ECDHE-ECDSA-AES128-SHA256");
    const both = { ...only, ciphers: `${only.ciphers}:ECDHE-ECDSA-AES128-GCM-SHA256` };
    expect((await ask(older.port, both)).cipher).toBe("ECDHE-ECDSA-AES128-GCM-SHA256");
    const modern = await startListener(keys);
    expect((await ask(modern.port, only)).error).toBe("alert handshake failure");
    expect(modern.results).toEqual(["no-cipher"]);
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "with certificates required, %s without a good one gets no answer of HTTP (SE-03, SE-05)",
    async (version) => {
      const { authority, keys, trusting, as } = mutual();
      const revoked = authority.issue("URI://sp.test/id/CRevoked");
      authority.revoke(revoked);
      const listener = await startListener({ ...keys, crl: authority.revocationList() });
      const stranger = makeAuthority("Stranger").issue("URI://sp.test/id/CEvil");
      const ended = authority.issue("URI://sp.test/id/CEnded", { from: -3, until: -1 });
      const cases = [
        [trusting, "no-certificate"],
        [as(stranger), "bad-certificate"],
        [as(revoked), "revoked"],
        [as(ended), "bad-certificate"],
      ] as const;
      for (const [options] of cases) {
        const asked = await ask(listener.port, {
          ...options,
          minVersion: version,
          maxVersion: version,
        });
        expect(asked.proven).toBeUndefined();
        expect(asked.error).toBeDefined();
      }
      await listener.over(cases.length);
      expect(listener.results).toEqual(cases.map(([, result]) => result));
      expect(listener.requests.count).toBe(0);

      const good = authority.issue("URI://sp.test/id/CGood,DNS:good.test");
      const asked = await ask(listener.port, { ...as(good), maxVersion: version });
      const { certificate } = JSON.parse(asked.proven ?? "");
      expect(certificate).toEqual({
        uris: ["//sp.test/id/CGood"],
        names: ["good.test"],
        commonName: "__sp.test_id_CGood",
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
    },
  );

  test("with certificates optional, none is admitted and a bad one refused", async () => {
    const { authority, keys, trusting, as } = mutual("optional");
    const { port, results, requests, over } = await startListener(keys);
    expect((await ask(port, trusting)).proven).toBe(NOTHING);
    const stranger = makeAuthority("Stranger").issue("URI://sp.test/id/CEvil");
    expect((await ask(port, as(stranger))).proven).toBeUndefined();
    expect((await ask(port, as(authority.issue("DNS:a.test")))).proven).toContain("a.test");
    await over(3);
    expect(results).toEqual(["established", "bad-certificate", "established"]);
    expect(requests.count).toBe(2);
  });

  test("without asking for certificates nobody has proven anything, whatever is shown", async () => {
    const { authority, as } = mutual();
    const { port } = await startListener(own(authority.issue("DNS:gw.test")));
    expect((await ask(port, as(authority.issue("DNS:a.test")))).proven).toBe(NOTHING);
  });

  test.each(["required", "optional"] as const)(
    "a wildcard in a client's subjectAltName is refused, certificates being %s (ID-14; TS-0003, 10.1.1)",
    async (how) => {
      const { authority, keys, as } = mutual(how);
      const { port, requests, results } = await startListener(keys);
      for (const names of ["DNS:*.sp.test", "DNS:a.test,URI://sp.test/*"]) {
        expect((await ask(port, as(authority.issue(names)))).proven).toBeUndefined();
      }
      expect(results).toEqual(["bad-certificate", "bad-certificate"]);
      expect(requests.count).toBe(0);
    },
  );

  test("a revocation list past its end refuses everybody, and that is told once", async () => {
    const { authority, keys, as } = mutual();
    const crl = authority.revocationList({ from: -3, until: -1 });
    const { port, results, warnings, over } = await startListener({ ...keys, crl });
    const client = as(authority.issue("DNS:a.test"));
    for (const _ of [1, 2]) expect((await ask(port, client)).proven).toBeUndefined();
    await over(2);
    expect(results).toEqual(["crl-expired", "crl-expired"]);
    expect(warnings).toHaveLength(1);
  });

  test("each client gets the certificate for the host it names; an exact name is stronger than a wildcard, all others get the first", async () => {
    const authority = makeAuthority("CA");
    const [first, wild, exact] = ["DNS:first.test", "DNS:*.b.test", "DNS:a.b.test"].map((names) =>
      authority.issue(names),
    ) as [Certificate, Certificate, Certificate];
    const { port } = await startListener({
      certificates: [first, wild, exact].map(({ certFile }) => certFile).join(),
      keys: [exact, first, wild].map(({ keyFile }) => keyFile).join(),
      clientCertificates: "required",
      clientCa: authority.certFile,
      crl: authority.revocationList(),
    });
    const client = authority.issue("DNS:client.test");
    const { cert, key } = client;
    const shownTo = async (servername: string) =>
      (
        await ask(port, {
          ...{ ca: authority.cert, servername, cert, key },
          checkServerIdentity: () => undefined,
        })
      ).shown;
    for (const [host, expected] of [
      ["first.test", "first.test"],
      ["a.b.test", "a.b.test"],
      ["A.B.Test", "a.b.test"],
      ["other.b.test", "*.b.test"],
      ["x.other.b.test", "first.test"],
      ["b.test", "first.test"],
      ["", "first.test"],
    ] as const) {
      expect([host, await shownTo(host)]).toEqual([host, expected]);
    }
    // Who is asked for a certificate does not depend on the host.
    authority.revoke(client);
    expect(await ask(port, { ca: authority.cert, servername: "a.b.test" })).toMatchObject({
      proven: undefined,
    });
  });

  test("what is no TLS, or does not get on with it, is closed without an answer", async () => {
    const authority = makeAuthority("CA");
    const listener = await startListener(own(authority.issue("DNS:gw.test")), {
      handshakeTimeout: millis(50),
    });
    expect(await sayPlainly(listener.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")).not.toContain(
      "HTTP",
    );
    expect(await sayPlainly(listener.port, "")).toBe("");
    expect(listener.results).toEqual(["not-tls", "timeout"]);
    const distrusting = await ask(listener.port, { servername: "gw.test" });
    expect(distrusting.error).toMatch(/UNABLE_TO|SELF_SIGNED/);
    await listener.over(3);
    expect(listener.requests.count).toBe(0);
  });
});

/** A connection that is held open. */
async function heldOpen(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, ...options });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  return socket;
}

/** The answer to a request on it. */
async function askOn(socket: TLSSocket): Promise<string> {
  socket.write("GET / HTTP/1.1\r\nHost: gw.test\r\n\r\n");
  return await new Promise((resolve) => socket.once("data", (part) => resolve(String(part))));
}

/** Files that can be replaced, and the keys that name them. */
function replaceable(certificate: Certificate) {
  const folder = tempDir();
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const put = ({ cert, key }: Pick<Certificate, "cert" | "key">): void => {
    writeFileSync(certFile, cert);
    writeFileSync(keyFile, key);
  };
  put(certificate);
  return { put, keys: { certificates: certFile, keys: keyFile }, certFile };
}

/** Moves time until the files have been looked at, and read if they have changed. */
async function until(clock: ManualClock, is: () => boolean): Promise<void> {
  while (!is()) {
    clock.advance(5_000);
    await new Promise((again) => setTimeout(again, 2));
  }
}

describe.skipIf(!canMakeCertificates())("files that are read again", () => {
  function authorised(): { authority: Authority; trusting: ConnectionOptions } {
    const authority = makeAuthority("CA");
    return { authority, trusting: { ca: authority.cert, checkServerIdentity: () => undefined } };
  }

  test("a new certificate is for new connections; open ones go on", async () => {
    const { authority, trusting } = authorised();
    const files = replaceable(authority.issue("DNS:old.test"));
    const { listener, port, reloads } = await startListener(files.keys);
    const before = await heldOpen(port, trusting);
    expect(commonNameOf(before)).toBe("old.test");
    expect(listener.expiries).toHaveLength(1);

    files.put(authority.issue("DNS:new.test", { from: -1, until: 5 }));
    const [expires] = listener.expiries;
    expect(listener.reload()).toBeUndefined();
    expect(listener.expiries[0]).toBeLessThan(expires ?? 0);
    for (const servername of ["", "new.test", "other.test"]) {
      expect((await ask(port, { ...trusting, servername })).shown).toBe("new.test");
    }
    expect(await askOn(before)).toContain("HTTP/1.1 200");
    expect(reloads).toEqual([undefined]);
  });

  test("a file that is wrong leaves all as it was, and is told of", async () => {
    const { authority, trusting } = authorised();
    const files = replaceable(authority.issue("DNS:old.test"));
    const { listener, port, reloads } = await startListener(files.keys);
    const other = authority.issue("DNS:new.test");
    for (const [pieces, why] of [
      [{ cert: other.cert, key: authority.issue("DNS:x.test").key }, /whose key is neither there/],
      [{ cert: other.cert.slice(0, 300), key: other.key }, /has no certificate in PEM/],
    ] as const) {
      files.put(pieces);
      expect(listener.reload()).toMatch(why);
      expect((await ask(port, trusting)).shown).toBe("old.test");
    }
    expect(reloads).toEqual([expect.stringMatching(/^http\.tls\./), expect.any(String)]);
  });

  test("files are looked at now and then, and read once they have come to rest", async () => {
    const { authority, trusting } = authorised();
    const files = replaceable(authority.issue("DNS:old.test"));
    const clock = new ManualClock();
    const { port, reloads } = await startListener(files.keys, { clock });
    let looks = 0;
    await until(clock, () => {
      looks += 1;
      return looks > 4;
    });
    expect(reloads).toEqual([]);
    files.put(authority.issue("DNS:new.test"));
    await until(clock, () => reloads.length > 0);
    expect(reloads).toEqual([undefined]);
    expect((await ask(port, trusting)).shown).toBe("new.test");
  });

  test("a link that is put elsewhere is a change of the files behind it, as Kubernetes makes it", async () => {
    const { authority, trusting } = authorised();
    const folder = tempDir();
    for (const name of ["old", "new"]) {
      const { certFile, keyFile } = authority.issue(`DNS:${name}.test`);
      const data = join(folder, `..${name}`);
      execFileSync("mkdir", [data]);
      copyFileSync(certFile, join(data, "tls.crt"));
      copyFileSync(keyFile, join(data, "tls.key"));
    }
    symlinkSync("..old", join(folder, "..data"));
    for (const name of ["tls.crt", "tls.key"]) symlinkSync(`..data/${name}`, join(folder, name));
    const clock = new ManualClock();
    const keys = { certificates: join(folder, "tls.crt"), keys: join(folder, "tls.key") };
    const { port, reloads } = await startListener(keys, { clock });
    symlinkSync("..new", join(folder, "..next"));
    renameSync(join(folder, "..next"), join(folder, "..data"));
    await until(clock, () => reloads.length > 0);
    expect((await ask(port, trusting)).shown).toBe("new.test");
  });

  test.each(["TLSv1.2", "TLSv1.3"] as const)(
    "who is in a new revocation list is refused at the next connection, also one that resumes (%s)",
    async (version) => {
      const { authority, keys, as } = mutual();
      const crl = join(tempDir(), "crl.pem");
      copyFileSync(authority.revocationList(), crl);
      const { listener, port, results, over } = await startListener({ ...keys, crl });
      const client = authority.issue("DNS:a.test");
      const options = { ...as(client), minVersion: version, maxVersion: version };
      const before = await heldOpen(port, options);
      let session: Buffer | undefined = before.getSession();
      before.on("session", (newer: Buffer) => {
        session = newer;
      });
      expect(await askOn(before)).toContain("HTTP/1.1 200");
      const resuming = { ...options, ...(session && { session }) };
      expect((await heldOpen(port, resuming)).isSessionReused()).toBe(false);

      authority.revoke(client);
      copyFileSync(authority.revocationList(), crl);
      expect(listener.reload()).toBeUndefined();
      expect((await ask(port, options)).proven).toBeUndefined();
      expect((await ask(port, resuming)).proven).toBeUndefined();
      await over(4);
      expect(results).toEqual(["established", "established", "revoked", "revoked"]);
      expect(await askOn(before)).toContain("HTTP/1.1 200");
    },
  );

  test("a listener of several servers is as strict at each, and renews each", async () => {
    const { authority, keys, as, trusting } = mutual();
    const files = replaceable(authority.issue("DNS:old.test"));
    const { listener } = await startListener({ ...keys, ...files.keys });
    const second = listener.createServer({}, (_request, response) => response.end("second"));
    second.listen(0, "127.0.0.1");
    await once(second, "listening");
    onTestFinished(() => void second.close());
    const { port } = second.address() as AddressInfo;
    files.put(authority.issue("DNS:new.test"));
    listener.reload();
    expect((await ask(port, trusting)).proven).toBeUndefined();
    const anyName = { checkServerIdentity: () => undefined };
    const good = { ...as(authority.issue("DNS:a.test")), ...anyName };
    expect(await ask(port, good)).toMatchObject({ proven: "second", shown: "new.test" });
  });

  test("what is asked of clients can change while it runs", async () => {
    const { authority, keys, trusting } = mutual();
    const { certificates, keys: key } = keys;
    const { listener, port } = await startListener({ certificates, keys: key });
    expect((await ask(port, trusting)).proven).toBe(NOTHING);
    listener.prepare(sourceOf(keys))();
    expect((await ask(port, trusting)).proven).toBeUndefined();
    const { cert, key: clientKey } = authority.issue("DNS:a.test");
    expect((await ask(port, { ...trusting, cert, key: clientKey })).proven).toContain("a.test");
  });
});
