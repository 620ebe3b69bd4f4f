import {
  HANDSHAKE_RESULTS,
  type HandshakeResult,
  LIMIT_NAMES,
  type LimitName,
  PROOF_RESULTS,
  type ProofResult,
  SHOWN,
  type ShownAs,
} from "../core/measures.ts";
import { ACTS, type Asking, type Observer } from "../core/ports.ts";
import type { Exposition } from "./exposition.ts";
import { CountsBy } from "./hot-counters.ts";

/** WebSocket close codes as a closed set of words (RFC 6455, 7.4.1). */
const CLOSE_WORDS: ReadonlyMap<string, string> = new Map([
  ["1000", "normal"],
  ["1001", "going-away"],
  ["1002", "protocol-error"],
  ["1003", "unsupported-data"],
  ["1005", "normal"],
  ["1006", "lost"],
  ["1007", "invalid-data"],
  ["1008", "policy"],
  ["1009", "too-big"],
  ["1012", "restart"],
  ["1013", "overloaded"],
  ["4001", "superseded"],
  ["4002", "deregistered"],
  ["4003", "kicked"],
]);
const CLOSE_REASONS = [...new Set(CLOSE_WORDS.values()), "other"];

/** Who comes, who goes, and who is turned away. */
export class ConnectionMetrics implements Partial<Observer> {
  readonly #handshakes = new CountsBy(HANDSHAKE_RESULTS);
  readonly #closes = new CountsBy(CLOSE_REASONS);
  readonly #takeovers = new CountsBy(["taken", "refused"]);
  readonly #proofs = new CountsBy(SHOWN, PROOF_RESULTS);
  readonly #denied = new CountsBy(["http", "ws"], [...ACTS, "other"]);
  readonly #limits = new CountsBy(LIMIT_NAMES);
  #malformed = 0;

  constructor(shown: Exposition) {
    shown.counts(
      "m2mgw_handshakes_total",
      "WebSocket handshakes by what became of them.",
      this.#handshakes,
      "result",
    );
    shown.counts(
      "m2mgw_link_closes_total",
      "WebSocket connections closed, by reason.",
      this.#closes,
      "reason",
    );
    shown.single(
      "counter",
      "m2mgw_malformed_messages_total",
      "WebSocket messages that were no oneM2M primitives.",
      () => this.#malformed,
    );
    shown.counts(
      "m2mgw_takeovers_total",
      "Identities claimed by a connection while another one held them.",
      this.#takeovers,
      "result",
    );
    shown.counts(
      "m2mgw_authentications_total",
      "Handshakes and HTTP requests by what they showed to prove who makes them, and what came of it.",
      this.#proofs,
      "shown",
      "result",
    );
    shown.counts(
      "m2mgw_denied_total",
      "Requests that nothing permits, or for which not enough was proven.",
      this.#denied,
      "face",
      "act",
    );
    shown.counts(
      "m2mgw_limits_total",
      "Connections, and what came on them, turned away or slowed down by a limit.",
      this.#limits,
      "limit",
    );
  }

  handshake(result: HandshakeResult): void {
    this.#handshakes.add(result);
  }

  linkClosed(_link: unknown, reason: string): void {
    this.#closes.add(CLOSE_WORDS.get(reason) ?? "other");
  }

  bound(_link: unknown, _registree: unknown, displaced: unknown): void {
    if (displaced !== undefined) this.#takeovers.add("taken");
  }

  takeoverRefused(): void {
    this.#takeovers.add("refused");
  }

  malformed(): void {
    this.#malformed += 1;
  }

  authenticated(shown: ShownAs, result: ProofResult): void {
    this.#proofs.add(shown, result);
  }

  denied({ peer, act }: Asking): void {
    this.#denied.add(peer.face, act ?? "other");
  }

  limitReached(limit: LimitName): void {
    this.#limits.add(limit);
  }
}
