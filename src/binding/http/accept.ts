import type { Serialization } from "../../primitive/content.ts";
import { parameterOf, serializationOf, splitOutsideQuotes } from "./content-type.ts";

/** What an originator accepts: one serialization, any of them, or none that is available (5207). */
export type Accepted = Serialization | "no-preference" | "not-acceptable";

/** How much a serialization is wanted, and how that was said: by its own name first, by a wildcard last. */
interface Wish {
  readonly quality: number;
  readonly named: boolean;
  /** Place in the header field; the first of equals wins. */
  readonly place: number;
}

interface Range extends Wish {
  readonly range: string;
}

/**
 * Chooses the serialization of an answer by Accept (RFC 9110, 12.5.1; TS-0009, 6.4.2).
 *
 * A vendor type counts as the serialization it names. Without the header field, or with wildcards only,
 * "no-preference": then the answer follows the request (TS-0004, 7.3.3.12).
 */
export function chooseAccepted(
  accept: string | undefined,
  available: readonly Serialization[],
): Accepted {
  if (accept === undefined || accept === "*/*") return "no-preference";
  if (accept === "application/json" && available.includes("json")) return "json";
  const ranges = rangesOf(accept);
  if (ranges.length === 0) return "no-preference";

  const wishes = available.map((serialization) => wishFor(serialization, ranges));
  const best = wishes.reduce<Wish | undefined>(better, undefined);
  if (best === undefined) return "not-acceptable";
  if (!best.named && wishes.every((wish) => wish?.quality === best.quality)) return "no-preference";
  return available[wishes.indexOf(best)] ?? "not-acceptable";
}

/** How much the best of `available` is wanted, from 0 for not at all to 1 (RFC 9110, 12.4.2). */
export function qualityOf(accept: string | undefined, available: readonly Serialization[]): number {
  if (accept === undefined || accept === "*/*") return 1;
  const ranges = rangesOf(accept);
  if (ranges.length === 0) return 1;
  return Math.max(...available.map((it) => wishFor(it, ranges)?.quality ?? 0));
}

function rangesOf(accept: string): Range[] {
  const ranges: Range[] = [];
  for (const entry of splitOutsideQuotes(accept, ",")) {
    const [range = "", ...parameters] = splitOutsideQuotes(entry, ";");
    const name = range.trim().toLowerCase();
    if (name === "") continue;
    ranges.push({
      range: name,
      quality: weightOf(parameters),
      named: !name.endsWith("/*"),
      place: ranges.length,
    });
  }
  return ranges;
}

function weightOf(parameters: readonly string[]): number {
  const written = parameters.map(parameterOf).find(({ name }) => name === "q");
  const quality = written === undefined ? 1 : Number(written.text || "1");
  return Number.isNaN(quality) ? 1 : Math.min(Math.max(quality, 0), 1);
}

/** The most specific range decides, even when a wildcard wants it more; undefined when it is not wanted. */
function wishFor(serialization: Serialization, ranges: readonly Range[]): Wish | undefined {
  const named = ranges.filter((entry) => serializationOf(entry.range) === serialization);
  const decisive =
    named.reduce<Range | undefined>(better, undefined) ??
    ranges.find((entry) => entry.range === "application/*") ??
    ranges.find((entry) => entry.range === "*/*");
  return decisive !== undefined && decisive.quality > 0 ? decisive : undefined;
}

function better<W extends Wish>(best: W | undefined, next: W | undefined): W | undefined {
  if (best === undefined || next === undefined) return best ?? next;
  if (next.quality !== best.quality) return next.quality > best.quality ? next : best;
  if (next.named !== best.named) return next.named ? next : best;
  return next.place < best.place ? next : best;
}
