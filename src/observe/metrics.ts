import { collectDefaultMetrics } from "prom-client";
import type { EpochMs } from "../base/clock.ts";
import type { DialResult } from "../core/measures.ts";
import type { Observer } from "../core/ports.ts";
import { REACHABILITIES, type Reachability } from "../core/registree-list.ts";
import { ConnectionMetrics } from "./connection-metrics.ts";
import { ExchangeMetrics } from "./exchange-metrics.ts";
import { Exposition } from "./exposition.ts";
import { type HeldFigures, HoldMetrics } from "./hold-metrics.ts";
import { type RegistrarFigures, RegistrarMetrics } from "./registrar-metrics.ts";
import { type CertificateFigures, TlsMetrics } from "./tls-metrics.ts";

/** What only the parts themselves know, asked when the metrics are scraped. */
export interface Measured {
  readonly links: () => number;
  readonly isDraining: () => boolean;
  readonly isOverloaded: () => boolean;
  readonly registrees: () => Readonly<Record<Reachability, number>>;
  readonly version: string;
  readonly held: () => HeldFigures;
  /** When what is held longest arrived. */
  readonly oldestHeld: () => EpochMs | undefined;
  /** On the disk of the state directory; undefined where that cannot be told. */
  readonly freeBytes: () => number | undefined;
  readonly registrar: () => RegistrarFigures | undefined;
  readonly certificates: () => readonly CertificateFigures[];
}

/** Of prom-client's own, those whose names say counter or unit of what is neither. */
const MISNAMED = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

/** Every metric, and the observers that feed them. Labels are closed sets; no identifier is ever one. */
export class Metrics {
  /** To be told everything. */
  readonly observers: readonly Partial<Observer>[];
  readonly #shown = new Exposition();

  constructor(measured: Measured) {
    const { registry } = this.#shown;
    collectDefaultMetrics({ register: registry });
    for (const name of MISNAMED) registry.removeSingleMetric(name);
    const registrar = new RegistrarMetrics(registry, measured.registrar);
    const tls = new TlsMetrics(registry, measured.certificates);
    const { held, oldestHeld, freeBytes } = measured;
    this.observers = [
      new ExchangeMetrics(this.#shown),
      new ConnectionMetrics(this.#shown),
      new HoldMetrics(this.#shown, held, oldestHeld, freeBytes),
      { dialled: (result: DialResult) => registrar.dialled(result) },
      {
        tlsHandshake: (face, result) => tls.handshake(face, result),
        tlsReloaded: (_party, why) => tls.reloaded(why === undefined),
      },
      this.#upstream(),
    ];
    this.#gauges(measured);
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    return this.#shown.text();
  }

  get contentType(): string {
    return this.#shown.registry.contentType;
  }

  #upstream(): Partial<Observer> {
    let reachable: boolean | undefined;
    this.#shown.single(
      "gauge",
      "m2mgw_upstream_up",
      "1 when the CSE was reachable at the last attempt, 0 when it was not; absent without a CSE.",
      () => (reachable === undefined ? undefined : Number(reachable)),
    );
    return {
      cseReachable: (is) => {
        reachable = is;
      },
    };
  }

  #gauges({ links, isDraining, isOverloaded, registrees, version }: Measured): void {
    const shown = this.#shown;
    shown.single("gauge", "m2mgw_links", "Open WebSocket connections.", links);
    shown.single(
      "gauge",
      "m2mgw_overloaded",
      "1 while new work is turned away since the event loop is late.",
      () => Number(isOverloaded()),
    );
    shown.single(
      "gauge",
      "m2mgw_draining",
      "1 while the gateway stops: nothing new is taken.",
      () => Number(isDraining()),
    );
    shown.samples(
      "gauge",
      "m2mgw_registrees",
      "Registered AEs and CSEs: connected, called at their own point of access, or away.",
      () => {
        const counts = registrees();
        return REACHABILITIES.map((state) => ({ value: counts[state], labels: { state } }));
      },
    );
    shown.samples("gauge", "m2mgw_build_info", "The running version, as a label.", () => [
      { value: 1, labels: { version } },
    ]);
  }
}
