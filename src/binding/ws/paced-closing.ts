import { type Clock, later, type Millis, millis, type Timer } from "../../base/clock.ts";

/** So many close at once without anybody noticing. */
const FEW = 50;
/** Between two slices, more or less. */
const PAUSE = 100;

/**
 * Closes many links in slices, in no order that their peers could know: whoever loses its connection comes back at once,
 * and all at once would be a stampede on whatever serves next.
 *
 * @param within time for all of it
 * @param random from 0 up to 1
 * @returns what stops it
 */
export function closeInSlices<T>(
  links: Iterable<T>,
  close: (link: T) => void,
  { within, clock, random }: { within: Millis; clock: Clock; random: () => number },
): { stop(): void } {
  const left = shuffled(links, random);
  const slices = Math.max(1, Math.min(Math.ceil(left.length / FEW), Math.floor(within / PAUSE)));
  const size = Math.ceil(left.length / slices);
  let timer: Timer | undefined;
  const next = (): void => {
    for (const link of left.splice(0, size)) close(link);
    if (left.length === 0) return;
    // The middle of the range is the pause, so that all of it takes the time that it may.
    timer = clock.at(later(clock.now(), millis(PAUSE * (0.5 + random()))), next);
  };
  next();
  return { stop: () => timer?.cancel() };
}

/** Fisher and Yates. */
function shuffled<T>(items: Iterable<T>, random: () => number): T[] {
  const list = [...items];
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    const [a, b] = [list[at], list[other]];
    if (a === undefined || b === undefined) continue;
    list[at] = b;
    list[other] = a;
  }
  return list;
}
