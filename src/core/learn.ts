import type { EpochMs } from "../base/clock.ts";
import { Rsc } from "../base/response-status-code.ts";
import {
  isTreeObject,
  rootObjectOf,
  SERIALIZATIONS,
  type Serialization,
  type Tree,
  type TreeObject,
} from "../primitive/content.ts";
import {
  addressOf,
  type Domain,
  type EntityId,
  entityIdOf,
  isStem,
} from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import { parseTimestamp } from "../primitive/timestamps.ts";

/** What is registered, as far as a successful create or retrieve tells. */
export interface LearntResource {
  readonly kind: "ae" | "cse";
  /** Undefined when the answer does not say which AE-ID was assigned. */
  readonly id: EntityId | undefined;
  readonly addresses: readonly string[];
  readonly pointsOfAccess: readonly string[] | undefined;
  readonly reachable: boolean;
  readonly expires: EpochMs | undefined;
  readonly reads: readonly Serialization[] | undefined;
}

/** Whether a request registers an entity: Create of `<AE>` or `<remoteCSE>` (TS-0004, 7.4.5.2.1 and 7.4.4.2.1). */
export function registersA(request: RequestPrimitive): "ae" | "cse" | undefined {
  if (request.operation !== "create") return undefined;
  if (request.resourceType === 2) return "ae";
  return request.resourceType === 16 ? "cse" : undefined;
}

/**
 * What an answered registration says about its originator; undefined when it failed.
 *
 * The AE-ID comes from the response: an AE may ask for "C" or "S" and let the registrar choose the rest.
 */
export function learnRegistration(
  kind: "ae" | "cse",
  request: RequestPrimitive,
  response: ResponsePrimitive,
  domain: Domain,
): LearntResource | undefined {
  if (response.responseStatusCode !== Rsc.CREATED) return undefined;
  const asked = rootObjectOf(request.content)?.members ?? {};
  const created = createdMembers(response);
  const idText =
    kind === "cse"
      ? (textOf(created["csi"]) ?? textOf(asked["csi"]) ?? request.from)
      : (textOf(created["aei"]) ?? chosenStem(request.from));
  const name = textOf(created["rn"]) ?? textOf(asked["rn"]);
  const parent = addressOf(request.to, domain);
  const uri = uriOf(response);
  const addresses = [
    textOf(created["ri"]),
    uri,
    // The CSE-ID alone stands for the CSEBase, whose name it does not tell: `/id-in/x` would be the resource ID x.
    name === undefined || parent === domain.cseId ? undefined : `${parent}/${name}`,
    name === undefined || domain.cseName === undefined ? undefined : `${domain.cseName}/${name}`,
  ];
  return learnt(kind, idText, { ...asked, ...created }, addresses, domain);
}

/** What a retrieved `<AE>` says about an entity that registered before the gateway knew it (adoption). */
export function learnRetrieved(
  response: ResponsePrimitive,
  domain: Domain,
): LearntResource | undefined {
  const resource = rootObjectOf(response.content);
  if (response.responseStatusCode !== Rsc.OK || resource?.root !== "m2m:ae") return undefined;
  const { members } = resource;
  const name = textOf(members["rn"]);
  const addresses = [
    textOf(members["ri"]),
    name === undefined || domain.cseName === undefined ? undefined : `${domain.cseName}/${name}`,
  ];
  return learnt("ae", textOf(members["aei"]), members, addresses, domain);
}

/** What an answered update of a registration leaves behind; undefined for what it says nothing about. */
export function learnUpdate(
  request: RequestPrimitive,
  response: ResponsePrimitive,
): {
  readonly expires: EpochMs | undefined;
  readonly reachable: boolean | undefined;
  readonly reads: readonly Serialization[] | undefined;
} {
  const asked = rootObjectOf(request.content)?.members ?? {};
  const left = rootObjectOf(response.content)?.members ?? {};
  const et = textOf(left["et"]) ?? textOf(asked["et"]);
  const rr = left["rr"] ?? asked["rr"];
  return {
    expires: et === undefined ? undefined : parseTimestamp(et),
    reachable: typeof rr === "boolean" ? rr : undefined,
    reads: serializationsIn(left["csz"] === undefined ? asked["csz"] : left["csz"]),
  };
}

function learnt(
  kind: "ae" | "cse",
  idText: string | undefined,
  members: TreeObject,
  addresses: readonly (string | undefined)[],
  domain: Domain,
): LearntResource {
  const et = textOf(members["et"]);
  const poa = members["poa"];
  return {
    kind,
    id: idText === undefined ? undefined : entityIdOf(idText, domain),
    addresses: [
      ...new Set(
        addresses
          .filter((address) => address !== undefined)
          .map((address) => addressOf(address, domain)),
      ),
    ],
    pointsOfAccess: Array.isArray(poa)
      ? poa.filter((entry) => typeof entry === "string")
      : undefined,
    // Mandatory at creation; a registrar that does not repeat it keeps what was asked for.
    reachable: members["rr"] !== false,
    expires: et === undefined ? undefined : parseTimestamp(et),
    reads: serializationsIn(members["csz"]),
  };
}

/**
 * contentSerialization: `cbor` by the standard (TS-0004, m2m:serializations), `application/cbor` by ACME.
 *
 * @returns undefined where nothing is said about it, none where it is deleted or names nothing that is spoken here
 */
function serializationsIn(csz: Tree | undefined): readonly Serialization[] | undefined {
  if (csz === undefined) return undefined;
  if (!Array.isArray(csz)) return [];
  const written = csz.map((entry) => /(?:^|[/+])(json|xml|cbor)$/i.exec(String(entry))?.[1]);
  const known = SERIALIZATIONS.filter((it) => written.includes(it));
  return known.sort((a, b) => written.indexOf(a) - written.indexOf(b));
}

/** The attributes in the answer to a Create, under `m2m:rce` or not. */
function createdMembers(response: ResponsePrimitive): TreeObject {
  const outer = rootObjectOf(response.content);
  if (outer === undefined) return {};
  if (outer.root !== "m2m:rce") return outer.members;
  return Object.values(outer.members).find(isTreeObject) ?? {};
}

function uriOf(response: ResponsePrimitive): string | undefined {
  return response.location ?? uriIn(response);
}

function uriIn(response: ResponsePrimitive): string | undefined {
  const tree = response.content?.tree();
  if (!isTreeObject(tree)) return undefined;
  const wrapper = tree["m2m:rce"];
  return textOf(isTreeObject(wrapper) ? wrapper["uri"] : tree["m2m:uri"]);
}

/** The full stem an AE asked for; "C", "S" and nothing leave the choice to the registrar (TS-0004, 7.4.5.2.1). */
function chosenStem(from: string | undefined): string | undefined {
  if (from === undefined || from === "C" || from === "S" || from === "/S") return undefined;
  return isStem(from) || from.startsWith("/") ? from : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
