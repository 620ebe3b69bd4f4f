import type { Clock, EpochMs } from "../base/clock.ts";
import type { FailureCode } from "../base/errors.ts";
import { veiled } from "../base/veiled.ts";
import { type Domain, type EntityId, entityIdOf } from "../primitive/identifiers.ts";
import type { RequestPrimitive } from "../primitive/primitive.ts";
import type { Asking, Link, Observer } from "./ports.ts";
import type { Step } from "./steps.ts";
import { noteOf } from "./stories.ts";

/** What events are about; a closed set. `primitive` and `trace` are many, and for those only who ask for them. */
export const EVENT_TYPES = [
  "link",
  "registree",
  "upstream",
  "warning",
  "operator",
  "primitive",
  "trace",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Something that has happened, for whoever watches. */
export interface GatewayEvent {
  /** Ascending, in one run of the gateway. */
  readonly id: number;
  readonly at: EpochMs;
  readonly type: EventType;
  /** What has happened, in a word or two. */
  readonly what: string;
  readonly registree?: EntityId | undefined;
  /** The trace that it belongs to. */
  readonly trace?: string | undefined;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** Which events; what is undefined does not matter. */
export interface EventFilter {
  /** Without it, all types but `primitive` and `trace`. */
  readonly types?: ReadonlySet<EventType> | undefined;
  readonly registree?: EntityId | undefined;
  readonly trace?: string | undefined;
}

/** Events that are kept for those who come back: the latest. */
const KEPT = 256;
const MANY: ReadonlySet<EventType> = new Set(["primitive", "trace"]);

interface Subscriber {
  readonly filter: EventFilter;
  readonly listener: (event: GatewayEvent) => void;
}

/** Tells whoever watches what happens, as it happens. What many would be is made only while somebody asks for it. */
export class EventFeed implements Partial<Observer> {
  readonly #clock: Clock;
  readonly #domain: Domain;
  readonly #kept: GatewayEvent[] = [];
  readonly #subscribers = new Set<Subscriber>();
  /** Of those, how many hear of primitives. */
  #primitiveHearers = 0;
  #last = 0;
  #reachable: boolean | undefined;

  constructor({ clock, domain }: { readonly clock: Clock; readonly domain: Domain }) {
    this.#clock = clock;
    this.#domain = domain;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /**
   * Calls `listener` for each event from now on, and before that for those kept behind `after`.
   *
   * @param listener must not throw
   * @returns ends it
   */
  subscribe(
    filter: EventFilter,
    after: number | undefined,
    listener: (event: GatewayEvent) => void,
  ): () => void {
    if (after !== undefined) {
      for (const event of this.#kept) {
        if (event.id > after && fits(event, filter)) listener(event);
      }
    }
    const subscriber = { filter, listener };
    const hears = filter.types?.has("primitive") === true ? 1 : 0;
    this.#subscribers.add(subscriber);
    this.#primitiveHearers += hears;
    return () => {
      if (this.#subscribers.delete(subscriber)) this.#primitiveHearers -= hears;
    };
  }

  /** Tells all whom it concerns. */
  tell(
    type: EventType,
    what: string,
    facts: GatewayEvent["facts"],
    about: Pick<GatewayEvent, "registree" | "trace"> = {},
  ): void {
    this.#last += 1;
    const event = { id: this.#last, at: this.#clock.now(), type, what, ...about, facts };
    if (!MANY.has(type)) {
      this.#kept.push(event);
      if (this.#kept.length > KEPT) this.#kept.shift();
    }
    for (const { filter, listener } of this.#subscribers) {
      if (fits(event, filter)) listener(event);
    }
  }

  linkOpened({ id: link }: Link, peer: string): void {
    this.tell("link", "opened", { link, peer });
  }

  linkClosed({ id: link }: Link, reason: string): void {
    this.tell("link", "closed", { link, close: reason });
  }

  bound({ id: link }: Link, registree: EntityId, displaced: Link | undefined): void {
    this.tell("registree", "connected", { link, displaced: displaced?.id }, { registree });
  }

  unbound({ id: link }: Link, registree: EntityId): void {
    this.tell("registree", "left", { link }, { registree });
  }

  takeoverRefused({ id: link }: Link, registree: EntityId): void {
    this.tell("registree", "refused", { link }, { registree });
  }

  registered(registree: EntityId): void {
    this.tell("registree", "registered", {}, { registree });
  }

  deregistered(registree: EntityId): void {
    this.tell("registree", "deregistered", {}, { registree });
  }

  denied({ peer, originator, act, to }: Asking, code: FailureCode): void {
    // An address that is written wrong may have the token of a point of access in it.
    const facts = { face: peer.face, peer: peer.address, act, to: veiled(to), code };
    this.tell("registree", "denied", facts, { registree: entityIdOf(originator, this.#domain) });
  }

  acted(action: string, fields: Readonly<Record<string, unknown>>): void {
    this.tell("operator", action, fields);
  }

  cseReachable(reachable: boolean, why?: string): void {
    if (reachable === this.#reachable) return;
    this.#reachable = reachable;
    this.tell("upstream", reachable ? "reachable" : "not reachable", { why: why && veiled(why) });
  }

  warn(message: string): void {
    this.tell("warning", message, {});
  }

  stepped(request: RequestPrimitive, step: Step): void {
    if (this.#primitiveHearers === 0) return;
    const { at: _, is, registree, ...facts } = noteOf(step, this.#clock.now());
    const { from: originator, operation, requestIdentifier, to } = request;
    const about = { originator, requestIdentifier, operation, to };
    this.tell("primitive", is, { ...about, ...facts }, { registree });
  }
}

function fits(event: GatewayEvent, { types, registree, trace }: EventFilter): boolean {
  if (trace !== undefined) return event.trace === trace;
  if (types === undefined ? MANY.has(event.type) : !types.has(event.type)) return false;
  return registree === undefined || event.registree === registree;
}
