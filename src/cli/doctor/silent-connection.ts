import type { WebSocket } from "ws";
import {
  type Clock,
  type EpochMs,
  later,
  type Millis,
  millis,
  type Timer,
} from "../../base/clock.ts";

/** What became of a connection that was left silent. */
export type SilenceResult =
  /** It still was there after that much. `broken` by whom: our ping was answered, or the other side said something. */
  | { readonly survived: Millis; readonly broken: "here" | "there" }
  /** It was gone, or given up: closed without a word, or nothing came back. */
  | { readonly cut: Millis; readonly how: "closed" | "no pong" }
  /** The registrar has closed it itself, and said so. */
  | { readonly closed: Millis; readonly code: number; readonly reason: string };

/** How long the answer to a ping may take. */
const PONG_WITHIN = millis(10_000);
/** What `ws` makes of a connection that ends without a Close (RFC 6455, 7.1.5). */
const WITHOUT_A_WORD = 1006;

/** Says nothing on `socket` for `silence`, then asks for a pong. The socket is closed or given up afterwards. */
export function leaveSilent(
  socket: WebSocket,
  silence: Millis,
  clock: Clock,
): Promise<SilenceResult> {
  return new Promise((resolve) => {
    const since: EpochMs = clock.now();
    let pinged = false;
    let timer: Timer = clock.at(later(since, silence), () => {
      pinged = true;
      timer = clock.at(later(clock.now(), PONG_WITHIN), () => {
        over({ cut: silence, how: "no pong" });
        socket.terminate();
      });
      socket.ping();
    });
    const over = (result: SilenceResult): void => {
      timer.cancel();
      socket.close(1000);
      resolve(result);
    };
    const quiet = (): Millis => millis(pinged ? silence : Math.min(clock.now() - since, silence));
    const heard = (): void => over({ survived: quiet(), broken: pinged ? "here" : "there" });
    socket.on("pong", heard);
    socket.on("ping", heard);
    socket.on("message", heard);
    socket.on("error", () => {});
    socket.on("close", (code, reason) =>
      over(
        code === WITHOUT_A_WORD
          ? { cut: quiet(), how: "closed" }
          : { closed: quiet(), code, reason: reason.toString() },
      ),
    );
  });
}
