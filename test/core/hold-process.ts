import { randomUUID } from "node:crypto";
import { expect, onTestFinished } from "vitest";
import { millis } from "../../src/base/clock.ts";
import { AcceptedRequests } from "../../src/core/accepted.ts";
import { timed } from "../../src/core/deadline.ts";
import type { HoldCounts } from "../../src/core/hold-ledger.ts";
import type { HoldProfile, HoldTimes } from "../../src/core/hold-policy.ts";
import type { HoldLimits } from "../../src/core/hold-quota.ts";
import { type HeldRequest, type HoldStore, OUTCOMES } from "../../src/core/hold-store.ts";
import { createHolding, type Holding } from "../../src/core/holding.ts";
import type { Table } from "../../src/core/ports.ts";
import type { Registration } from "../../src/core/registration.ts";
import { Registry } from "../../src/core/registry.ts";
import type { RequestRecord } from "../../src/core/request-resource.ts";
import type { WhenGone } from "../../src/core/to-hold.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../../src/primitive/primitive.ts";
import { MemoryHoldStore } from "../../src/store/memory-hold-store.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { silentObserver } from "../helpers/silent-observer.ts";
import { AnsweringLink } from "./answering-link.ts";
import { DOMAIN, entity, requestOf, responseOf } from "./primitives.ts";
import { Disk, WatchedStore, watchedTable } from "./watched-store.ts";

export const AE = entity("/id-in/CAE7");
export const OTHER = entity("/id-in/CAE8");
export const CSE = entity("/id-mn");

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const TIMES: HoldTimes = {
  ceiling: millis(8 * SECOND),
  openMax: millis(10 * MINUTE),
  notifyDefault: millis(DAY),
  otherDefault: millis(HOUR),
  max: millis(7 * DAY),
};

export interface ProcessOptions {
  readonly clock?: ManualClock;
  readonly store?: HoldStore;
  readonly table?: Table<RequestRecord>;
  readonly limits?: Partial<HoldLimits>;
  readonly profile?: HoldProfile;
  readonly times?: Partial<HoldTimes>;
  readonly attempts?: number;
  readonly maxRequests?: number;
  readonly priorityOf?: (category: number | undefined) => number;
  readonly cse?: (request: RequestPrimitive) => Promise<ResponsePrimitive>;
  /** Whether its books have to balance when the test ends; they do unless told otherwise. */
  readonly checked?: boolean;
}

const LAST_ON = new WeakMap<HoldStore, HoldProcess>();

/** The core of holding as one process has it, with registrees CAE7, CAE8 and the CSE /id-mn that are away. */
export class HoldProcess {
  readonly clock: ManualClock;
  readonly store: HoldStore;
  readonly table: Table<RequestRecord>;
  readonly disk = new Disk();
  readonly registry: Registry;
  readonly holding: Holding;
  /** Of records for an operator. */
  readonly warnings: string[] = [];
  /** What the CSE was asked. */
  readonly asked: RequestPrimitive[] = [];
  readonly #links = new Set<AnsweringLink>();

  constructor(options: ProcessOptions = {}) {
    const { clock = new ManualClock(), store = new MemoryHoldStore() } = options;
    const { table = memoryTable(), cse = async () => responseOf(2000) } = options;
    this.clock = clock;
    this.store = store;
    this.table = table;
    const observer = silentObserver({
      warn: (message, { error }) => this.warnings.push(`${message}: ${error}`),
    });
    this.registry = new Registry({
      domain: DOMAIN,
      clock,
      observer,
      table: memoryTable<Registration>(),
    });
    const { registry } = this;
    this.holding = createHolding({
      maxInFlight: () => 100_000,
      domain: DOMAIN,
      clock,
      observer,
      registry,
      store: new WatchedStore(store, this.disk),
      table: watchedTable(table, this.disk),
      accepted: new AcceptedRequests(DOMAIN, registry),
      points: { base: "http://gw.example/poa/" },
      cse: {
        request: (request) => {
          this.asked.push(request);
          return cse(request);
        },
      },
      patience: { cseTimeout: millis(30 * SECOND), openMax: TIMES.openMax },
      profile: options.profile ?? "store",
      times: { ...TIMES, ...options.times },
      limits: {
        maxEntries: 1_000_000,
        maxBytes: 1e12,
        totalEntries: 1_000_000,
        totalBytes: 1e12,
        ...options.limits,
      },
      answerWithin: millis(10 * SECOND),
      attempts: options.attempts ?? 3,
      priorityOf: options.priorityOf ?? (() => 5),
      keptFor: millis(HOUR),
      waitsFor: TIMES.max,
      maxRequests: options.maxRequests ?? 1_000,
      originator: "/id-in",
      newId: randomUUID,
    });
    for (const id of [AE, OTHER, CSE]) this.register(id);
    LAST_ON.set(store, this);
    if (options.checked ?? true) onTestFinished(({ task }) => this.#check(task.result?.state));
  }

  /** What was restored and accepted has ended or is held, by scanning the store (architecture, S10). */
  async #check(state: string | undefined): Promise<void> {
    // Of the store, only the last process on it knows; and a test that has failed already says more.
    if (LAST_ON.get(this.store) !== this || state === "fail") return;
    await this.quiet();
    expect(this.held().length + this.holding.hold.openExchanges).toBe(this.heldByCounts);
    expect(this.holding.hold.storing).toBe(0);
  }

  register(id: EntityId, token = `t${id}`): void {
    void this.registry.register({
      id,
      kind: id.startsWith("/id-in/") ? "ae" : "cse",
      token,
      addresses: [],
      pointsOfAccess: undefined,
      reachable: true,
      expires: undefined,
    });
  }

  /** A link of `registree`, which has returned. */
  connect(registree: EntityId, link = new AnsweringLink(this.clock)): AnsweringLink {
    this.#links.add(link);
    this.registry.bind(registree, link, {
      basis: "registration",
      strength: "claim",
      trusted: true,
    });
    this.holding.hold.returned(registree);
    return link;
  }

  /** The link is gone. */
  drop(link: AnsweringLink): void {
    link.open = false;
    this.registry.unbind(link);
    link.lose();
  }

  /** A request for `registree`; in short names, as requestOf has them. Never rejects. */
  send(
    registree: EntityId,
    members: Readonly<Record<string, unknown>>,
    whenGone?: WhenGone,
  ): Promise<ResponsePrimitive> {
    const request = timed(requestOf({ fr: "CSRC", ...members }), this.clock.now());
    const token = this.registry.registration(registree)?.token ?? "";
    const route = { via: "registree", registree, token } as const;
    return this.holding.exchanges.carry(route, request, whenGone);
  }

  /** Until nothing more happens by itself: nothing is being written, and no turn is left to take. */
  async quiet(): Promise<void> {
    for (let idle = 0, before = -1, turns = 0; idle < 4; turns += 1) {
      if (turns > 20_000) throw new Error("it does not come to rest");
      await new Promise((resolve) => setImmediate(resolve));
      // What was set for a time that has passed meanwhile.
      this.clock.advance(0);
      const begun = [...this.#links].reduce((sum, { sent }) => sum + sent.length, this.disk.begun);
      idle = this.disk.underWay > 0 || begun !== before ? 0 : idle + 1;
      before = begun;
    }
  }

  /** Moves time on in steps of `step` ms, in each of which everything comes to rest. */
  async pass(by: number, step = by): Promise<void> {
    await this.quiet();
    for (let left = by; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left));
      await this.quiet();
    }
  }

  get counts(): HoldCounts {
    return this.holding.hold.counts;
  }

  held(registree?: EntityId): readonly HeldRequest[] {
    return [...this.store.list(registree)];
  }

  /** Restored and accepted, less all that has ended: what is held, by the counters (architecture, D4). */
  get heldByCounts(): number {
    const { counts } = this;
    return OUTCOMES.reduce((left, it) => left - counts[it], counts.restored + counts.accepted);
  }
}

/** What a request was answered with, or "waits". */
export const stateOf = async (answer: Promise<ResponsePrimitive>): Promise<string> => {
  const response = await Promise.race([answer, Promise.resolve(undefined)]);
  if (response === undefined) return "waits";
  return `${response.responseStatusCode}${response.failure === undefined ? "" : ` ${response.failure}`}`;
};

export const rqisOf = (sent: readonly { readonly request: RequestPrimitive }[]): string[] =>
  sent.map(({ request }) => request.requestIdentifier);

export const NOTE = { op: "notify", to: AE, pc: { "m2m:sgn": { sur: "cse-in/sub" } } };
