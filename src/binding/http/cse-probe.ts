import { connect, type Socket } from "node:net";
import { type Clock, later, type Millis, millis, type Timer } from "../../base/clock.ts";
import type { Observer } from "../../core/ports.ts";
import { attempt, type ThroughProxy } from "../proxy/attempt.ts";
import { openTunnel } from "../proxy/tunnel.ts";

const EVERY: Millis = millis(15_000);
const PATIENCE = 5_000;

export interface CseProbeOptions {
  readonly url: URL;
  readonly through: ThroughProxy | undefined;
  readonly clock: Clock;
  readonly observer: Observer;
}

/**
 * Tries now and then whether the CSE takes connections, so that its outage shows without traffic.
 *
 * Before an http: CSE behind a proxy only the proxy can be tried, which says nothing when it is there.
 */
export class CseProbe {
  readonly #options: CseProbeOptions;
  readonly #target: { readonly host: string; readonly port: number };
  #timer: Timer | undefined;
  #socket: Socket | undefined;
  #running = false;

  constructor(options: CseProbeOptions) {
    const { hostname, port, protocol } = options.url;
    this.#options = options;
    this.#target = {
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port || (protocol === "https:" ? 443 : 80)),
    };
  }

  start(): void {
    this.#running = true;
    const { through } = this.#options;
    if (through === undefined) this.#tryDirectly();
    else void this.#tryThrough(through);
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #tryDirectly(): void {
    const socket = connect(this.#target);
    socket.on("error", () => this.#over(false));
    socket.on("connect", () => this.#over(true));
    socket.setTimeout(PATIENCE, () => this.#over(false));
    this.#socket = socket;
  }

  async #tryThrough(through: ThroughProxy): Promise<void> {
    const inTunnel = this.#options.url.protocol === "https:";
    try {
      const socket = await (inTunnel
        ? openTunnel(this.#target, undefined, through)
        : attempt(this.#target, through, (running) => running.connect()));
      socket.destroy();
      this.#over(inTunnel ? true : undefined);
    } catch (error) {
      this.#over(false, error instanceof Error ? error.message : undefined);
    }
  }

  /** @param reachable undefined when that cannot be said */
  #over(reachable: boolean | undefined, why?: string): void {
    if (!this.#running) return;
    this.stop();
    const { clock, observer } = this.#options;
    if (reachable !== undefined) observer.cseReachable(reachable, why);
    this.#timer = clock.at(later(clock.now(), EVERY), () => this.start());
  }
}
