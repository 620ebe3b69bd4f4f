import type { Brand } from "../base/brand.ts";

/** AE-ID or CSE-ID, SP-relative: `/id-in/CAE7`, `/SAE1`, `/id-mn`; absolute only for another provider's entity. */
export type EntityId = Brand<string, "EntityId">;
/** CSE-ID, SP-relative: `/id-in`. */
export type CseId = Brand<string, "CseId">;

/** Whose IDs are relative here: the CSE this gateway stands for. */
export interface Domain {
  readonly cseId: CseId;
  /** M2M-SP-ID without its slashes, in lower case; undefined when not configured. */
  readonly spId: string | undefined;
  /** Resource name of the CSEBase, for which `-` may stand. */
  readonly cseName: string | undefined;
}

const NAME = "[A-Za-z0-9][A-Za-z0-9._-]*";
const CSE_ID = new RegExp(`^/${NAME}$`);
const STEM = new RegExp(`^${NAME}$`);

/** A CSE-ID in SP-relative form (TS-0004, 6.2.3); undefined when `text` is none. */
export function parseCseId(text: string): CseId | undefined {
  return CSE_ID.test(text) ? (text as CseId) : undefined;
}

export const isStem = (text: string): boolean => STEM.test(text);

/** Takes the own M2M-SP-ID off the front: `//sp/id-in/x` becomes `/id-in/x`. */
export function relativeToProvider(id: string, domain: Domain): string {
  if (domain.spId === undefined || !id.startsWith("//")) return id;
  const slash = id.indexOf("/", 2);
  return slash > 0 && id.slice(2, slash).toLowerCase() === domain.spId ? id.slice(slash) : id;
}

/**
 * The one spelling of an AE-ID or CSE-ID that tables are keyed by; two spellings of one entity give equal results.
 *
 * A C-stem belongs to the own CSE, an S-stem is unique in the provider's domain (TS-0001, 7.2), so `S1`, `/S1`
 * and `/id-in/S1` are one AE. Whether the entity exists is not asked.
 */
export function entityIdOf(id: string, domain: Domain): EntityId {
  const relative = relativeToProvider(id, domain);
  if (relative.startsWith("//")) return relative as EntityId;
  if (!relative.startsWith("/")) {
    return (relative.startsWith("S") ? `/${relative}` : `${domain.cseId}/${relative}`) as EntityId;
  }
  const slash = relative.indexOf("/", 1);
  if (
    slash > 0 &&
    relative.charCodeAt(slash + 1) === 83 &&
    relative.slice(0, slash) === domain.cseId
  ) {
    return relative.slice(slash) as EntityId;
  }
  return relative as EntityId;
}

/**
 * Which form an originator has, as far as its spelling tells: `/id-mn` may be a CSE-ID or an S-type AE-ID.
 */
export function originatorForm(from: string, domain: Domain): "ae" | "cse" | "cse-or-ae" {
  const relative = relativeToProvider(from, domain);
  if (!relative.startsWith("/")) return "ae";
  const local = relative.startsWith("//") ? relative.slice(relative.indexOf("/", 2)) : relative;
  if (local.indexOf("/", 1) > 0) return "ae";
  return local.startsWith("/S") ? "cse-or-ae" : "cse";
}

/** AE-ID-Stem: the last segment of an AE-ID. */
export const stemOf = (entity: EntityId): string => entity.slice(entity.lastIndexOf("/") + 1);

/** How an entity names itself at its own registrar: an AE by its stem, a CSE as everywhere. */
export const originatorOf = (id: EntityId, kind: "ae" | "cse"): string =>
  kind === "ae" ? stemOf(id) : id;

/**
 * One spelling for a resource address: SP-relative, `-` replaced by the CSEBase's name where that is known,
 * without attribute: `cse-in/ae1`, `/id-in/cse-in/ae1`, `-/ae1#lbl` all become `/id-in/cse-in/ae1`.
 */
export function addressOf(to: string, domain: Domain): string {
  const hash = to.indexOf("#");
  const bare = hash < 0 ? to : to.slice(0, hash);
  const relative = relativeToProvider(bare, domain);
  if (relative.startsWith("//")) return relative;
  const address = relative.startsWith("/") ? relative : `${domain.cseId}/${relative}`;
  const dash = `${domain.cseId}/-`;
  if (domain.cseName !== undefined && (address === dash || address.startsWith(`${dash}/`))) {
    return `${domain.cseId}/${domain.cseName}${address.slice(dash.length)}`;
  }
  return address;
}

/** The CSE-ID part of an SP-relative or absolute address; undefined for a CSE-relative one, which is the own CSE's. */
export function cseIdOf(to: string, domain: Domain): CseId | undefined {
  const relative = relativeToProvider(to, domain);
  if (!relative.startsWith("/")) return undefined;
  const start = relative.startsWith("//") ? relative.indexOf("/", 2) : 0;
  if (start < 0) return undefined;
  const end = relative.indexOf("/", start + 1);
  return (end < 0 ? relative : relative.slice(0, end)) as CseId;
}
