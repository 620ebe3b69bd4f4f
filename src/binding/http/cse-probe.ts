import { connect, type Socket } from "node:net";
import { type Clock, later, type Millis, millis, type Timer } from "../../base/clock.ts";
import type { Observer } from "../../core/ports.ts";

const EVERY: Millis = millis(15_000);
const PATIENCE = 5_000;

/** Tries now and then whether the CSE takes connections, so that its outage shows without traffic. */
export class CseProbe {
  readonly #host: string;
  readonly #port: number;
  readonly #clock: Clock;
  readonly #observer: Observer;
  #timer: Timer | undefined;
  #socket: Socket | undefined;

  constructor(url: URL, clock: Clock, observer: Observer) {
    this.#host = url.hostname.replace(/^\[|\]$/g, "");
    this.#port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
    this.#clock = clock;
    this.#observer = observer;
  }

  start(): void {
    const socket = connect({ host: this.#host, port: this.#port });
    socket.on("error", () => this.#over(false));
    socket.on("connect", () => this.#over(true));
    socket.setTimeout(PATIENCE, () => this.#over(false));
    this.#socket = socket;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #over(reachable: boolean): void {
    if (this.#socket === undefined) return;
    this.stop();
    this.#observer.cseReachable(reachable);
    this.#timer = this.#clock.at(later(this.#clock.now(), EVERY), () => this.start());
  }
}
