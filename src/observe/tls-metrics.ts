import { Counter, Gauge, type Registry } from "prom-client";
import type { EpochMs } from "../base/clock.ts";
import { TLS_RESULTS, type TlsParty, type TlsResult } from "../base/tls.ts";

/** A certificate of the gateway's own. */
export interface CertificateFigures {
  /** The face that shows it, or whom it is shown to. */
  readonly party: TlsParty;
  /** Its place among those of that party, from 0. */
  readonly index: number;
  readonly expires: EpochMs;
}

/** The metrics of TLS: handshakes of clients, files read again, and when certificates end. */
export class TlsMetrics {
  readonly #handshakes: Counter<"face" | "result">;
  readonly #reloads: Counter<"result">;
  readonly #seen = new Set<TlsParty>();

  constructor(registry: Registry, certificates: () => readonly CertificateFigures[]) {
    const registers = [registry];
    this.#handshakes = new Counter({
      name: "m2mgw_tls_handshakes_total",
      help: "TLS with clients, by what became of it.",
      labelNames: ["face", "result"],
      registers,
    });
    this.#reloads = new Counter({
      name: "m2mgw_tls_reloads_total",
      help: "Files of TLS read again, by whether they are in use now.",
      labelNames: ["result"],
      registers,
    });
    for (const result of ["applied", "refused"]) this.#reloads.inc({ result }, 0);
    new Gauge({
      name: "m2mgw_tls_certificate_expiry_timestamp_seconds",
      help: "When the first of a certificate and those behind it ends, in seconds since 1970.",
      labelNames: ["face", "certificate"],
      registers,
      collect() {
        this.reset();
        for (const { party, index, expires } of certificates()) {
          this.set({ face: party, certificate: String(index) }, expires / 1000);
        }
      },
    });
  }

  handshake(face: TlsParty, result: TlsResult): void {
    if (!this.#seen.has(face)) {
      this.#seen.add(face);
      for (const each of TLS_RESULTS) this.#handshakes.inc({ face, result: each }, 0);
    }
    this.#handshakes.inc({ face, result });
  }

  reloaded(applied: boolean): void {
    this.#reloads.inc({ result: applied ? "applied" : "refused" });
  }
}
