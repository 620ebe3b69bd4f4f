import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { alternativeNamesIn } from "../base/alternative-names.ts";
import { type EpochMs, epochMs } from "../base/clock.ts";
import type { TlsFault, TlsIdentity } from "../base/tls.ts";

/** Files that a key names. */
export interface NamedFiles {
  readonly key: string;
  readonly paths: readonly string[];
}

interface FoundKey {
  readonly named: string;
  readonly path: string;
  readonly pem: string;
  readonly key: KeyObject;
}

/** One reading of the files of a group. No sentence shows what is in them: it may be a key. */
export class TlsFiles {
  readonly faults: TlsFault[] = [];
  readonly #group: string;

  /** @param group path of the keys, `ws.tls` */
  constructor(group: string) {
    this.#group = group;
  }

  /** Joins each certificate with the key that fits it. */
  identities(certificates: NamedFiles, keys: NamedFiles): TlsIdentity[] {
    const before = this.faults.length;
    const chains = certificates.paths.map((path) => {
      return { path, text: this.#text(certificates.key, path) };
    });
    const found = [
      ...chains.flatMap(({ path, text }) => this.#keysIn(certificates.key, path, text ?? "")),
      ...keys.paths.flatMap((path) => this.#keysOf(keys.key, path)),
    ];
    const owners: X509Certificate[] = [];
    const identities = chains.flatMap(({ path, text }) => {
      if (text === undefined) return [];
      const fault = (sentence: string): [] => this.#fault(certificates.key, path, sentence);
      const chain = blocksOf("CERTIFICATE", text);
      const parsed = parsedAll(chain);
      const own = parsed?.[0];
      if (parsed === undefined || own === undefined) return fault("has no certificate in PEM");
      owners.push(own);
      const key = found.find((candidate) => own.checkPrivateKey(candidate.key));
      if (key === undefined) {
        return fault(`has a certificate whose key is neither there nor in ${this.#path(keys.key)}`);
      }
      const pem = chain.join("\n");
      const refused = refusedByTls({ cert: pem, key: key.pem });
      if (refused !== undefined) return fault(`has a certificate or key that TLS ${refused}`);
      return [{ chain: pem, key: () => key.pem, hosts: hostsOf(own), expires: endOf(parsed) }];
    });
    // What is wrong with a certificate may be why a key fits none.
    for (const { key, named, path } of this.faults.length > before ? [] : found) {
      if (owners.some((owner) => owner.checkPrivateKey(key))) continue;
      this.#fault(named, path, `has a key that fits none of ${this.#path(certificates.key)}`);
    }
    return identities;
  }

  /** All certificates in the files, in PEM. */
  certificates({ key, paths }: NamedFiles): string[] {
    const isGood = (blocks: readonly string[]): boolean => parsedAll(blocks) !== undefined;
    return paths.flatMap((path) => this.#blocks(key, path, "certificate", "CERTIFICATE", isGood));
  }

  /** All revocation lists in the files, in PEM. */
  revocationLists({ key, paths }: NamedFiles): string[] {
    const isGood = (crl: string[]): boolean => refusedByTls({ crl }) === undefined;
    return paths.flatMap((path) => this.#blocks(key, path, "revocation list", "X509 CRL", isGood));
  }

  #blocks(
    key: string,
    path: string,
    what: string,
    label: string,
    isGood: (blocks: string[]) => boolean,
  ): string[] {
    const text = this.#text(key, path);
    if (text === undefined) return [];
    const blocks = blocksOf(label, text);
    return blocks.length > 0 && isGood(blocks)
      ? blocks
      : this.#fault(key, path, `has no ${what} in PEM`);
  }

  #keysOf(named: string, path: string): FoundKey[] {
    const text = this.#text(named, path);
    if (text === undefined || blocksOf(ANY_KEY, text).length > 0) {
      return this.#keysIn(named, path, text ?? "");
    }
    return this.#fault(named, path, "has no key in PEM");
  }

  #keysIn(named: string, path: string, text: string): FoundKey[] {
    return blocksOf(ANY_KEY, text).flatMap((pem) => {
      if (pem.includes("ENCRYPTED")) {
        const change = "take that off with `openssl pkey`, and let only the gateway read the file";
        return this.#fault(named, path, `has a key with a passphrase: ${change}`);
      }
      try {
        return [{ named, path, pem, key: createPrivateKey(pem) }];
      } catch {
        return this.#fault(named, path, "has a key that cannot be read");
      }
    });
  }

  #text(key: string, path: string): string | undefined {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : "unknown reason";
      this.faults.push({
        key: this.#path(key),
        sentence: `names a file that cannot be read: ${code} (${path})`,
      });
      return undefined;
    }
  }

  #fault(key: string, path: string, sentence: string): [] {
    this.faults.push({ key: this.#path(key), sentence: `names ${path}, which ${sentence}` });
    return [];
  }

  #path(key: string): string {
    return `${this.#group}.${key}`;
  }
}

const ANY_KEY = "(?:[A-Z0-9]+ )*PRIVATE KEY";

/** The parts of a PEM file that are of that kind. @param label as a pattern */
const blocksOf = (label: string, text: string): string[] =>
  Array.from(
    text.matchAll(new RegExp(`^-----BEGIN (${label})-----[^]*?^-----END \\1-----`, "gm")),
    ([block]) => block,
  );

/** Undefined when one of them is none. */
function parsedAll(blocks: readonly string[]): X509Certificate[] | undefined {
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

/** What OpenSSL has against it, such as a key that is too small. */
function refusedByTls(options: Parameters<typeof createSecureContext>[0]): string | undefined {
  try {
    createSecureContext(options);
    return undefined;
  } catch (error) {
    const why = error instanceof Error && "reason" in error ? `: ${error.reason}` : "";
    return `does not take${why}`;
  }
}

/** The common name counts only where no host is among the alternative names (RFC 2818, 3.1). */
function hostsOf(certificate: X509Certificate): string[] {
  const names = alternativeNamesIn(certificate.subjectAltName) ?? [];
  const hosts = names.filter(({ kind }) => kind === "DNS").map(({ value }) => value);
  const [, common] = /^CN=(.+)$/m.exec(certificate.subject) ?? [];
  const all = hosts.length > 0 || common === undefined ? hosts : [common];
  return all.map((host) => host.toLowerCase());
}

const endOf = (chain: readonly X509Certificate[]): EpochMs =>
  epochMs(Math.min(...chain.map(({ validTo }) => Date.parse(validTo))));
