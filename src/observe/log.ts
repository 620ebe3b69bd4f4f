import { type DestinationStream, type Logger, pino } from "pino";
import type { FailureCode } from "../base/errors.ts";
import type { Link, Observer } from "../core/ports.ts";
import type { EntityId } from "../primitive/identifiers.ts";

/** The gateway's logger: JSON records, one per event, content never among them. */
export function createLog(level: string, destination: DestinationStream): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

/** Names told at most, and characters of each: peers make them up. */
const UNKNOWN_NAMES = 1_000;
const LONGEST_NAME = 64;

/** Writes one record for each event that a person may want to read. */
export class LogObserver implements Observer {
  readonly #log: Logger;
  readonly #debug: boolean;
  readonly #cse: string | undefined;
  #reachable: boolean | undefined;
  readonly #unknown = new Set<string>();

  /** @param cse URL of the CSE, to be named when it cannot be reached */
  constructor(log: Logger, cse: string | undefined) {
    this.#log = log;
    this.#cse = cse;
    this.#debug = log.isLevelEnabled("debug");
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

  takeoverRefused(link: Link, registree: EntityId): void {
    this.#log.warn({ link: link.id, registree }, "take-over refused");
  }

  exchangeStarted(): void {}

  exchangeEnded({
    direction,
    operation,
    rscClass,
    failure,
    seconds,
  }: Parameters<Observer["exchangeEnded"]>[0]): void {
    if (!this.#debug) return;
    this.#log.debug(
      { direction, op: operation, rsc: rscClass, code: failure, ms: seconds * 1000 },
      "exchange",
    );
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

  handshake(): void {}

  transcoded(): void {}

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

  dialled(): void {
    // What went wrong is told where it is known.
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
