import { namespaceOf, rootMember } from "../schema/schema.ts";

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

export const CORE = namespaceOf("m2m");
/** Roots that the schemas spell in full, while all else has its short name (TS-0004, Annex C). */
export const LONG_ROOTS: ReadonlyMap<string, string> = new Map([
  ["requestPrimitive", "rqp"],
  ["responsePrimitive", "rsp"],
]);

/** The name of a content root: one without prefix is the core's where that has it (TS-0009 prints `atrl`). */
export function rootNameOf(name: string): string {
  const core = `m2m:${name}`;
  return !name.includes(":") && rootMember(core) !== undefined ? core : name;
}
