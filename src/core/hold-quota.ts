import { GatewayError } from "../base/errors.ts";
import type { RequestPrimitive } from "../primitive/primitive.ts";
import type { HoldLine, OpenRequest } from "./hold-line.ts";
import type { HoldUsage } from "./hold-store.ts";

/** See the configuration keys of the same names. */
export interface HoldLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  readonly totalEntries: number;
  readonly totalBytes: number;
}

/** An open exchange that has to make room. */
export interface Victim {
  readonly line: HoldLine;
  readonly open: OpenRequest;
}

/** What a request takes, and how much it is worth. */
export interface Demand {
  readonly bytes: number;
  /** Storage priority, 1 to 10. */
  readonly priority: number;
}

/** Storage priority of an event category; undefined stands for a request that names none. */
export type PriorityOf = (eventCategory: number | undefined) => number;

/** What a primitive takes beside its content, about. */
const ENVELOPE_BYTES = 256;

export function demandOf({ content, carried }: RequestPrimitive, priorityOf: PriorityOf): Demand {
  const ec = carried.get("ec");
  return {
    bytes: ENVELOPE_BYTES + (content?.size ?? 0),
    priority: priorityOf(ec === undefined ? undefined : Number(ec)),
  };
}

/** How much may be held, for one registree and for all (TS-0004, H.2.4 has buffers and storage priorities). */
export class HoldQuota {
  readonly #limits: HoldLimits;
  #count = 0;
  #bytes = 0;

  constructor(limits: HoldLimits) {
    this.#limits = limits;
  }

  get usage(): HoldUsage {
    return { count: this.#count, bytes: this.#bytes };
  }

  /** What was there before. */
  add({ count, bytes }: HoldUsage): void {
    this.#count += count;
    this.#bytes += bytes;
  }

  /**
   * Takes room on a line.
   *
   * @param lines all there are, for who else may have to make room
   * @param replaced leaves by itself when the newcomer is in
   * @returns who has to leave for it: of lower storage priority, the lowest and of these the youngest first, and never
   *   one that was acknowledged (TS-0004, H.2.4)
   * @throws GatewayError GW_HOLD_FULL for this line, GW_OVERLOADED for all; then nobody has to leave
   */
  reserve(
    line: HoldLine,
    lines: Iterable<HoldLine>,
    { bytes, priority }: Demand,
    replaced: HoldUsage = NOTHING,
  ): readonly Victim[] {
    const { maxEntries, maxBytes, totalEntries, totalBytes } = this.#limits;
    const own = excess(without(line.usage, replaced), bytes, maxEntries, maxBytes);
    const victims = leastOf(own, priority, [line], [], "GW_HOLD_FULL");
    const left = without(without(this.usage, replaced), usageOf(victims));
    const more = excess(left, bytes, totalEntries, totalBytes);
    const others = isNone(more) ? [] : leastOf(more, priority, lines, victims, "GW_OVERLOADED");
    line.reserve(bytes);
    this.add({ count: 1, bytes });
    return [...victims, ...others];
  }

  release(line: HoldLine, bytes: number): void {
    line.release(bytes);
    this.add({ count: -1, bytes: -bytes });
  }
}

/** How much has to go before one more of this size fits. */
const excess = (usage: HoldUsage, bytes: number, count: number, size: number): HoldUsage => ({
  count: Math.max(usage.count + 1 - count, 0),
  bytes: Math.max(usage.bytes + bytes - size, 0),
});

const NOTHING: HoldUsage = { count: 0, bytes: 0 };

const without = (usage: HoldUsage, less: HoldUsage): HoldUsage => ({
  count: usage.count - less.count,
  bytes: usage.bytes - less.bytes,
});

const isNone = ({ count, bytes }: HoldUsage): boolean => count === 0 && bytes === 0;

const usageOf = (victims: readonly Victim[]): HoldUsage => ({
  count: victims.length,
  bytes: victims.reduce((bytes, { open }) => bytes + open.bytes, 0),
});

/** @throws GatewayError with the code `otherwise` when it would not be enough */
function leastOf(
  needed: HoldUsage,
  priority: number,
  lines: Iterable<HoldLine>,
  taken: readonly Victim[],
  otherwise: "GW_HOLD_FULL" | "GW_OVERLOADED",
): Victim[] {
  if (isNone(needed)) return [];
  const gone = new Set(taken.map(({ open }) => open));
  const candidates = [...lines]
    .flatMap((line) => line.opened().map((open) => ({ line, open })))
    .filter(({ line, open }) => open.priority < priority && line.isIdle(open.sequence))
    .filter(({ open }) => !gone.has(open))
    .sort((a, b) => a.open.priority - b.open.priority || b.open.sequence - a.open.sequence);
  const victims: Victim[] = [];
  let { count, bytes } = needed;
  for (const victim of candidates) {
    if (count <= 0 && bytes <= 0) break;
    victims.push(victim);
    count -= 1;
    bytes -= victim.open.bytes;
  }
  if (count > 0 || bytes > 0) throw new GatewayError(otherwise);
  return victims;
}
