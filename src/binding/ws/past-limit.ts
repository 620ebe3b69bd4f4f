import type { IncomingMessage } from "node:http";
import { GatewayError } from "../../base/errors.ts";
import type { Limits } from "../../core/limits.ts";
import type { Observer } from "../../core/ports.ts";
import type { Gatekeeper, PastWhenAsking } from "../limits/gatekeeper.ts";
import { checkHead } from "../limits/head.ts";
import type { RefusedHandshake } from "./handshake.ts";

/** Seconds after which a refused client may try again. */
const RETRY_AFTER = ["Retry-After", "5"] as const;

/** What a handshake is told that is past a limit. */
const REFUSALS: Record<PastWhenAsking, RefusedHandshake> = {
  connections: refused("full", 503, "the gateway has as many connections as it takes"),
  "connections-per-address": refused("too-many", 429, "this address has too many connections"),
  handshakes: refused("overloaded", 503, "too many handshakes come at a time"),
  "handshakes-per-address": refused("too-many", 429, "too many handshakes come from this address"),
  "event-loop": refused("overloaded", 503, "the gateway has too much to do"),
};

/** The refusal of a handshake that is past a limit. */
export const pastLimit = (limit: keyof typeof REFUSALS): RefusedHandshake => REFUSALS[limit];

/** Whether a handshake is past a limit before anybody looks at what it asks for. */
export function admit(
  request: IncomingMessage,
  { keeper, limits, observer }: { keeper: Gatekeeper; limits: Limits; observer: Observer },
): RefusedHandshake | undefined {
  const { socket, url = "" } = request;
  const past = keeper.refusalOf(socket);
  if (past !== undefined) return pastLimit(past);
  // Those over TLS were counted before the first of them was read.
  const fast = "encrypted" in socket ? undefined : keeper.handshakeOf(keeper.addressOf(socket));
  if (fast !== undefined) {
    observer.limitReached(fast);
    return pastLimit(fast);
  }
  try {
    checkHead(request, url, limits.current);
    return undefined;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const status = error.code === "GW_TARGET_TOO_LONG" ? 414 : 431;
    return { result: "bad-request", status, headers: [], sentence: error.message };
  }
}

function refused(
  result: RefusedHandshake["result"],
  status: number,
  sentence: string,
): RefusedHandshake {
  return { result, status, sentence, headers: RETRY_AFTER };
}
