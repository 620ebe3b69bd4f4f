import type { WebSocket } from "ws";
import { type Millis, millis } from "../../base/clock.ts";
import type { Config } from "../../config/schema.ts";
import { formatDuration } from "../../config/units.ts";
import { type Finding, note, ok } from "./finding.ts";
import { silenceFindings } from "./silence-verdict.ts";
import { leaveSilent, type SilenceResult } from "./silent-connection.ts";
import type { Way } from "./way.ts";
import { openWebSocket } from "./web-socket.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** Where NATs, proxies and load balancers are known to cut, and some between. */
const LADDER = [
  ...[15, 30, 45, 60, 90].map((seconds) => seconds * SECOND),
  ...[2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120].map((minutes) => minutes * MINUTE),
  ...[4, 8, 12, 24].map((hours) => hours * 60 * MINUTE),
];

/** The silences that are tried, `longest` the last of them. */
export const silencesUpTo = (longest: Millis): readonly Millis[] =>
  [...LADDER.filter((silence) => silence < longest), longest].map(millis);

/**
 * After how much silence the path cuts a WebSocket: several are opened, each is silent for its own time, then pinged.
 *
 * None names an originator: registrars let each have one connection only.
 */
export async function* measureSilence(
  way: Way,
  config: Config,
  longest: Millis,
  stop: AbortSignal,
): AsyncGenerator<Finding> {
  if (!way.isWebSocket) {
    yield note(
      "silence",
      "only connections over WebSocket are silent for long; the CSE is reached over HTTP",
    );
    return;
  }
  const silences = silencesUpTo(longest);
  const { left, why } = await openAll(way, config, silences, stop);
  if (left.length < silences.length && !stop.aborted) {
    yield note(
      "silence",
      `only ${left.length} of ${silences.length} connections could be opened side by side: ${why}`,
      "have the registrar, or the proxy, take more from one address while this is measured",
    );
  }
  if (left.length === 0) return;
  const tried = silences.slice(0, left.length).map(formatDuration).join(", ");
  yield ok("silence", `${left.length} connections are silent now, for ${tried}; please wait`);
  const terminate = (): void => {
    for (const { socket } of left) socket.terminate();
  };
  stop.addEventListener("abort", terminate, { once: true });
  if (stop.aborted) terminate();
  const results = await Promise.all(left.map(({ result }) => result));
  stop.removeEventListener("abort", terminate);
  if (stop.aborted) yield note("silence", "stopped before the end: nothing is known");
  else yield* silenceFindings(results, config.ws.pingAfter);
}

interface LeftSilent {
  readonly socket: WebSocket;
  readonly result: Promise<SilenceResult>;
}

/** One after the other: a client has one handshake under way to a server at a time (RFC 6455, 4.1). */
async function openAll(
  way: Way,
  config: Config,
  silences: readonly Millis[],
  stop: AbortSignal,
): Promise<{ readonly left: readonly LeftSilent[]; readonly why: string }> {
  const left: LeftSilent[] = [];
  for (const silence of silences) {
    const opened = await openWebSocket(way, config, undefined);
    if (!("socket" in opened)) {
      const { answer } = opened;
      const why = "error" in opened ? opened.error.message : `the answer is ${answer?.statusCode}`;
      return { left, why };
    }
    const { socket } = opened;
    left.push({ socket, result: leaveSilent(socket, silence, way.clock) });
    if (stop.aborted) break;
  }
  return { left, why: "" };
}
