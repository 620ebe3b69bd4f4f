import { type Clock, type EpochMs, later, type Millis, type Timer } from "../base/clock.ts";
import type { Content } from "../primitive/content.ts";
import { type Domain, type EntityId, entityIdOf } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import type { EventFeed } from "./event-feed.ts";
import type { Observer } from "./ports.ts";
import type { Step } from "./steps.ts";
import { noteOf } from "./stories.ts";

/** A time during which all primitives of a registree are told, and those for it. */
export interface Trace {
  readonly id: string;
  readonly registree: EntityId;
  readonly ends: EpochMs;
  /** Their contents, too. */
  readonly content: boolean;
}

export interface TracesParts {
  readonly domain: Domain;
  readonly clock: Clock;
  readonly feed: EventFeed;
  /** Content as JSON. */
  readonly written: (content: Content) => string;
}

/** Characters of a content that are told. */
const LONGEST = 65_536;

/** Tells every step of the primitives of single registrees, for a while. Costs nothing while there is no trace. */
export class Traces implements Partial<Observer> {
  readonly #parts: TracesParts;
  readonly #traces = new Map<string, Trace & { readonly timer: Timer }>();
  #count = 0;

  constructor(parts: TracesParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#traces.size;
  }

  start(registree: EntityId, lasts: Millis, content: boolean): Trace {
    this.#count += 1;
    const id = `t${this.#count}`;
    const ends = later(this.#parts.clock.now(), lasts);
    const timer = this.#parts.clock.at(ends, () => this.end(id));
    const trace = { id, registree, ends, content, timer };
    this.#traces.set(id, trace);
    return trace;
  }

  find(id: string): Trace | undefined {
    return this.#traces.get(id);
  }

  list(): readonly Trace[] {
    return [...this.#traces.values()];
  }

  /** False when there is none any more. */
  end(id: string): boolean {
    const trace = this.#traces.get(id);
    if (trace === undefined) return false;
    trace.timer.cancel();
    this.#traces.delete(id);
    this.#parts.feed.tell("trace", "ended", {}, { trace: id, registree: trace.registree });
    return true;
  }

  /** Ends all of them. */
  close(): void {
    for (const id of [...this.#traces.keys()]) this.end(id);
  }

  stepped(request: RequestPrimitive, step: Step): void {
    if (this.#traces.size === 0) return;
    const by = entityIdOf(request.from ?? "", this.#parts.domain);
    const { at: _, is, registree, ...note } = noteOf(step, this.#parts.clock.now());
    for (const trace of this.#traces.values()) {
      const isFor = registree === trace.registree || this.#isAddressed(request, trace.registree);
      if (!isFor && by !== trace.registree) continue;
      const facts = { ...note, leg: registree, ...this.#primitiveOf(request, step, trace.content) };
      this.#parts.feed.tell("trace", is, facts, { trace: trace.id, registree: trace.registree });
    }
  }

  #isAddressed({ to }: RequestPrimitive, registree: EntityId): boolean {
    return entityIdOf(to, this.#parts.domain) === registree;
  }

  /** The primitive that the step is about: what is asked, or what is answered. */
  #primitiveOf(request: RequestPrimitive, step: Step, withContent: boolean): object {
    const { from, operation, requestIdentifier, resourceType, to } = request;
    const about = { originator: from, requestIdentifier, operation, to, resourceType };
    const response = step.is === "answered" || step.is === "replied" ? step.response : undefined;
    const shown = response ?? (step.is === "received" || step.is === "sent" ? request : undefined);
    if (shown === undefined) return about;
    const content = withContent ? this.#contentOf(shown) : undefined;
    return { ...about, carried: Object.fromEntries(shown.carried), content };
  }

  #contentOf({ content }: RequestPrimitive | ResponsePrimitive): string | undefined {
    if (content === undefined) return undefined;
    try {
      return this.#parts.written(content).slice(0, LONGEST);
    } catch {
      // One that JSON cannot say; the trace goes on.
      return undefined;
    }
  }
}
