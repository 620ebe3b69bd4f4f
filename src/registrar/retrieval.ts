import type { EpochMs } from "../base/clock.ts";
import { Rsc } from "../base/response-status-code.ts";
import { isTreeObject, type Tree, type TreeObject } from "../primitive/content.ts";
import type { RequestPrimitive } from "../primitive/primitive.ts";
import { formatTimestamp } from "../primitive/timestamps.ts";
import { AE, REMOTE_CSE } from "./attributes.ts";
import { invalid, type Outcome, refused } from "./outcome.ts";
import { attributeIn, baseIdOf, type RegistrarDomain } from "./targets.ts";

/** `<CSEBase>` (TS-0004, 7.4.3.1): what may be asked for in a partial retrieve. */
export const CSE_BASE_ATTRIBUTES: ReadonlySet<string> = new Set(
  "rn ty ri pi ct lt lbl acpi cst csi srt poa nl daci csz esi srv loc cstn spi ici ctm".split(" "),
);

/** The attributes a partial retrieve names, by `#attr` or an attribute list (TS-0004, 7.2.1.1); undefined for all. */
export function attributesWanted(
  request: RequestPrimitive,
): { readonly names: readonly string[] | undefined } | { readonly refusal: Outcome } {
  const one = attributeIn(request.to);
  if (one !== undefined) return { names: [one] };
  if (request.content === undefined) return { names: undefined };
  const list = attributeList(request.content.tree());
  return list === undefined
    ? { refusal: invalid("the content of a Retrieve can only be a list of attributes (m2m:atrl)") }
    : { names: list };
}

function attributeList(tree: Tree): readonly string[] | undefined {
  if (!isTreeObject(tree)) return undefined;
  // TS-0009, 6.2.2.2 prints the root without its prefix.
  const [[root, list] = []] = Object.entries(tree);
  if ((root !== "m2m:atrl" && root !== "atrl") || !Array.isArray(list)) return undefined;
  const names = list.filter((name) => typeof name === "string");
  return names.length === list.length ? names : undefined;
}

/** The answer to a Retrieve of a resource, or of those attributes that `names` has. */
export function selected(
  root: string,
  attributes: TreeObject,
  defined: ReadonlySet<string>,
  names: readonly string[] | undefined,
): Outcome {
  if (names === undefined) return { rsc: Rsc.OK, tree: { [root]: attributes } };
  const unknown = names.find((name) => !defined.has(name));
  if (unknown !== undefined) return invalid(`${root} has no attribute ${unknown.slice(0, 32)}`);
  const found = Object.entries(attributes).filter(([name]) => names.includes(name));
  return found.length === 0
    ? refused(Rsc.NOT_FOUND, `this ${root} has no ${names.join(", ")}`)
    : { rsc: Rsc.OK, tree: { [root]: Object.fromEntries(found) } };
}

/** `<CSEBase>` of an IN-CSE (TS-0004, 7.4.3.1); made anew at each start. */
export function baseAttributes(domain: RegistrarDomain, now: EpochMs): TreeObject {
  const since = formatTimestamp(now);
  return {
    rn: domain.cseName,
    ty: 5,
    ri: baseIdOf(domain),
    ct: since,
    lt: since,
    cst: 1,
    csi: domain.cseId,
    srt: [AE.type, 5, REMOTE_CSE.type],
    poa: [],
    srv: ["2a", "3", "4", "5"],
  };
}
