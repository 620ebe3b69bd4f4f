import { addressOf, type Domain } from "../primitive/identifiers.ts";

/** The CSE that the built-in registrar is. */
export type RegistrarDomain = Domain & { readonly cseName: string };

/** What a To names, before anything is looked up. */
export type Target =
  | { readonly at: "base" }
  /** A child of the CSEBase by its resource name. */
  | { readonly at: "name"; readonly name: string }
  /** Any resource by its resource ID. */
  | { readonly at: "id"; readonly id: string }
  /** Below a child of the CSEBase, where this registrar hosts nothing. */
  | { readonly at: "below" }
  /** Of another CSE. */
  | { readonly at: "elsewhere" };

/** Resource ID of the CSEBase: its CSE-ID without the slash. */
export const baseIdOf = (domain: Domain): string => domain.cseId.slice(1);

/** Reads all spellings of an address: CSE-relative, SP-relative or absolute, structured or not, and mixed (TS-0001, 7.2). */
export function targetOf(to: string, domain: RegistrarDomain): Target {
  const address = addressOf(to, domain);
  if (address === domain.cseId) return { at: "base" };
  const root = `${domain.cseId}/`;
  if (!address.startsWith(root)) return { at: "elsewhere" };
  const [first = "", name, ...rest] = address.slice(root.length).split("/");
  const fromBase = first === domain.cseName || first === baseIdOf(domain);
  if (name === undefined) return fromBase ? { at: "base" } : { at: "id", id: first };
  return fromBase && rest.length === 0 ? { at: "name", name } : { at: "below" };
}

/** The attribute behind a `#` at the end of a To (TS-0004, 6.2.4). */
export function attributeIn(to: string): string | undefined {
  const hash = to.indexOf("#");
  return hash < 0 ? undefined : to.slice(hash + 1);
}
