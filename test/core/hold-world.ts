import { expect, type MockInstance, vi } from "vitest";
import type { EpochMs } from "../../src/base/clock.ts";
import { HoldLine, type OpenRequest } from "../../src/core/hold-line.ts";
import { latestOf } from "../../src/core/hold-policy.ts";
import type { HeldRequest, HoldStore } from "../../src/core/hold-store.ts";
import type { Table } from "../../src/core/ports.ts";
import type { RequestRecord } from "../../src/core/request-resource.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../../src/primitive/primitive.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import type { AnsweringLink, Sent } from "./answering-link.ts";
import { DAY, HoldProcess, SECOND, TIMES } from "./hold-process.ts";
import { IDS, KINDS, type Step, type Who } from "./hold-schedules.ts";
import { requestOf } from "./primitives.ts";

const LIMITS = { maxEntries: 5, maxBytes: 3_000, totalEntries: 8, totalBytes: 4_000 };
const ATTEMPTS = 3;

/** One request of an originator, and all that is known of it. */
interface Asked {
  readonly rqi: string;
  readonly registree: EntityId;
  readonly members: Readonly<Record<string, unknown>>;
  readonly request: RequestPrimitive;
  readonly arrived: EpochMs;
  readonly expires: number | undefined;
  /** Of the process that was asked. */
  readonly process: number;
  response: ResponsePrimitive | undefined;
  answered: boolean;
  /** It was sent so often, and so often nothing came in time. */
  sends: number;
  silences: number;
  /** It is on a live link, not held. */
  live: boolean;
  deregistered: boolean;
  takenBack: boolean;
  gone: boolean;
  left: (() => void) | undefined;
}

/** Originators, registrees and a process that ends and starts again, and what must be true of them all the time. */
export class World {
  readonly #storeOf: (closes: boolean) => HoldStore | Promise<HoldStore>;
  readonly #slowness: number;
  readonly #clock = new ManualClock();
  readonly #table: Table<RequestRecord> = memoryTable();
  readonly #asked: Asked[] = [];
  readonly #links = new Map<Who, AnsweringLink>();
  readonly #lines = new Set<HoldLine>();
  /** Process and identifier of what was sent at least once. */
  readonly #firsts = new Set<string>();
  /** What must not happen and did. */
  readonly #wrong: string[] = [];
  readonly #joins: MockInstance<HoldLine["join"]>;
  #process = new HoldProcess({ checked: false });
  #processes = 0;
  #registered = new Set<Who>(["ae", "cse"]);

  /**
   * @param slowness turns of the event loop that each write of the disk takes, twice
   * @param storeOf the store of the next process; `closes` when there was one before
   */
  constructor(slowness: number, storeOf: (closes: boolean) => HoldStore | Promise<HoldStore>) {
    this.#slowness = slowness;
    this.#storeOf = storeOf;
    const { join } = HoldLine.prototype;
    const lines = this.#lines;
    this.#joins = vi.spyOn(HoldLine.prototype, "join").mockImplementation(function (
      this: HoldLine,
      open: OpenRequest,
    ) {
      lines.add(this);
      join.call(this, open);
    });
  }

  end(): void {
    this.#joins.mockRestore();
  }

  async start(): Promise<void> {
    await this.#startProcess(false);
  }

  async take(step: Step): Promise<void> {
    switch (step[0]) {
      case "send":
        return this.#send(step[1], { ...KINDS[step[2]], size: step[3] }, step[4]);
      case "connect":
        return this.#connect(step[1]);
      case "drop":
        return this.#drop(step[1]);
      case "answer":
        return void this.#answer(step[1], 2000);
      case "refuse":
        return void this.#answer(step[1], 4103);
      case "busy": {
        const link = this.#links.get(step[1]);
        if (link !== undefined) link.refuses += 1;
        return;
      }
      case "deregister":
        return this.#deregister(step[1]);
      case "pass":
        return await this.#process.pass(step[1], Math.max(step[1] / 8, SECOND));
      case "sleep":
        return this.#clock.advance(step[1]);
      case "leave":
        return this.#leave(step[1]);
      case "repeat":
        return this.#repeat(step[1]);
      case "takeBack":
        return await this.#takeBack(step[1]);
      case "crash":
        this.#process.disk.crash();
        return await this.#restart();
      case "stop":
        void this.#process.holding.hold.drain();
        for (const each of ["ae", "cse"] as const) this.#drop(each);
        await this.#process.quiet();
        return await this.#restart();
      case "wait":
        for (let turn = 0; turn < step[1]; turn += 1) {
          await new Promise((resolve) => setImmediate(resolve));
        }
        return;
    }
  }

  /** Everything is at rest: what has to be true then. */
  async check(): Promise<void> {
    await this.#process.quiet();
    // One that is on its way back when its time passes is looked at again a second later.
    if (this.#expired().length > 0) await this.#process.pass(SECOND);
    expect(this.#expired().map(rqiOf), "expired and held").toEqual([]);
    expect(this.#wrong).toEqual([]);
    const { counts, heldByCounts, holding } = this.#process;
    const stored = this.#process.held();
    const open = [...this.#lines].flatMap((line) => line.opened());
    const bytes = [...stored, ...open].reduce((sum, it) => sum + it.bytes, 0);
    const held = { count: stored.length + open.length, bytes };
    expect(heldByCounts, `held by ${JSON.stringify(counts)}`).toBe(held.count);
    expect(holding.hold.usage, "usage").toEqual(held);
    this.#checkLimits();
    const waiting = this.#asked.filter((it) => this.#isWaiting(it) && !it.live);
    const settles = open.filter(({ settle }) => settle !== undefined);
    expect(waiting.map(({ rqi }) => rqi).sort(), "kept open").toEqual(settles.map(rqiOf).sort());
    const names = new Set(stored.map(rqiOf));
    const lost = this.#asked.filter((it) => it.response?.held && !names.has(it.rqi));
    expect(
      lost.filter((it) => !this.#mayBeGone(it)).map(({ rqi }) => rqi),
      "lost",
    ).toEqual([]);
    expect(
      this.#asked.filter((it) => isOnce(it.request) && it.sends > 1).map(({ rqi }) => rqi),
      "sent twice",
    ).toEqual([]);
  }

  /** Everybody comes home and answers; then time passes. */
  async finish(): Promise<void> {
    for (const each of ["ae", "cse"] as const) {
      this.#connect(each);
      const link = this.#links.get(each);
      if (link === undefined) continue;
      link.refuses = 0;
      while (link.pending.length > 0) {
        this.#answer(each, 2000);
        await this.#process.quiet();
      }
    }
    await this.check();
    await this.#process.pass(40 * SECOND, 5 * SECOND);
    await this.#process.pass(8 * DAY, DAY);
    await this.check();
    expect(this.#process.held(), "left over").toEqual([]);
    expect(this.#process.holding.hold.usage, "usage").toEqual({ count: 0, bytes: 0 });
    const waiting = this.#asked.filter((it) => this.#isWaiting(it)).map(({ rqi }) => rqi);
    expect(waiting, "never answered").toEqual([]);
    this.#process.holding.close();
  }

  #isWaiting({ response, process }: Asked): boolean {
    return response === undefined && process === this.#processes;
  }

  async #startProcess(closes: boolean): Promise<void> {
    const store = await this.#storeOf(closes);
    this.#processes += 1;
    this.#lines.clear();
    this.#process = new HoldProcess({
      checked: false,
      clock: this.#clock,
      store,
      table: this.#table,
      limits: LIMITS,
      attempts: ATTEMPTS,
      priorityOf: (category) => (category === 100 ? 9 : category === 2 ? 7 : 5),
    });
    this.#process.disk.slowness = this.#slowness;
    this.#registered = new Set(["ae", "cse"]);
    expect(this.#process.counts.restored, "restored").toBe(this.#process.held().length);
  }

  async #restart(): Promise<void> {
    this.#process.disk.crash();
    this.#process.holding.close();
    this.#process.registry.close();
    for (const link of this.#links.values()) link.lose();
    this.#links.clear();
    await this.#process.quiet();
    await this.#startProcess(true);
  }

  #send(to: Who, parts: Readonly<Record<string, unknown>>, after: number | undefined): void {
    if (!this.#registered.has(to)) return;
    const { size, ...members } = parts;
    // Which of two is the latest is told by the clock.
    this.#clock.advance(1);
    const arrived = this.#clock.now();
    const rqi = `n${this.#asked.length + 1}`;
    const ask = {
      fr: "CSRC",
      rqi,
      to: to === "ae" ? "CAE7" : "/id-mn/x",
      ...members,
      ...(after === undefined ? {} : { rqet: String(after) }),
      ...(size === "big" ? { pc: { "m2m:sgn": { pad: "x".repeat(900) } } } : {}),
    };
    this.#carry(IDS[to], ask, after === undefined ? undefined : arrived + after);
  }

  #carry(
    registree: EntityId,
    members: Readonly<Record<string, unknown>>,
    expires: number | undefined,
  ): void {
    const asked: Asked = {
      rqi: String(members["rqi"]),
      registree,
      members,
      request: requestOf(members),
      arrived: this.#clock.now(),
      expires,
      process: this.#processes,
      response: undefined,
      answered: false,
      sends: 0,
      silences: 0,
      live: false,
      deregistered: false,
      takenBack: false,
      gone: false,
      left: undefined,
    };
    this.#asked.push(asked);
    const sends = asked.sends;
    const answer = this.#process.send(registree, members, (left) => {
      asked.live = false;
      if (asked.gone) left();
      else asked.left = left;
    });
    asked.live = asked.sends > sends;
    void answer.then((response) => {
      asked.response = response;
    });
  }

  #connect(to: Who): void {
    if (!this.#registered.has(to)) {
      this.#process.register(IDS[to]);
      this.#registered.add(to);
    }
    if (this.#links.has(to)) return;
    const link = this.#process.connect(IDS[to]);
    link.onSend = (sent, refused) => this.#sending(sent, refused);
    this.#links.set(to, link);
  }

  #drop(to: Who): void {
    const link = this.#links.get(to);
    this.#links.delete(to);
    if (link !== undefined) this.#process.drop(link);
  }

  #answer(to: Who, rsc: number): void {
    const sent = this.#links.get(to)?.answerOldest(rsc);
    for (const asked of this.#of(sent?.request)) asked.answered = true;
  }

  #deregister(to: Who): void {
    if (!this.#registered.delete(to)) return;
    for (const asked of this.#asked) if (asked.registree === IDS[to]) asked.deregistered = true;
    void this.#process.registry.deregister(IDS[to]);
    this.#links.delete(to);
  }

  #leave(which: number): void {
    const waiting = this.#asked.filter((it) => this.#isWaiting(it) && !it.gone);
    const asked = waiting[which % waiting.length];
    if (asked === undefined) return;
    asked.gone = true;
    asked.left?.();
  }

  /** Those that have left ask again (D-5.2). */
  #repeat(which: number): void {
    const gone = this.#asked.filter(
      ({ gone, process, request }) =>
        gone && process === this.#processes && isOnce(request) && !request.carried.has("rt"),
    );
    const again = gone[which % gone.length];
    if (again === undefined || !this.#registered.has("cse")) return;
    const { rqet: _, ...members } = again.members;
    if (this.#asked.some((it) => it.rqi === again.rqi && it.response === undefined)) return;
    this.#carry(again.registree, members, undefined);
  }

  async #takeBack(which: number): Promise<void> {
    const accepted = this.#asked.filter(({ response }) => response?.content !== undefined);
    const asked = accepted[which % accepted.length];
    const uri = (asked?.response?.content?.tree() as Record<string, unknown> | undefined)?.[
      "m2m:uri"
    ];
    if (asked === undefined || typeof uri !== "string") return;
    const request = requestOf({ op: "delete", fr: asked.request.from, to: uri });
    const timedRequest = { request, expires: undefined, arrived: this.#clock.now() };
    const { exchanges } = this.#process.holding;
    const { responseStatusCode } = await exchanges.carry({ via: "request", id: uri }, timedRequest);
    if (responseStatusCode === 2002) asked.takenBack = true;
  }

  #expired(): readonly HeldRequest[] {
    return this.#process.held().filter(({ expires }) => expires <= this.#clock.now());
  }

  #checkLimits(): void {
    const { storing, usage } = this.#process.holding.hold;
    expect(usage.count - storing, "books at any moment").toBe(this.#process.heldByCounts);
    expect(usage.count, "of all").toBeLessThanOrEqual(LIMITS.totalEntries);
    expect(usage.bytes, "of all").toBeLessThanOrEqual(LIMITS.totalBytes);
    for (const id of Object.values(IDS)) {
      const lines = [...this.#lines].filter(({ registree }) => registree === id);
      const held = [...this.#process.held(id), ...lines.flatMap((line) => line.opened())];
      expect(held.length, "of one").toBeLessThanOrEqual(LIMITS.maxEntries);
      const bytes = held.reduce((sum, it) => sum + it.bytes, 0);
      expect(bytes, "of one").toBeLessThanOrEqual(LIMITS.maxBytes);
    }
  }

  #sending({ request, registree, at }: Sent, refused: boolean): void {
    const rqi = request.requestIdentifier;
    const stored = this.#process.held(registree).filter((it) => it.request.operation === "notify");
    const self = stored.find((it) => rqiOf(it) === rqi);
    const firstOf = (it: string): string => `${this.#processes} ${it}`;
    // While the disk writes, those before it may be about to leave, or to be replaced.
    const isStill = this.#process.disk.underWay === 0;
    if (isStill && self !== undefined && !this.#firsts.has(firstOf(rqi))) {
      const overtaken = stored.filter(
        (it) =>
          it.sequence < self.sequence && it.expires > at && !this.#firsts.has(firstOf(rqiOf(it))),
      );
      for (const it of overtaken) this.#wrong.push(`${rqi} is sent before ${rqiOf(it)}`);
    }
    this.#firsts.add(firstOf(rqi));
    const [asked] = this.#of(request).slice(-1);
    const until = Math.min(self?.expires ?? Infinity, asked?.expires ?? Infinity);
    if (at >= until) this.#wrong.push(`${rqi} is sent too late`);
    if (asked !== undefined && !refused) asked.sends += 1;
  }

  #of(request: RequestPrimitive | undefined): readonly Asked[] {
    return this.#asked.filter(({ rqi }) => rqi === request?.requestIdentifier);
  }

  /** Whether one that was acknowledged may be in the store no more. */
  #mayBeGone(asked: Asked): boolean {
    const { request, arrived, expires, registree, sends } = asked;
    const { notifyDefault, otherDefault, max } = TIMES;
    const byDefault = request.operation === "notify" ? notifyDefault : otherDefault;
    const until = Math.min(expires ?? arrived + byDefault, arrived + max);
    const latest = latestOf(request);
    const later = this.#asked.slice(this.#asked.indexOf(asked) + 1);
    return (
      asked.answered ||
      asked.deregistered ||
      asked.takenBack ||
      this.#clock.now() >= until ||
      sends >= ATTEMPTS ||
      (isOnce(request) && sends > 0) ||
      (latest !== undefined &&
        later.some((it) => it.registree === registree && latestOf(it.request) === latest))
    );
  }
}

const isOnce = ({ operation }: RequestPrimitive): boolean =>
  operation !== "notify" && operation !== "retrieve";

const rqiOf = ({ request }: { readonly request: RequestPrimitive }): string =>
  request.requestIdentifier;
