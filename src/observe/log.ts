import { type DestinationStream, type Logger, pino } from "pino";
import type { FailureCode } from "../base/errors.ts";
import type { TlsParty, TlsResult } from "../base/tls.ts";
import { veiled } from "../base/veiled.ts";
import type { LimitName } from "../core/measures.ts";
import type { Link, Observer } from "../core/ports.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";

/** What whoever runs the gateway writes into its log. */
export type Log = Pick<Logger, "info" | "error" | "fatal">;

/** The gateway's logger: JSON records, one per event, content never among them, nor what lets anybody in. */
export function createLog(level: string, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { log: withoutSecrets },
    },
    destination,
  );
}

const withoutSecrets = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(textWithout) : textWithout(value),
    ]),
  );

/** Peers name users and tokens in URLs, and what is told of them has those. */
const textWithout = (value: unknown): unknown =>
  typeof value === "string" ? veiled(value) : value;

/** Names told at most, and characters of each: peers make them up. */
const UNKNOWN_NAMES = 1_000;
const LONGEST_NAME = 64;

/** Writes one record for each event that a person may want to read. */
export class LogObserver implements Partial<Observer> {
  readonly #log: Logger;
  readonly #cse: string | undefined;
  #reachable: boolean | undefined;
  readonly #unknown = new Set<string>();

  /** @param cse URL of the CSE, to be named when it cannot be reached */
  constructor(log: Logger, cse: string | undefined) {
    this.#log = log;
    this.#cse = cse;
  }

  /** The level may change while the gateway runs. */
  get #debug(): boolean {
    return this.#log.isLevelEnabled("debug");
  }

  linkOpened(link: Link, peer: string): void {
    this.#log.info({ link: link.id, peer }, "link opened");
  }

  linkClosed(link: Link, reason: string): void {
    this.#log.info({ link: link.id, close: reason }, "link closed");
  }

  bound(link: Link, registree: EntityId, displaced: Link | undefined): void {
    this.#log.info({ link: link.id, registree, displaced: displaced?.id }, "registree connected");
  }

  unbound(link: Link, registree: EntityId): void {
    this.#log.info({ link: link.id, registree }, "registree left its link");
  }

  exchangeEnded(
    { direction, operation, failure, seconds }: Parameters<Observer["exchangeEnded"]>[0],
    { from, requestIdentifier, to }: RequestPrimitive,
    { responseStatusCode }: ResponsePrimitive,
  ): void {
    if (!this.#debug) return;
    const who = { direction, originator: from, to, rqi: requestIdentifier, op: operation };
    const how = { rsc: responseStatusCode, code: failure, ms: seconds * 1000 };
    this.#log.debug({ ...who, ...how }, "exchange");
  }

  refused(failure: FailureCode): void {
    if (this.#debug) this.#log.debug({ code: failure }, "request refused");
  }

  unmatched(link: Link): void {
    this.#log.debug({ link: link.id }, "response nobody waits for");
  }

  malformed(link: Link, detail: string): void {
    this.#log.warn({ link: link.id, detail }, "message is no primitive");
  }

  tlsHandshake(face: TlsParty, result: TlsResult): void {
    if (this.#debug && result !== "established") this.#log.debug({ face, result }, "TLS failed");
  }

  tlsReloaded(party: TlsParty, why: string | undefined): void {
    if (why === undefined) this.#log.info({ tls: party }, "TLS files read again");
    else this.#log.error({ tls: party, error: why }, "TLS files refused: the old ones stay in use");
  }

  limitReached(limit: LimitName): void {
    // Whoever floods must not flood the log too; the metric counts.
    if (this.#debug) this.#log.debug({ limit }, "limit reached");
  }

  unknownName(written: string): void {
    if (this.#unknown.size >= UNKNOWN_NAMES) return;
    // A copy: a part of a string keeps the whole message in memory.
    const name = Buffer.from(written.slice(0, LONGEST_NAME)).toString();
    if (this.#unknown.has(name)) return;
    this.#unknown.add(name);
    this.#log.info({ name }, "unknown name met while transcoding; its type is guessed");
  }

  passedThrough(status: number, seconds: number): void {
    if (this.#debug) this.#log.debug({ status, ms: seconds * 1000 }, "passed through");
  }

  cseReachable(reachable: boolean, why?: string): void {
    if (reachable === this.#reachable) return;
    this.#reachable = reachable;
    if (reachable) this.#log.info({ cse: this.#cse }, "the CSE is reachable");
    else this.#log.error({ cse: this.#cse, error: why }, "the CSE is not reachable");
  }

  warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#log.warn(
      { ...fields, ...("error" in fields ? { error: String(fields["error"]) } : {}) },
      message,
    );
  }
}
