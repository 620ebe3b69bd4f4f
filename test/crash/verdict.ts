import type { Journal, Sent } from "./journal.ts";

export interface Letter {
  readonly outcome: string;
  /** When it ended, in ms since 1970. */
  readonly at: number;
}

/** What is left of it all when everything has come to rest. */
export interface Ending {
  /** What dead letters tell, by registree and Request Identifier. */
  readonly letters: ReadonlyMap<string, readonly Letter[]>;
  /** Of the last process: restored and accepted, less all that has ended and all that is held. */
  readonly balance: number;
  /** Primitives that are still held. */
  readonly entries: number;
}

export interface Figures {
  readonly sent: number;
  readonly held: number;
  readonly relayed: number;
  /** Of those that were acknowledged. */
  readonly delivered: number;
  readonly repeated: number;
  /** Of those, whose originators had sent them again when a connection broke. */
  readonly resent: number;
  readonly expired: number;
  /** Create, Update and Delete of which nobody knows whether they arrived; their originators were told 4008. */
  readonly unknown: number;
  /** Those that were acknowledged and are nowhere. */
  readonly lost: number;
  readonly results: number;
}

export interface Verdict {
  readonly figures: Figures;
  /** One sentence each; none when all is well. */
  readonly violations: readonly string[];
}

/**
 * What may pass between the gateway's last look at the clock and the observer's, in ms: transport, and both processes
 * waiting for a CPU. On one machine the clock itself is the same.
 */
export const TRANSPORT = 1_000;
const REQUEST_TIMEOUT = 4008;

export const letterKey = (registree: string, identifier: string): string =>
  `${registree} ${identifier}`;

const isOnce = ({ operation }: Sent): boolean =>
  operation === "create" || operation === "update" || operation === "delete";

/** Holds what observers saw against what was promised: D4, D-5.1, S12 of the architecture. */
export function judge(journal: Journal, ending: Ending): Verdict {
  const violations = [
    ...journal.strangers.map((stranger) => `nobody sent this: ${stranger}`),
    ...endViolations(ending),
    ...[...journal.arrivals].flatMap(([registree, arrivals]) => orderFaults(registree, arrivals)),
  ];
  const counts = {
    ...{ sent: 0, held: 0, relayed: 0, delivered: 0, repeated: 0, resent: 0 },
    ...{ expired: 0, unknown: 0, lost: 0, results: 0 },
  };
  for (const sent of journal.sent) {
    counts.sent += 1;
    if (sent.deliveries > 1) counts.repeated += 1;
    if (sent.deliveries > 1 && sent.times > 1) counts.resent += 1;
    if (sent.results.length > 0) counts.results += 1;
    violations.push(...faultsOf(sent));
    if (sent.acknowledged === undefined) continue;
    counts[sent.acknowledged] += 1;
    const end = endOf(sent, ending);
    counts[end] += 1;
    if (end === "lost") violations.push(`lost: ${told(sent)}`);
    violations.push(...resultFaults(sent, end));
  }
  return { figures: counts, violations };
}

type End = "delivered" | "expired" | "unknown" | "lost";

/** What became of one that was acknowledged. */
function endOf(sent: Sent, { letters }: Ending): End {
  const { acknowledged, deliveries, expires = Number.POSITIVE_INFINITY } = sent;
  if (deliveries > 0) return "delivered";
  if (acknowledged !== "held") return "lost";
  const ends = letters.get(letterKey(sent.registree, sent.identifier)) ?? [];
  // Whatever ended before its time might have been delivered still.
  if (ends.some(({ outcome, at }) => outcome === "expired" && at >= expires)) return "expired";
  return isOnce(sent) && ends.some(({ outcome }) => outcome === "dropped") ? "unknown" : "lost";
}

function faultsOf(sent: Sent): string[] {
  const { deliveries, deliveredAt, expires, results, times } = sent;
  const faults: string[] = [];
  if (isOnce(sent) && deliveries > 1) faults.push(`delivered more than once: ${told(sent)}`);
  // What its originator sent twice may well have ended twice.
  if (times === 1 && new Set(results).size > 1) faults.push(`told two results: ${told(sent)}`);
  if (expires !== undefined && deliveredAt !== undefined && deliveredAt > expires + TRANSPORT) {
    faults.push(`delivered ${deliveredAt - expires} ms after it expired: ${told(sent)}`);
  }
  return faults;
}

/** Whoever does not wait for the answer is told it later, or that there will be none. */
function resultFaults(sent: Sent, end: End): string[] {
  const { acknowledged, responseType, results } = sent;
  if (acknowledged !== "held" || (responseType !== 1 && responseType !== 2)) return [];
  if (results.length === 0) return [`its result was never told: ${told(sent)}`];
  const isTrue = end === "delivered" || results.every((code) => code === REQUEST_TIMEOUT);
  return isTrue ? [] : [`not delivered, and told otherwise: ${told(sent)}`];
}

function endViolations({ balance, entries }: Ending): string[] {
  return [
    ...(entries === 0 ? [] : [`${entries} are held though every registree is there and answers`]),
    ...(balance === 0 ? [] : [`accepted and restored exceed settled and held by ${balance}`]),
  ];
}

/** Each has to arrive behind all that were sent before it. */
function orderFaults(registree: string, arrivals: readonly Sent[]): string[] {
  return arrivals.flatMap((sent, place) => {
    const before = arrivals[place - 1];
    if (before === undefined || before.number < sent.number) return [];
    return [`${registree} received ${told(before)} before ${told(sent)}`];
  });
}

function told(sent: Sent): string {
  const { identifier, registree, operation, responseType, acknowledged = "not", expires } = sent;
  const rt = responseType === undefined ? "" : ` rt ${responseType}`;
  const until = expires === undefined ? "" : `, until ${new Date(expires).toISOString()}`;
  return `${identifier} (${operation}${rt} to ${registree}, acknowledged: ${acknowledged}, sent ${sent.times}, delivered ${sent.deliveries}, results ${sent.results.join("+")}${until})`;
}
