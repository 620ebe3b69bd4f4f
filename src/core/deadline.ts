import { type EpochMs, earliest, later, type Millis } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import type { RequestPrimitive } from "../primitive/primitive.ts";
import { formatTimestamp, parseAbsRel, parseTimestamp } from "../primitive/timestamps.ts";

/** `ot` further away than this says that the clocks differ, and relative times count from arrival instead. */
const SAME_CLOCK: number = 5_000;

export interface TimedRequest {
  /** With every relative time made absolute: handed on as it came, the clock would start anew at the next hop. */
  readonly request: RequestPrimitive;
  /** When its own Request or Result Expiration Timestamp passes; undefined when it names none. */
  readonly expires: EpochMs | undefined;
  readonly arrived: EpochMs;
}

/**
 * Reads the time parameters of a request on its arrival (TS-0004, 7.3.2.1 and table 6.4.1-1).
 *
 * @throws GatewayError GW_REQUEST_INVALID for an unreadable time or `rset` not later than `rqet`, GW_REQUEST_EXPIRED
 */
export function timed(request: RequestPrimitive, arrived: EpochMs): TimedRequest {
  const { carried } = request;
  if (carried.size === 0 || !TIMES.some((name) => carried.has(name))) {
    return { request, expires: undefined, arrived };
  }
  const base = baseOf(carried.get("ot"), arrived);
  const absolute = new Map(carried);
  const at = new Map<string, EpochMs>();
  let relative = false;
  for (const name of TIMES) {
    const value = carried.get(name);
    if (value === undefined) continue;
    const parsed = parseAbsRel(value, base);
    if (parsed === undefined) {
      // TS-0009 prints a duration of ISO 8601 for rp, and nothing here depends on it.
      if (name === "rp") continue;
      throw new GatewayError(
        "GW_REQUEST_INVALID",
        `${name} is neither a timestamp nor milliseconds`,
      );
    }
    at.set(name, parsed.at);
    if (!parsed.relative) continue;
    relative = true;
    absolute.set(name, formatTimestamp(parsed.at));
  }
  if (relative && !carried.has("ot")) absolute.set("ot", formatTimestamp(arrived));
  const requestExpires = at.get("rqet");
  const resultExpires = at.get("rset");
  if (
    requestExpires !== undefined &&
    resultExpires !== undefined &&
    resultExpires <= requestExpires
  ) {
    throw new GatewayError("GW_REQUEST_INVALID", "rset must be later than rqet");
  }
  const expires = requestExpires ?? resultExpires;
  if (expires !== undefined && arrived >= expires) throw new GatewayError("GW_REQUEST_EXPIRED");
  return { request: relative ? { ...request, carried: absolute } : request, expires, arrived };
}

/** Until when an exchange is worth waiting for: its own time if it has one, else `wait`; never beyond `openMax`. */
export function deadlineOf(
  expires: EpochMs | undefined,
  arrived: EpochMs,
  wait: Millis,
  openMax: Millis,
): EpochMs {
  return expires === undefined ? later(arrived, wait) : earliest(expires, later(arrived, openMax));
}

const TIMES = ["rqet", "rset", "oet", "rp"] as const;

function baseOf(ot: unknown, arrived: EpochMs): EpochMs {
  const origin = typeof ot === "string" ? parseTimestamp(ot) : undefined;
  return origin !== undefined && Math.abs(origin - arrived) <= SAME_CLOCK ? origin : arrived;
}
