import type { Clock, EpochMs } from "../base/clock.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { Link, Observer } from "./ports.ts";

/** What has happened to a registree, as whoever runs the gateway reads it. */
export interface Happening {
  readonly at: EpochMs;
  readonly what: "registered" | "connected" | "left" | "refused" | "deregistered";
  /** The connection it concerns, by the name it has in the log. */
  readonly link: string | undefined;
  /** Why, where that is known. */
  readonly why: string | undefined;
}

/** Registrees that are remembered: those that nothing has happened to for longest are forgotten first. */
const REGISTREES = 10_000;
/** Of each, so many happenings. */
const HAPPENINGS = 16;

/** Remembers for each registree when it came and why it left. In memory, and bounded. */
export class RegistreeTimeline implements Partial<Observer> {
  readonly #clock: Clock;
  /** Those of each, the oldest first; who has changed last is last. */
  readonly #lives = new Map<EntityId, Happening[]>();
  readonly #opened = new WeakMap<Link, EpochMs>();
  /** Of a link that has lost its identities: why it closes is known later. */
  readonly #left = new WeakMap<Link, EntityId[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The oldest first. */
  of(registree: EntityId): readonly Happening[] {
    return this.#lives.get(registree) ?? [];
  }

  openedAt(link: Link): EpochMs | undefined {
    return this.#opened.get(link);
  }

  registered(registree: EntityId): void {
    this.#add(registree, "registered", undefined, undefined);
  }

  deregistered(registree: EntityId): void {
    this.#add(registree, "deregistered", undefined, undefined);
  }

  linkOpened(link: Link): void {
    this.#opened.set(link, this.#clock.now());
  }

  bound(link: Link, registree: EntityId, displaced: Link | undefined): void {
    if (displaced !== undefined) this.#explain(displaced, registree, `taken over by ${link.id}`);
    this.#add(registree, "connected", link, undefined);
  }

  unbound(link: Link, registree: EntityId): void {
    this.#add(registree, "left", link, undefined);
    const others = this.#left.get(link);
    if (others === undefined) this.#left.set(link, [registree]);
    else others.push(registree);
  }

  takeoverRefused(link: Link, registree: EntityId): void {
    this.#add(registree, "refused", link, "another connection holds this identity");
  }

  linkClosed(link: Link, reason: string): void {
    for (const registree of this.#left.get(link) ?? []) {
      this.#explain(link, registree, `closed with ${reason}`);
    }
    this.#left.delete(link);
  }

  #add(
    registree: EntityId,
    what: Happening["what"],
    link: Link | undefined,
    why: string | undefined,
  ): void {
    const life = this.#lives.get(registree) ?? [];
    life.push({ at: this.#clock.now(), what, link: link?.id, why });
    if (life.length > HAPPENINGS) life.shift();
    this.#lives.delete(registree);
    this.#lives.set(registree, life);
    const [oldest] = this.#lives.keys();
    if (this.#lives.size > REGISTREES && oldest !== undefined) this.#lives.delete(oldest);
  }

  /** Says why it left the link, unless that has been said. */
  #explain(link: Link, registree: EntityId, why: string): void {
    const life = this.#lives.get(registree) ?? [];
    const at = life.findLastIndex(({ what, link: left }) => what === "left" && left === link.id);
    const left = life[at];
    if (left !== undefined && left.why === undefined) life[at] = { ...left, why };
  }
}
