import { type Millis, millis } from "../../base/clock.ts";
import { formatDuration } from "../../config/units.ts";
import { type Finding, fault, note, ok } from "./finding.ts";
import type { SilenceResult } from "./silent-connection.ts";

/** What silences that were survived, and others that were not, say about `ws.pingAfter`. */
export function silenceFindings(
  results: readonly SilenceResult[],
  pingAfter: Millis,
): readonly Finding[] {
  const cut = shortestCut(results);
  const survived = results.filter((result) => "survived" in result);
  const below = survived.filter((result) => cut === undefined || result.survived < cut.cut);
  const longest = millis(Math.max(0, ...below.map((result) => result.survived)));
  const isBrokenThere = below.some(({ broken }) => broken === "there");
  return [
    cut === undefined
      ? whereNothingIsCut(longest, isBrokenThere, pingAfter)
      : whereItIsCut(longest, cut, pingAfter),
    ...closedThere(results),
  ];
}

type Cut = Extract<SilenceResult, { readonly cut: Millis }>;

const shortestCut = (results: readonly SilenceResult[]): Cut | undefined =>
  results.filter((result) => "cut" in result).sort((a, b) => a.cut - b.cut)[0];

function whereItIsCut(longest: Millis, { cut, how }: Cut, pingAfter: Millis): Finding {
  const survived =
    longest === 0 ? "none that was tried was survived" : `${written(longest)} were survived`;
  const way = how === "closed" ? "closed" : "no answer came any more";
  const text = `this path cuts connections after ${written(cut)} of silence (${way}), and ${survived}`;
  if (pingAfter <= longest) {
    return ok("silence", `${text}: ws.pingAfter, ${formatDuration(pingAfter)}, is short enough`);
  }
  return fault(
    "silence",
    `${text}: ws.pingAfter, ${formatDuration(pingAfter)}, is too long`,
    `set ws.pingAfter to ${formatDuration(advised(longest, cut))}`,
  );
}

/** With room for a ping that is late, in whole seconds. */
function advised(longest: Millis, cut: Millis): Millis {
  const room = longest === 0 ? cut / 3 : (longest * 2) / 3;
  return millis(Math.max(Math.floor(room / 1_000), 1) * 1_000);
}

function whereNothingIsCut(longest: Millis, isBrokenThere: boolean, pingAfter: Millis): Finding {
  if (longest === 0) {
    return note("silence", "how long this path stays open in silence did not show");
  }
  const text = `${written(longest)} of silence were survived, and no connection was cut`;
  if (isBrokenThere) {
    const why = "the registrar itself breaks it then, so that longer ones do not occur";
    return ok("silence", `${text}: ${why}`);
  }
  return pingAfter <= longest
    ? ok("silence", `${text}: ws.pingAfter, ${formatDuration(pingAfter)}, is short enough`)
    : note(
        "silence",
        `${text}; ws.pingAfter, ${formatDuration(pingAfter)}, is longer than what was measured`,
        `set ws.pingAfter to ${formatDuration(longest)} or less, or measure longer`,
      );
}

/** Where the registrar itself closes, the path was never silent for longer. */
function closedThere(results: readonly SilenceResult[]): Finding[] {
  const [closed] = results
    .filter((result) => "closed" in result)
    .sort((a, b) => a.closed - b.closed);
  if (closed === undefined) return [];
  const reason = closed.reason === "" ? "" : `, "${closed.reason}"`;
  return [
    note(
      "silence",
      `the registrar itself closed a connection after ${written(closed.closed)} (${closed.code}${reason}): longer silences could not be tried`,
      "while this is measured, have it keep connections on which nobody has registered; for an m2mgw there, that is its ws.unboundTimeout",
    ),
  ];
}

/** To the second, above the first one. */
const written = (length: Millis): string =>
  formatDuration(length < 1_000 ? length : millis(Math.round(length / 1_000) * 1_000));
