import type { Clock } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import { Rsc } from "../base/response-status-code.ts";
import { type Content, MadeContent } from "../primitive/content.ts";
import { type Domain, type EntityId, stemOf } from "../primitive/identifiers.ts";
import type { TimedRequest } from "./deadline.ts";
import type { Exchanges } from "./exchange.ts";
import { type LearntResource, learnRetrieved } from "./learn.ts";
import { type PointsOfAccess, replaced, written } from "./points-of-access.ts";
import type { Observer } from "./ports.ts";
import { questionOf } from "./question.ts";
import type { Registration } from "./registration.ts";

export interface AdoptionParts {
  readonly clock: Clock;
  readonly domain: Domain;
  readonly exchanges: Exchanges;
  readonly points: PointsOfAccess;
  readonly observer: Observer;
  /** 128 random bits as text for a URL. */
  readonly newToken: () => string;
}

/** pointOfAccess as a registree wrote it, and from where (see `Link.peerAddress`). */
export interface WrittenPoints {
  readonly list: readonly string[] | undefined;
  readonly peerAddress: string | undefined;
}

/** Makes known here who is registered, with its token. Resolves when that is stored. */
export type Enter = (
  id: EntityId,
  token: string,
  learnt: LearntResource,
  wrote: WrittenPoints,
) => Promise<Registration>;

/**
 * Takes in AEs that the CSE knows and this gateway does not: asks for their `<AE>` with their own originator, and adds the
 * gateway's point of access to it.
 */
export class Adoptions {
  readonly #parts: AdoptionParts;
  readonly #enter: Enter;
  readonly #underWay = new Map<EntityId, Promise<Registration>>();

  constructor(parts: AdoptionParts, enter: Enter) {
    this.#parts = parts;
    this.#enter = enter;
  }

  /**
   * @param asked the request that gave rise to it, if one did
   * @param peerAddress see `Link.peerAddress`
   * @throws GatewayError GW_ORIGINATOR_UNKNOWN when the CSE does not know it either, or why the CSE was not reached
   */
  adopt(
    id: EntityId,
    from: string,
    asked: TimedRequest | undefined,
    peerAddress: string | undefined,
  ): Promise<Registration> {
    // Two at a time would each leave a point of access at the CSE, and only one of them would be known here.
    const underWay = this.#underWay.get(id);
    if (underWay !== undefined) return underWay;
    const adoption = this.#adopt(id, from, asked, peerAddress).finally(() =>
      this.#underWay.delete(id),
    );
    this.#underWay.set(id, adoption);
    return adoption;
  }

  async #adopt(
    id: EntityId,
    from: string,
    asked: TimedRequest | undefined,
    peerAddress: string | undefined,
  ): Promise<Registration> {
    const { domain, exchanges, newToken, observer, points } = this.#parts;
    const ask = (operation: "retrieve" | "update", content?: Content): TimedRequest =>
      questionOf(
        { operation, to: stemOf(id), from, ...(content && { content }) },
        asked,
        this.#parts,
      );
    const found = await exchanges.carry({ via: "cse" }, ask("retrieve"));
    if (found.failure !== undefined) throw new GatewayError(found.failure);
    const learnt = learnRetrieved(found, domain);
    if (found.content === undefined || learnt?.id !== id)
      throw new GatewayError("GW_ORIGINATOR_UNKNOWN");
    const token = newToken();
    const listed = learnt.pointsOfAccess ?? [];
    const poa = replaced(listed, { token }, points);
    const told = await exchanges.carry(
      { via: "cse" },
      ask("update", new MadeContent({ "m2m:ae": { poa } })),
    );
    if (told.responseStatusCode !== Rsc.UPDATED) {
      observer.warn("the CSE did not take the point of access of an adopted AE", {
        registree: id,
        rsc: told.responseStatusCode,
      });
    }
    const own = written(listed, points);
    const list = own.length === 0 ? undefined : own;
    return await this.#enter(id, token, learnt, { list, peerAddress });
  }
}
