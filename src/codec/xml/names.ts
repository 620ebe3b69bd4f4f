import { namespaceOf, prefixOf, rootMember } from "../schema/schema.ts";

const XML = "http://www.w3.org/XML/1998/namespace";
const SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance";

/** The namespace of a prefix that a document uses and does not declare; undefined for one that nobody knows. */
export function undeclaredNamespaceOf(prefix: string): string | undefined {
  if (prefix === "xml") return XML;
  // Our choice, as for `m2m` (TS-0004, 8.3.1 shows it declared): a prefix of the standard means what it says.
  return prefix === "xsi" ? SCHEMA_INSTANCE : namespaceOf(prefix);
}

/** Attributes that speak to XML processors and say nothing about the element. */
export const isForProcessors = (namespace: string): boolean =>
  namespace === XML || namespace === SCHEMA_INSTANCE;

/** A name as a document has it. */
export interface Named {
  /** As written, "" for none. */
  readonly prefix: string;
  readonly local: string;
  /** What the prefix stands for, "" for none. */
  readonly namespace: string;
}

/** Products of release 2 have it for the home domain, TS-0023 for the horizontal one since. */
const RELEASE_2_HOME = "hd";
const HOME = namespaceOf("hod");
const CORE = namespaceOf("m2m");
/** Roots that the schemas spell in full, while all else has its short name (TS-0004, Annex C). */
const LONG_ROOTS: ReadonlyMap<string, string> = new Map([
  ["requestPrimitive", "rqp"],
  ["responsePrimitive", "rsp"],
]);

const isRelease2Home = ({ prefix, namespace }: Named): boolean =>
  namespace === HOME && prefix === RELEASE_2_HOME;

/** The prefix a name has in JSON: the conventional one of its namespace, else the document's. */
export function treePrefixOf(name: Named): string {
  return isRelease2Home(name) ? name.prefix : (prefixOf(name.namespace) ?? name.prefix);
}

/** Whether a name has a prefix of the standard for a namespace that it does not mean there. */
export function misleads(name: Named): boolean {
  const usual = namespaceOf(treePrefixOf(name));
  return usual !== undefined && usual !== name.namespace && !isRelease2Home(name);
}

/** The name in JSON, prefix included. One that misleads is none of JSON: no rule shall take it for what it says. */
export function treeNameOf(name: Named): string {
  if (misleads(name)) return `{${name.namespace}}${name.local}`;
  const prefix = treePrefixOf(name);
  const local = name.namespace === CORE ? (LONG_ROOTS.get(name.local) ?? name.local) : name.local;
  return prefix === "" ? local : `${prefix}:${local}`;
}

/** The name of a content root: one without prefix is the core's where that has it (TS-0009 prints `atrl`). */
export function rootNameOf(name: string): string {
  const core = `m2m:${name}`;
  return !name.includes(":") && rootMember(core) !== undefined ? core : name;
}
