import type { WebSocket } from "ws";
import { millis } from "../../base/clock.ts";
import type { LinkOptions } from "./link-options.ts";
import { SlowReader } from "./slow-reader.ts";
import { Throttle } from "./throttle.ts";

/** How fast a peer may send, and how slowly it may read; a peer that the gateway has dialled itself may do both as it likes. */
export class Pace {
  readonly #socket: Pick<WebSocket, "bufferedAmount">;
  readonly #options: Pick<LinkOptions, "limits" | "observer">;
  readonly #throttle: Throttle | undefined;
  readonly #reader: SlowReader | undefined;
  readonly #tooSlow: () => void;

  /** @param calls `deaf`: see `ThrottleOptions`; `tooSlow`: has the connection end */
  constructor(
    socket: Pick<WebSocket, "bufferedAmount" | "pause" | "resume">,
    options: Pick<LinkOptions, "clock" | "guard" | "limits" | "observer">,
    calls: { readonly deaf: () => void; readonly tooSlow: () => void },
  ) {
    this.#socket = socket;
    this.#options = options;
    this.#tooSlow = calls.tooSlow;
    const { clock, guard, limits, observer } = options;
    this.#throttle =
      guard &&
      new Throttle({
        clock,
        charge: guard.charge,
        pause: () => {
          observer.limitReached("rate");
          socket.pause();
        },
        resume: () => socket.resume(),
        deaf: calls.deaf,
        every: millis(limits.pongWithin / 2),
      });
    this.#reader =
      guard &&
      new SlowReader({
        clock,
        within: guard.writeTimeout,
        isBehind: () => this.#isBehind(),
        tooLong: () => this.giveUp(),
      });
  }

  /** Counts what came; nothing more is read while it was too much. */
  count(primitives: number, bytes: number): void {
    this.#throttle?.count(primitives, bytes);
  }

  /** The pong has been sent. A flood of pings costs as much as one of requests, and each pong waits to be read. */
  pinged(bytes: number): void {
    this.count(1, bytes);
    if (this.isSlow()) this.giveUp();
  }

  /** More waits to be read by the peer than it is granted. */
  isSlow(): boolean {
    return this.#reader?.isBehind() ?? this.#isBehind();
  }

  /** Ends the connection of a peer that reads too slowly. What waited for it has not been sent, and is held where it may be. */
  giveUp(): void {
    this.#options.observer.limitReached("slow-reader");
    this.#tooSlow();
  }

  /** The connection closes: the end of it must be read, however fast it comes. */
  letGo(): void {
    this.#throttle?.stop();
  }

  /** The connection has closed. */
  stop(): void {
    this.letGo();
    this.#reader?.stop();
  }

  #isBehind(): boolean {
    return this.#socket.bufferedAmount > this.#options.limits.maxBuffered;
  }
}
