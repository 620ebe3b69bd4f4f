import { namespaceOf, prefixOf } from "../schema/schema.ts";
import { CORE, LONG_ROOTS, type Named, rootNameOf, undeclaredNamespaceOf } from "./names.ts";

/** So many prefixes of one peer are remembered, the latest; no oneM2M peer has more than a few. */
const MAX_DECLARED = 64;
/** Longer ones are not remembered. */
const MAX_PREFIX = 64;

/** Products of release 2 have it for the home domain, TS-0023 for the horizontal one since. */
const RELEASE_2_HOME = "hd";
const HOME = namespaceOf("hod");

/**
 * What prefixes stand for between the gateway and one peer.
 *
 * A prefix has its usual meaning by configuration, else by the standard. JSON and CBOR have nothing but the prefix, so
 * of prefixes beyond those it is remembered what the peer's documents said last, to write to the same peer; another
 * peer may mean something else by them.
 */
export class Namespaces {
  readonly #configured: ReadonlyMap<string, string>;
  /** The other way round; of several prefixes, the first that was configured. */
  readonly #prefixes: ReadonlyMap<string, string>;
  /** By prefix, the latest last; undefined where nobody in particular is spoken to. */
  readonly #declared: Map<string, string> | undefined;

  /** @param configured namespaces by prefix; `m2m` is none of them */
  constructor(configured: ReadonlyMap<string, string>, declared?: Map<string, string>) {
    this.#configured = configured;
    this.#prefixes = new Map(
      [...configured].reverse().map(([prefix, namespace]) => [namespace, prefix]),
    );
    this.#declared = declared;
  }

  /** The same for one peer, of which nothing has been read yet. */
  forPeer(): Namespaces {
    return new Namespaces(this.#configured, new Map());
  }

  /** What a prefix is declared for in documents to the peer; undefined for one that nobody knows. */
  readonly namespaceOf = (prefix: string): string | undefined =>
    this.#declared?.get(prefix) ?? this.#usual(prefix);

  /** What a prefix stands for that a document uses and does not declare. */
  readonly undeclared = (prefix: string): string | undefined =>
    this.#configured.get(prefix) ?? undeclaredNamespaceOf(prefix);

  /** Takes in what a prefix of JSON stood for in a document of the peer. */
  learn(prefix: string, namespace: string): void {
    const declared = this.#declared;
    if (declared === undefined) return;
    declared.delete(prefix);
    if (this.#usual(prefix) === namespace || prefix.length > MAX_PREFIX) return;
    const [oldest] = declared.keys();
    if (declared.size >= MAX_DECLARED && oldest !== undefined) declared.delete(oldest);
    declared.set(ownCopyOf(prefix), ownCopyOf(namespace));
  }

  /** The prefix a name has in JSON: a usual one of its namespace, else the document's. */
  treePrefixOf(name: Named): string {
    const { prefix, namespace } = name;
    if (namespace === "" || this.#usual(prefix) === namespace) return prefix;
    if (this.#isRelease2Home(name)) return prefix;
    return this.#usualPrefixOf(namespace) ?? prefix;
  }

  /** Whether a name has a prefix for a namespace that this does not usually stand for. */
  misleads(name: Named): boolean {
    const usual = this.#usual(this.treePrefixOf(name));
    return usual !== undefined && usual !== name.namespace && !this.#isRelease2Home(name);
  }

  /** The name in JSON, prefix included. One that misleads is none of JSON: no rule shall take it for what it says. */
  treeNameOf(name: Named): string {
    if (name.namespace === "") return name.local;
    if (this.misleads(name)) return foreign(name);
    const prefix = this.treePrefixOf(name);
    const local = name.namespace === CORE ? (LONG_ROOTS.get(name.local) ?? name.local) : name.local;
    return prefix === "" ? local : `${prefix}:${local}`;
  }

  /** As `treeNameOf` for a content root, which needs a prefix if it has a namespace. */
  rootNameOf(name: Named): string {
    const prefix = this.rootPrefixOf(name);
    if (prefix === undefined) return foreign(name);
    return rootNameOf(this.treeNameOf({ ...name, prefix }));
  }

  /** As `treePrefixOf` for a content root; undefined where its namespace is a default one that no prefix is known for. */
  rootPrefixOf(name: Named): string | undefined {
    const prefix = this.treePrefixOf(name);
    if (prefix !== "" || name.namespace === "") return prefix;
    for (const [declared, namespace] of this.#declared ?? []) {
      if (namespace === name.namespace) return declared;
    }
    return undefined;
  }

  #usual(prefix: string): string | undefined {
    return this.#configured.get(prefix) ?? namespaceOf(prefix);
  }

  #usualPrefixOf(namespace: string): string | undefined {
    const configured = this.#prefixes.get(namespace);
    if (configured !== undefined) return configured;
    const standard = prefixOf(namespace);
    return standard === undefined || this.#configured.has(standard) ? undefined : standard;
  }

  #isRelease2Home({ prefix, namespace }: Named): boolean {
    return namespace === HOME && prefix === RELEASE_2_HOME && !this.#configured.has(prefix);
  }
}

const foreign = ({ namespace, local }: Named): string => `{${namespace}}${local}`;

/** A part of a text keeps the whole of it in memory. */
const ownCopyOf = (part: string): string => Buffer.from(part).toString();
