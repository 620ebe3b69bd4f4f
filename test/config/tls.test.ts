import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { describeFault } from "../../src/config/settings.ts";
import { clientTls, listenerTls } from "../../src/config/tls-sources.ts";
import { makeAuthority } from "../helpers/authority.ts";
import { canMakeCertificates, makeCertificate } from "../helpers/certificate.ts";
import { pemOf } from "../helpers/pem.ts";
import { tempDir } from "../helpers/temp-dir.ts";

type Flags = Readonly<Record<string, string>>;

const load = (flags: Flags) => loadConfig({ env: {}, flags: new Map(Object.entries(flags)) });

function configOf(flags: Flags) {
  const result = load(flags);
  if ("faults" in result) throw new Error(result.faults.map(describeFault).join("\n"));
  return result.config;
}

function faultsOf(flags: Flags): string[] {
  const result = load(flags);
  return "faults" in result ? result.faults.map(describeFault) : [];
}

function file(text: string): string {
  const path = join(tempDir(), "file.pem");
  writeFileSync(path, text);
  return path;
}

const LAMP = `- { name: lamp, originators: [CAE5], psk: { identity: lamp-1, key: "${"ab".repeat(16)}" } }`;

describe("keys that make no sense alone", () => {
  test("without a certificate nothing is secured, whatever else is said", () => {
    for (const [key, value] of [
      ["keys", file("x")],
      ["clientCertificates", "required"],
    ] as const) {
      expect(faultsOf({ [`ws.tls.${key}`]: value })).toContain(
        `--ws.tls.${key}: ws.tls.certificates: is required, because other keys of ws.tls are set and nothing is secured without a certificate`,
      );
    }
  });

  test("a file that is not there is a fault of its key", () => {
    expect(faultsOf({ "admin.tls.certificates": "/none/a.pem" })).toEqual([
      "--admin.tls.certificates: admin.tls.certificates: names a file that cannot be read: ENOENT (/none/a.pem)",
    ]);
    expect(faultsOf({ "proxy.tls.ca": "/none/a.pem" })).toEqual([
      "--proxy.tls.ca: proxy.tls.ca: names a file that cannot be read: ENOENT (/none/a.pem)",
    ]);
  });

  test("beyond loopback a listener has TLS, or says that it does without (D-8.1)", () => {
    const [fault, ...others] = faultsOf({ "ws.listen": "0.0.0.0:7000" });
    expect(others).toEqual([]);
    expect(fault).toContain("0.0.0.0:7000 is not on loopback and has no TLS");
    expect(fault).toContain(
      "give ws.tls.certificates, best with ws.tls.clientCertificates: required",
    );
    expect(faultsOf({ "ws.listen": "0.0.0.0:7000", "ws.insecure": "true" })).toEqual([]);
  });

  test("a listener without a certificate has TLS for pre-shared keys, where there are some", () => {
    const credentials = file(LAMP);
    const flags = { "ws.tls.pskOnly": "true", "credentials.file": credentials };
    const listen = { "ws.listen": "0.0.0.0:7000" };
    const read = listenerTls(configOf({ ...flags, ...listen }), "ws")?.read();
    expect(read).toMatchObject({ tls: { identities: [], preSharedKeys: true } });
    expect(faultsOf({ "ws.tls.pskOnly": "true", ...listen })).toEqual([
      expect.stringContaining(
        "ws.tls.pskOnly: is true, and credentials.file has no pre-shared key",
      ),
    ]);
    expect(faultsOf({ ...flags, "ws.listen": "127.0.0.1:8088" })).toEqual([
      expect.stringContaining("HTTP has no pre-shared keys: give ws.listen a port of its own"),
    ]);
  });
});

describe.skipIf(!canMakeCertificates())("with openssl", () => {
  test("pre-shared keys are taken beside a certificate, or alone", () => {
    const { certFile, keyFile } = makeCertificate("DNS:gw.test");
    const credentials = file(LAMP);
    const tls = { "ws.tls.certificates": certFile, "ws.tls.keys": keyFile };
    const config = configOf({ ...tls, "credentials.file": credentials });
    expect(listenerTls(config, "ws")?.read()).toMatchObject({ tls: { preSharedKeys: true } });
    const flags = { ...tls, "credentials.file": credentials, "ws.tls.pskOnly": "true" };
    expect(faultsOf(flags)).toEqual([
      expect.stringContaining("ws.tls.pskOnly: is true, and ws.tls.certificates are given"),
    ]);
  });

  test("beyond loopback a certificate is enough, and one port has one", () => {
    const { certFile, keyFile } = makeCertificate("DNS:gw.test");
    const tls = { "http.tls.certificates": certFile, "http.tls.keys": keyFile };
    const listen = { "http.listen": "0.0.0.0:7000", "ws.listen": "0.0.0.0:7000" };
    const config = configOf({ ...tls, ...listen });
    expect(listenerTls(config, "ws")?.files).toEqual([certFile, keyFile]);
    expect(listenerTls(config, "admin")).toBeUndefined();
    expect(faultsOf({ ...tls, ...listen, "ws.listen": "0.0.0.0:7001" })).toHaveLength(1);
  });

  test("one port cannot have two", () => {
    const [one, other] = [makeCertificate("DNS:a.test"), makeCertificate("DNS:b.test")];
    const flags = {
      "ws.listen": "127.0.0.1:8088",
      "http.tls.certificates": one.certFile,
      "http.tls.keys": one.keyFile,
      "ws.tls.certificates": one.certFile,
      "ws.tls.keys": one.keyFile,
    };
    expect(faultsOf(flags)).toEqual([]);
    const [fault, ...others] = faultsOf({ ...flags, "ws.tls.certificates": other.certFile });
    expect(others).toEqual([]);
    expect(fault).toContain("ws.tls: says something else than http.tls");
    expect(fault).toContain("leave ws.tls out");
  });

  test("each certificate is joined with its key, wherever that is; nothing that prints it prints a key", () => {
    const [one, two] = [
      makeCertificate("DNS:A.test,DNS:*.b.test"),
      makeCertificate("IP:127.0.0.1"),
    ];
    const both = file(`${two.key}\n${two.cert}`);
    const config = configOf({
      "ws.tls.certificates": `${one.certFile},${both}`,
      "ws.tls.keys": one.keyFile,
    });
    const read = listenerTls(config, "ws")?.read();
    if (read === undefined || "faults" in read) throw new Error("faults");
    const { identities } = read.tls;
    expect(identities.map(({ hosts }) => hosts)).toEqual([["a.test", "*.b.test"], ["test"]]);
    expect(identities.map(({ key }) => key().trim())).toEqual([one.key.trim(), two.key.trim()]);
    const day = 86_400_000;
    for (const { expires } of identities) {
      expect(expires - Date.now()).toBeGreaterThan(day - 60_000);
      expect(expires - Date.now()).toBeLessThan(day + 60_000);
    }
    expect(inspect(read, { depth: 9 }) + JSON.stringify(read)).not.toContain("PRIVATE KEY");
  });

  test.each([
    ["a certificate without its key", "certificates", (a: string, b: string) => [a, b]],
    ["a key without its certificate", "keys", (a: string, _b: string, k: string) => [a, k]],
  ])("%s is a fault", (_, key) => {
    const [one, two] = [makeCertificate("DNS:a.test"), makeCertificate("DNS:b.test")];
    const faults =
      key === "keys"
        ? faultsOf({
            "http.tls.certificates": one.certFile,
            "http.tls.keys": `${one.keyFile},${two.keyFile}`,
          })
        : faultsOf({
            "http.tls.certificates": `${one.certFile},${two.certFile}`,
            "http.tls.keys": one.keyFile,
          });
    const named = key === "keys" ? two.keyFile : two.certFile;
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(`http.tls.${key}: names ${named}, which has a `);
    expect(faults[0]).toContain(
      key === "keys" ? "fits none of http.tls.certificates" : "neither there nor in http.tls.keys",
    );
  });

  test("what is wrong with a file is said, and nothing of what is in it", () => {
    const { cert, certFile, keyFile } = makeCertificate("DNS:a.test");
    const locked = file(pemOf("ENCRYPTED PRIVATE KEY", "c2VjcmV0"));
    const broken = file(pemOf("PRIVATE KEY", "c2VjcmV0"));
    const base = { "ws.tls.certificates": certFile, "ws.tls.keys": keyFile };
    const cases: [Flags, string][] = [
      [{ ...base, "ws.tls.certificates": keyFile }, "has no certificate in PEM"],
      [{ ...base, "ws.tls.keys": certFile }, "has no key in PEM"],
      [{ ...base, "ws.tls.keys": `${keyFile},${locked}` }, "has a key with a passphrase"],
      [{ ...base, "ws.tls.keys": `${keyFile},${broken}` }, "has a key that cannot be read"],
      [
        { ...base, "ws.tls.clientCertificates": "required", "ws.tls.clientCa": keyFile },
        "has no certificate in PEM",
      ],
      [
        {
          ...base,
          "ws.tls.clientCertificates": "required",
          "ws.tls.clientCa": certFile,
          "ws.tls.crl": file(cert.replaceAll("CERTIFICATE", "X509 CRL")),
        },
        "has no revocation list in PEM",
      ],
      [{ ...base, "ws.tls.clientCertificates": "optional" }, "ws.tls.clientCa: is required"],
      [{ ...base, "ws.tls.clientCa": certFile }, "ws.tls.clientCertificates: is none"],
    ];
    for (const [flags, expected] of cases) {
      const [fault = ""] = faultsOf(flags);
      expect(fault).toContain(expected);
      expect(fault).not.toContain("c2VjcmV0");
    }
  });

  test("the gateway's own certificate for the CSE may have its key in the same file", () => {
    const { cert, key, certFile } = makeCertificate("DNS:gw.test");
    const { certFile: ca } = makeAuthority("CA");
    const both = file(cert + key);
    const config = configOf({ "cse.tls.certificate": both, "cse.tls.ca": ca });
    const source = clientTls("cse.tls", config.cse.tls);
    const read = source.read();
    expect(source.files).toEqual([ca, both]);
    expect("tls" in read && read.tls.identity?.key().trim()).toBe(key.trim());
    expect("tls" in read && read.tls.ca).toHaveLength(1);
    expect(faultsOf({ "cse.tls.certificate": certFile })[0]).toContain(
      "neither there nor in cse.tls.key",
    );
  });

  test("a peer has the TLS of the CSE, but for what its entry says", () => {
    const [{ certFile: ca }, { certFile: other }] = [makeAuthority("CA"), makeAuthority("Other")];
    const loaded = (entry: string) => {
      const yaml = `cse: { tls: { ca: "${ca}" } }\npeers:\n  /id-b: { url: "https://b.test", ${entry} }\n`;
      return loadConfig({ env: {}, file: file(yaml) });
    };
    const [same, own, wrong] = [
      loaded("window: 4"),
      loaded(`tls: { ca: "${other}" }`),
      loaded('tls: { ca: "/none", cert: "/none" }'),
    ];
    if ("faults" in same || "faults" in own) throw new Error("faults");
    expect(same.config.peers.get("/id-b")?.cse.tls).toBe(same.config.cse.tls);
    expect(own.config.peers.get("/id-b")?.cse.tls).toEqual({ ...own.config.cse.tls, ca: other });
    expect("faults" in wrong && wrong.faults.map(describeFault)).toEqual([
      expect.stringMatching(
        /file\.pem:3:\d+: peers\.\/id-b\.tls\.ca: names a file that cannot be read: ENOENT/,
      ),
      expect.stringMatching(/peers\.\/id-b\.tls\.cert: no such key of a peer/),
    ]);
  });
});
