import { Counter, Gauge, type Registry } from "prom-client";
import { DIAL_RESULTS, type DialResult } from "../core/measures.ts";

/** What is known of connections to the registrar; undefined where it is not dialled. */
export interface RegistrarFigures {
  readonly connected: { readonly open: number; readonly seconds: number };
}

/** The metrics of a bridge: its connections to the registrar. */
export class RegistrarMetrics {
  readonly #registry: Registry;
  #dials: Counter<"result"> | undefined;

  constructor(registry: Registry, figures: () => RegistrarFigures | undefined) {
    this.#registry = registry;
    new Gauge({
      name: "m2mgw_registrar_links",
      help: "Open WebSocket connections to the registrar; absent where it is not dialled.",
      registers: [registry],
      collect() {
        const now = figures();
        if (now === undefined) this.remove();
        else this.set(now.connected.open);
      },
    });
    let told = 0;
    new Counter({
      name: "m2mgw_registrar_connected_seconds_total",
      help: "Time that connections to the registrar have been open, over all of them.",
      registers: [registry],
      collect() {
        const now = figures()?.connected.seconds ?? 0;
        this.inc(Math.max(now - told, 0));
        told = Math.max(now, told);
      },
    });
  }

  dialled(result: DialResult): void {
    this.#dials ??= this.#counter();
    this.#dials.inc({ result });
  }

  #counter(): Counter<"result"> {
    const counter = new Counter({
      name: "m2mgw_registrar_dials_total",
      help: "Attempts to connect to the registrar, by what became of them; the first `connected` is no reconnect.",
      labelNames: ["result"],
      registers: [this.#registry],
    });
    for (const result of DIAL_RESULTS) counter.inc({ result }, 0);
    return counter;
  }
}
