import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type YAMLMap,
} from "yaml";
import { CERTIFICATE_NAMES, type CredentialEntry, type Proof } from "../base/credential-entry.ts";
import { parsePasswordHash } from "../base/password-hash.ts";
import {
  CERTIFICATE_VALUES,
  hexOf,
  IDENTITY,
  keyOf,
  LEAST_KEY,
  LONGEST_KEY,
  NAME,
  ORIGINATOR,
  USER,
} from "./credential-values.ts";
import type { Fault } from "./settings.ts";
import { unknownName } from "./unknown-name.ts";
import { keyText, offsetOf } from "./yaml-file.ts";

/** Entries of the credentials file, or all that is wrong with it. */
export type CredentialsRead =
  | {
      readonly entries: readonly CredentialEntry[];
      readonly isExposed: boolean;
      readonly digest: string;
    }
  | { readonly faults: readonly Fault[] };

/** Reads the credentials file at `path`. */
export function readCredentialsFile(path: string): CredentialsRead {
  let text: string;
  let mode: number;
  try {
    text = readFileSync(path, "utf8");
    mode = statSync(path).mode;
  } catch (error) {
    const sentence = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { faults: [{ where: path, key: undefined, sentence }] };
  }
  const read = readCredentials(text, path);
  if ("faults" in read) return read;
  const holdsKeys = read.entries.some((entry) => entry.proof().by === "psk");
  const digest = createHash("sha256").update(text).digest("hex");
  return { entries: read.entries, isExposed: holdsKeys && (mode & 0o044) !== 0, digest };
}

/** The same for its text; `file` is its name in faults, which never show a value: it may be a secret. */
export function readCredentials(
  text: string,
  file: string,
): { readonly entries: readonly CredentialEntry[] } | { readonly faults: readonly Fault[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
  });
  const reading = new Reading((offset) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  });
  reading.read(document);
  return reading.faults.length > 0 ? { faults: reading.faults } : { entries: reading.entries };
}

const MEMBERS = ["name", "originators", "basic", "bearer", "psk", "certificate"];
class Entry implements CredentialEntry {
  readonly name: string;
  readonly originators: readonly string[];
  readonly #proof: Proof;

  constructor(name: string, originators: readonly string[], proof: Proof) {
    this.name = name;
    this.originators = originators;
    this.#proof = proof;
  }

  proof(): Proof {
    return this.#proof;
  }
}

interface Member {
  readonly offset: number;
  readonly value: unknown;
  readonly map: YAMLMap | undefined;
}

class Reading {
  readonly entries: CredentialEntry[] = [];
  readonly faults: Fault[] = [];
  readonly #whereOf: (offset: number) => string;
  /** What may be in one entry only, with the place of that. */
  readonly #taken = new Map<string, string>();

  constructor(whereOf: (offset: number) => string) {
    this.#whereOf = whereOf;
  }

  read(document: Document.Parsed): void {
    for (const { pos, code } of [...document.errors, ...document.warnings]) {
      // Its message may quote what is there.
      this.#fault(pos[0], undefined, `this is not well-formed YAML (${code})`);
    }
    visit(document, {
      Alias: (_, node) => this.#fault(offsetOf(node), undefined, "YAML aliases are not read here"),
    });
    const { contents } = document;
    if (this.faults.length > 0 || contents === null) return;
    if (!isSeq(contents)) {
      this.#fault(offsetOf(contents), undefined, "must be a list of entries, each behind a dash");
      return;
    }
    for (const item of contents.items) {
      if (isMap(item)) this.#entry(item);
      else this.#fault(offsetOf(item), undefined, "must be an entry with name and originators");
    }
  }

  #entry(item: YAMLMap): void {
    const members = this.#members(item, MEMBERS, "");
    const name = this.#text(
      members,
      item,
      "name",
      NAME,
      "a name of letters, digits and . _ - @ : +",
    );
    const originators = this.#originators(members, item);
    const kinds = PROOFS.filter((kind) => members.has(kind));
    const [kind, ...more] = kinds;
    if (kind === undefined || more.length > 0) {
      this.#fault(offsetOf(item), undefined, `needs exactly one of ${PROOFS.join(", ")}`);
      return;
    }
    const inner = members.get(kind);
    if (inner?.map === undefined) {
      this.#fault(inner?.offset ?? 0, kind, "must be a mapping");
      return;
    }
    const proof = this.#proof(kind, inner.map);
    if (name === undefined || originators === undefined || proof === undefined) return;
    this.#once(`name ${name}`, offsetOf(item), "name", "this name");
    this.entries.push(new Entry(name, originators, proof));
  }

  #proof(kind: Proof["by"], map: YAMLMap): Proof | undefined {
    switch (kind) {
      case "basic":
        return this.#basic(map);
      case "bearer":
        return this.#bearer(map);
      case "psk":
        return this.#psk(map);
      case "certificate":
        return this.#certificate(map);
    }
  }

  #basic(map: YAMLMap): Proof | undefined {
    const members = this.#members(map, ["user", "hash"], "basic.");
    const user = this.#text(members, map, "user", USER, "a user name without colon", "basic.");
    const hash = this.#read(
      ...[members, map, "basic.hash", parsePasswordHash],
      "scrypt$N$r$p$salt$hash, as m2mgw credential makes it",
    );
    if (user === undefined || hash === undefined) return undefined;
    this.#once(`basic ${user}`, offsetOf(map), "basic.user", "this user");
    return { by: "basic", user, hash };
  }

  #bearer(map: YAMLMap): Proof | undefined {
    const members = this.#members(map, ["hash"], "bearer.");
    const hash = this.#read(
      ...[members, map, "bearer.hash", hexOf(32)],
      "the SHA-256 of the token in 64 hexadecimal digits, as m2mgw credential makes it",
    );
    if (hash === undefined) return undefined;
    this.#once(`bearer ${hash.toString("hex")}`, offsetOf(map), "bearer.hash", "this token");
    return { by: "bearer", hash };
  }

  #psk(map: YAMLMap): Proof | undefined {
    const members = this.#members(map, ["identity", "key"], "psk.");
    const identity = this.#text(members, map, "identity", IDENTITY, "a text", "psk.");
    const key = this.#read(
      ...[members, map, "psk.key", keyOf],
      `${LEAST_KEY} to ${LONGEST_KEY} bytes in hexadecimal digits or base64, in quotes`,
    );
    if (identity === undefined || key === undefined) return undefined;
    this.#once(`psk ${identity}`, offsetOf(map), "psk.identity", "this identity");
    return { by: "psk", identity, key };
  }

  #certificate(map: YAMLMap): Proof | undefined {
    const members = this.#members(map, CERTIFICATE_NAMES, "certificate.");
    const [names, ...more] = CERTIFICATE_NAMES.filter((candidate) => members.has(candidate));
    if (names === undefined || more.length > 0) {
      const sentence = `needs exactly one of ${CERTIFICATE_NAMES.join(", ")}`;
      this.#fault(offsetOf(map), "certificate", sentence);
      return undefined;
    }
    const { of, expects } = CERTIFICATE_VALUES[names];
    const value = this.#read(members, map, `certificate.${names}`, of, expects);
    if (value === undefined) return undefined;
    this.#once(`${names} ${value}`, offsetOf(map), `certificate.${names}`, "this certificate");
    return { by: "certificate", names, value };
  }

  #originators(members: Map<string, Member>, item: YAMLMap): readonly string[] | undefined {
    const { offset, value } = members.get("originators") ?? { offset: offsetOf(item), value: null };
    const isList = Array.isArray(value) && value.length > 0;
    if (isList && value.every((one) => typeof one === "string" && ORIGINATOR.test(one))) {
      return Object.freeze(value);
    }
    const sentence = "must be a list of AE-IDs or CSE-IDs, in which * stands for any characters";
    this.#fault(offset, "originators", sentence);
    return undefined;
  }

  #text(
    members: Map<string, Member>,
    parent: YAMLMap,
    name: string,
    pattern: RegExp,
    expects: string,
    prefix = "",
  ): string | undefined {
    const of = (text: string): string | undefined => (pattern.test(text) ? text : undefined);
    return this.#read(members, parent, `${prefix}${name}`, of, expects);
  }

  /** @param path of the member, its last part being its name */
  #read<T>(
    members: Map<string, Member>,
    parent: YAMLMap,
    path: string,
    of: (text: string) => T | undefined,
    expects: string,
  ): T | undefined {
    const member = members.get(path.slice(path.indexOf(".") + 1));
    const value = typeof member?.value === "string" ? of(member.value) : undefined;
    if (value === undefined) {
      this.#fault(member?.offset ?? offsetOf(parent), path, `must be ${expects}`);
    }
    return value;
  }

  #members(map: YAMLMap, known: readonly string[], prefix: string): Map<string, Member> {
    const members = new Map<string, Member>();
    for (const pair of map.items) {
      const name = keyText(pair);
      const offset = offsetOf(pair.key);
      if (!known.includes(name)) this.#fault(offset, undefined, unknownKey(name, known));
      else if (members.has(name)) this.#fault(offset, `${prefix}${name}`, "is given twice");
      const { value } = pair;
      members.set(name, {
        offset: isNode(value) ? offsetOf(value) : offset,
        value: isScalar(value) ? value.value : isSeq(value) ? value.toJSON() : undefined,
        map: isMap(value) ? value : undefined,
      });
    }
    return members;
  }

  #once(what: string, offset: number, key: string, called: string): void {
    const where = this.#whereOf(offset);
    const earlier = this.#taken.get(what);
    if (earlier === undefined) this.#taken.set(what, where);
    else this.#fault(offset, key, `${called} is that of the entry at ${earlier} already`);
  }

  #fault(offset: number, key: string | undefined, sentence: string): void {
    this.faults.push({ where: this.#whereOf(offset), key, sentence });
  }
}

const PROOFS = ["basic", "bearer", "psk", "certificate"] as const;

/** A value in the place of a key may be a secret: what is not near to a key is not named. */
function unknownKey(name: string, known: readonly string[]): string {
  const sentence = unknownName("key", name, known);
  return sentence === "no such key" ? `no such key; there are ${known.join(", ")}` : sentence;
}
