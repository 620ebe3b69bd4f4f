import { type Clock, later, millis } from "../base/clock.ts";
import { Rsc } from "../base/response-status-code.ts";
import type { TreeObject } from "../primitive/content.ts";
import { entityIdOf, parseCseId } from "../primitive/identifiers.ts";
import { formatTimestamp } from "../primitive/timestamps.ts";
import {
  AE,
  faultInCreate,
  isName,
  NAME_RULE,
  ordered,
  REMOTE_CSE,
  type ResourceKind,
} from "./attributes.ts";
import { invalid, type Outcome, refused } from "./outcome.ts";
import { type Resource, type Resources, resourceOf } from "./resources.ts";
import { baseIdOf, type RegistrarDomain } from "./targets.ts";

/** Our choice: how long a registration holds that names no Expiration Time. */
const DEFAULT_LIFETIME = millis(365 * 24 * 60 * 60 * 1000);

export interface RegistrationContext {
  readonly domain: RegistrarDomain;
  readonly clock: Clock;
  readonly resources: Resources;
  /** Letters and digits nobody can guess, new every time. */
  readonly newId: () => string;
}

/** The resource a Create asks for, not added yet; or why there will be none. */
export type Registered = { readonly resource: Resource } | { readonly refusal: Outcome };

/** `<AE>` (TS-0004, 7.4.5.2.1): its AE-ID-Stem is its resource ID too. */
export function registerAe(
  from: string | undefined,
  sent: TreeObject,
  context: RegistrationContext,
): Registered {
  const fault = faultInCreate(AE, sent, context.clock);
  if (fault !== undefined) return { refusal: invalid(fault) };
  const wish = wishOf(from);
  if ("fault" in wish) return { refusal: invalid(wish.fault) };
  const isFree = (stem: string) =>
    context.resources.isIdFree(stem) &&
    context.resources.isEntityFree(entityIdOf(stem, context.domain));
  const stem = "stem" in wish ? wish.stem : invent(wish.prefix, isFree, context.newId);
  if (!isFree(stem)) return { refusal: taken(`the AE-ID ${stem}`) };
  return named(AE, stem, stem, { ...sent, aei: stem }, context);
}

/** `<remoteCSE>` (TS-0004, 7.4.4.2.1): a CSE registers itself and no other. */
export function registerCse(
  from: string,
  sent: TreeObject,
  context: RegistrationContext,
): Registered {
  const fault = faultInCreate(REMOTE_CSE, sent, context.clock);
  if (fault !== undefined) return { refusal: invalid(fault) };
  const { domain, newId, resources } = context;
  const csi = parseCseId(String(sent["csi"]));
  if (csi === undefined || !isName(csi.slice(1))) {
    return {
      refusal: invalid(`csi must be a CSE-ID such as /id-mn; without its slash it ${NAME_RULE}`),
    };
  }
  const entity = entityIdOf(csi, domain);
  if (entityIdOf(from, domain) !== entity) {
    return { refusal: invalid("the originator of a <remoteCSE> must be the CSE-ID in its csi") };
  }
  if (!resources.isEntityFree(entity)) return { refusal: taken(`the CSE-ID ${csi}`) };
  // Stems with C or S are AE-IDs; with another letter, a CSE can never stand in an AE's way.
  const id = invent("csr", (candidate) => resources.isIdFree(candidate), newId);
  return named(REMOTE_CSE, id, csi.slice(1), sent, context);
}

/** What the From of an AE's registration asks for: an AE-ID-Stem, or an invented one of either type. */
function wishOf(
  from: string | undefined,
): { stem: string } | { prefix: "C" | "S" } | { fault: string } {
  // Our choice: without a preference the AE-ID is local to this CSE, as there is no provider to ask.
  if (from === undefined || from === "" || from === "C") return { prefix: "C" };
  if (from === "S") return { prefix: "S" };
  if (from.includes("/")) {
    return { fault: "an AE registers with its AE-ID-Stem alone, such as CAE1, not with a path" };
  }
  if (!isName(from)) return { fault: `an AE-ID-Stem ${NAME_RULE}` };
  return /^[CS]/.test(from) ? { stem: from } : { fault: "an AE-ID-Stem must begin with C or S" };
}

function named(
  kind: ResourceKind,
  id: string,
  preferred: string,
  attributes: TreeObject,
  { clock, domain, newId, resources }: RegistrationContext,
): Registered {
  const isFree = (candidate: string) => resources.isNameFree(candidate);
  const asked = attributes["rn"];
  if (typeof asked === "string" && !isFree(asked)) {
    return { refusal: refused(Rsc.CONFLICT, `there is a resource named ${asked} already`) };
  }
  const invented = isFree(preferred) ? preferred : invent(`${kind.root.slice(4)}-`, isFree, newId);
  const now = clock.now();
  const members = ordered(kind, {
    ...attributes,
    rn: asked ?? invented,
    ty: kind.type,
    ri: id,
    pi: baseIdOf(domain),
    ct: formatTimestamp(now),
    lt: formatTimestamp(now),
    et: attributes["et"] ?? formatTimestamp(later(now, DEFAULT_LIFETIME)),
  });
  return { resource: resourceOf({ root: kind.root, attributes: members }, domain) };
}

function invent(
  prefix: string,
  isFree: (candidate: string) => boolean,
  newId: () => string,
): string {
  for (;;) {
    const candidate = `${prefix}${newId()}`;
    if (isFree(candidate)) return candidate;
  }
}

/** A second registration of what is active (TS-0004, 7.4.5.2.1 and 7.4.4.2.1). */
function taken(what: string): Outcome {
  return refused(Rsc.ORIGINATOR_HAS_ALREADY_REGISTERED, `${what} is registered already`);
}
