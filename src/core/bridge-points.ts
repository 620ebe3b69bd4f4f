import { hostOf, isFieldHost } from "../base/field-host.ts";
import { stemOf } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import { type BridgeTargets, mayNameTarget } from "./bridge-targets.ts";
import {
  isHttpPoint,
  isWebSocketPoint,
  type PointsOfAccess,
  withOwnPoints,
} from "./points-of-access.ts";
import type { Registration } from "./registration.ts";
import {
  behind,
  behindThisConnection,
  THIS_CONNECTION,
  targetsIn,
  withShownTargets,
  withTargets,
} from "./targets.ts";

/**
 * What the registrar is told in the place of a target: a URL with the name of the target in it, or the ID of whoever
 * names it, for a registrar that finds connections by AE-ID only (ACME).
 */
export type TargetForm = "token" | "originator";

/** What a target that the registrar could not call means. */
type Meaning =
  /** The registree, wherever it is. */
  | { readonly is: "itself"; readonly query: string }
  /** `url` exactly, which only its network knows. */
  | { readonly is: "target"; readonly url: string; readonly query: string };

const NAMED = /^ws:\/\/default\/([^/?#]+)/i;

/**
 * Points of access for a registrar that this gateway has dialled: `ws://default` stands for every registree, and
 * `ws://default/<name>` for a notification target in the network of the registrees (`BridgeTargets`).
 */
export class BridgePoints implements PointsOfAccess {
  base = "";
  readonly #targets: BridgeTargets;
  readonly #form: TargetForm;

  constructor(targets: BridgeTargets, form: TargetForm) {
    this.#targets = targets;
    this.#form = form;
  }

  pointOf(): string {
    return THIS_CONNECTION;
  }

  givesWay(entry: string): boolean {
    return isWebSocketPoint(entry) || isHttpPoint(entry);
  }

  toCse(
    request: RequestPrimitive,
    own: Registration,
  ): RequestPrimitive | Promise<RequestPrimitive> {
    const meanings = new Map<string, Meaning>();
    for (const target of targetsIn(request)) {
      const meaning = this.#meaningOf(target, own);
      if (meaning !== undefined) meanings.set(target, meaning);
    }
    if (meanings.size === 0) return request;
    return this.#form === "originator"
      ? withTargets(request, (target) =>
          meanings.has(target) ? originatorIn(request, own) : undefined,
        )
      : this.#withUrls(request, own, meanings);
  }

  toRegistree(
    response: ResponsePrimitive,
    own: Registration,
    ofItself: boolean,
  ): ResponsePrimitive {
    const { content } = response;
    if (content === undefined) return response;
    // All registrees have the same, so that only the address tells whose it is.
    const pointed = ofItself ? withOwnPoints(response, own, THIS_CONNECTION) : response;
    if (!mayNameTarget(content)) return pointed;
    return withShownTargets(pointed, (target) => this.#named(target, own));
  }

  async #withUrls(
    request: RequestPrimitive,
    own: Registration,
    meanings: ReadonlyMap<string, Meaning>,
  ): Promise<RequestPrimitive> {
    const urls = new Map(
      await Promise.all(
        [...meanings].map(async ([target, meaning]): Promise<[string, string]> => {
          const path =
            meaning.is === "itself" ? "" : `/${await this.#targets.keep(own, meaning.url)}`;
          // For the registrar: it may say what serialization is read there (`ct`; TS-0004, 7.5.1.2.2).
          return [target, THIS_CONNECTION + path + meaning.query];
        }),
      ),
    );
    return withTargets(request, (target) => urls.get(target));
  }

  #meaningOf(target: string, own: Registration): Meaning | undefined {
    // It may have found the URL of its point of access here somewhere.
    const found = behind(target, this.base + own.token);
    const rest = found ?? behindThisConnection(target, own);
    if (rest !== undefined) {
      const { path, query } = inParts(rest);
      if (path === "" || path === "/") return { is: "itself", query };
      const url = THIS_CONNECTION + rest;
      return this.#named(url, own) === undefined ? { is: "target", url, query } : undefined;
    }
    return isInField(target, own)
      ? { is: "target", url: target, query: inParts(target).query }
      : undefined;
  }

  /** The target of this registree that a URL names. */
  #named(url: string, own: Registration): string | undefined {
    const [, name = ""] = NAMED.exec(url) ?? [];
    const target = this.#targets.find(name);
    return target?.registree === own.id ? target.url : undefined;
  }
}

/** Whether only its own network knows an address: where the registree itself is, or where no other network looks. */
function isInField(target: string, { pointsOfAccess = [], peerAddress }: Registration): boolean {
  const host = isHttpPoint(target) ? hostOf(target) : undefined;
  if (host === undefined) return false;
  if (isFieldHost(host) || host === hostOf(`http://${bracketed(peerAddress ?? "")}`)) return true;
  return pointsOfAccess.some(
    (point) => (isHttpPoint(point) || isWebSocketPoint(point)) && hostOf(point) === host,
  );
}

/** For a registree CSE, the AE behind it: the registrar sends to that by way of the CSE. */
const originatorIn = ({ from }: RequestPrimitive, { id, kind }: Registration): string =>
  kind === "ae" ? stemOf(id) : (from ?? id);

function inParts(url: string): { path: string; query: string } {
  const [path = ""] = url.split(/[?#]/, 1);
  const [query = ""] = /\?[^#]*/.exec(url) ?? [];
  return { path, query };
}

const bracketed = (address: string): string => (address.includes(":") ? `[${address}]` : address);
