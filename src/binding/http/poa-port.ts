import type { Clock, EpochMs } from "../../base/clock.ts";
import { type FailureCode, GatewayError } from "../../base/errors.ts";
import type { Codecs } from "../../codec/codec.ts";
import { isOnce } from "../../core/pending.ts";
import type { Caller, NamedAddress } from "../../core/ports.ts";
import type { Tracing } from "../../core/tracing.ts";
import type { Serialization } from "../../primitive/content.ts";
import type { EntityId } from "../../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../../primitive/primitive.ts";
import { responseOfAnswer } from "./answer-reading.ts";
import type { CallRules } from "./callable.ts";
import { type CalledPlace, calledPlaceOf } from "./called-place.ts";
import { type ExchangeFailures, exchange } from "./client-exchange.ts";
import { refusedByProxy } from "./cse-proxy.ts";
import { type ConfiguredPool, type Destination, PoaPools } from "./poa-pools.ts";
import { httpFromRequest } from "./request-mapping.ts";

export interface PoaPortOptions {
  readonly codecs: Codecs;
  readonly rules: CallRules;
  /** CSEs that are called as the configuration says. */
  readonly configured: ReadonlyMap<EntityId, ConfiguredPool>;
  /** Use the header fields of later releases. */
  readonly laterHeaders: boolean;
  /** Calls under way; more are refused. */
  readonly maxInFlight: number;
  /** Bytes of an answer's body. */
  readonly maxBody: number;
  readonly tracing: Tracing | undefined;
  readonly clock: Clock;
}

const FAILURES = {
  unreachable: "GW_TARGET_OFFLINE",
  lost: "GW_LINK_LOST",
  silent: "GW_NO_ANSWER",
  unreadable: "GW_NO_ANSWER",
} as const satisfies ExchangeFailures;

/** Addresses over HTTP that peers have named, or the configuration for a further CSE: one request primitive, one HTTP request (TS-0009, 5.1). */
export class PoaPort implements Caller {
  readonly #options: PoaPortOptions;
  readonly #pools: PoaPools;
  #inFlight = 0;

  constructor(options: PoaPortOptions) {
    this.#options = options;
    this.#pools = new PoaPools(options.codecs, options.rules, options.configured);
  }

  async call(
    request: RequestPrimitive,
    deadline: EpochMs,
    address: NamedAddress,
  ): Promise<ResponsePrimitive> {
    const place = calledPlaceOf(address);
    if (place === undefined) throw new GatewayError("GW_NOT_CALLABLE");
    if (this.#inFlight >= this.#options.maxInFlight) throw new GatewayError("GW_LINK_BUSY");
    const destination = this.#pools.take(place.origin, address);
    if (destination.inFlight >= destination.room) throw new GatewayError("GW_LINK_BUSY");
    this.#inFlight += 1;
    destination.inFlight += 1;
    try {
      return await this.#ask(request, deadline, { address, place, destination });
    } finally {
      this.#inFlight -= 1;
      destination.inFlight -= 1;
    }
  }

  /** Breaks what is under way off. */
  close(): Promise<void> {
    return this.#pools.close();
  }

  async #ask(
    request: RequestPrimitive,
    deadline: EpochMs,
    {
      address,
      place,
      destination: { codecs, pool },
    }: {
      readonly address: NamedAddress;
      readonly place: CalledPlace;
      readonly destination: Destination;
    },
  ): Promise<ResponsePrimitive> {
    const { clock, laterHeaders, maxBody, tracing } = this.#options;
    const { operation } = request;
    const codec = codecs[spokenAt(place, address, request.content?.serialization)];
    const { method, target, headers, content } = httpFromRequest(request, {
      mediaType: codec.mediaType,
      laterHeaders,
    });
    const accept = codecs[spokenAt(place, address, request.answerIn ?? codec.serialization)];
    headers.push("Accept", accept.mediaType);
    const body =
      content === undefined
        ? null
        : codec.encodeContent(content, { emptyIsNull: operation === "update" });
    const answer = await exchange(
      { method, target: place.targetFor(target), headers, body },
      {
        asked: request,
        origin: place.origin,
        tracing,
        dispatcher: pool,
        clock,
        deadline,
        maxBody,
        failures: FAILURES,
        // With a connection there, it was the turn that did not come.
        whyUnsent: () => (pool.stats.connected > 0 ? "GW_NOT_SENT_IN_TIME" : "GW_TARGET_OFFLINE"),
      },
    ).catch(notThroughProxy);
    if (answer.status === 407) return notThroughProxy(refusedByProxy());
    const gone = answer.isOneM2m ? undefined : GATEWAY_STATUSES.get(answer.status);
    // A proxy also says 502 of a request that was executed: what must not be repeated counts as sent.
    if (gone !== undefined) throw new GatewayError(isOnce(request) ? "GW_LINK_LOST" : gone);
    return responseOfAnswer(answer, request, {
      codecs,
      laterHeaders,
      unreadable: FAILURES.unreadable,
      // Of whoever is notified no more may be expected than an answer of HTTP (TS-0004, 7.3.1.3).
      statusSuffices: operation === "notify",
    });
  }
}

/** What the own proxy does not let through has not been sent. */
function notThroughProxy(error: unknown): never {
  const isUnsent = error instanceof GatewayError && error.code === "GW_CSE_UNREACHABLE";
  throw isUnsent ? new GatewayError("GW_TARGET_OFFLINE", { cause: error.cause }) : error;
}

/** What a proxy before the registree says when that is not there (RFC 9110, 15.6); a registree says so in oneM2M's terms. */
const GATEWAY_STATUSES: ReadonlyMap<number, FailureCode> = new Map([
  [502, "GW_TARGET_OFFLINE"],
  [503, "GW_TARGET_OFFLINE"],
  [504, "GW_NO_ANSWER"],
]);

/** What is spoken there: what the address says, else what suits whoever reads there best, else what comes. */
function spokenAt(
  { serialization }: CalledPlace,
  { reads = [] }: NamedAddress,
  wanted: Serialization | undefined,
): Serialization {
  if (serialization !== undefined) return serialization;
  const [best = wanted ?? "json"] = reads;
  return wanted !== undefined && reads.includes(wanted) ? wanted : best;
}
