import { Type } from "@sinclair/typebox";
import { Choice, Count, Duration, Size, Texts } from "./leaf.ts";

/** What is held for registrees that are away. */
export const HOLD = Type.Object({
  profile: Choice(["store", "strict"], {
    default: "store",
    description:
      "What the originator of a Notify without `rt` gets while the registree is away. `store`: 202 with 1000, once it is on disk. `strict`: nothing until the registree has answered, or 5103 after `request.ceiling`.",
  }),
  notifyDefault: Duration({
    default: "24h",
    minimum: "10ms",
    maximum: "36500d",
    description: "How long a stored Notify waits that names no expiration of its own.",
  }),
  otherDefault: Duration({
    default: "1h",
    minimum: "10ms",
    maximum: "36500d",
    description: "The same for every other stored request.",
  }),
  max: Duration({
    default: "7d",
    minimum: "10ms",
    maximum: "36500d",
    description: "How long anything stored waits at most, whatever expiration it names.",
  }),
  maxEntries: Count({
    default: 1000,
    minimum: 1,
    maximum: 10_000_000,
    description:
      "Primitives held for one registree at most; past it a newcomer is refused with 5103.",
  }),
  maxBytes: Size({
    default: "4MiB",
    minimum: "1KiB",
    maximum: "1024GiB",
    description: "Bytes held for one registree at most; past it a newcomer is refused with 5103.",
  }),
  totalEntries: Count({
    default: 1_000_000,
    minimum: 1,
    maximum: 1_000_000_000,
    description: "Primitives held for all registrees together at most.",
  }),
  totalBytes: Size({
    default: "4GiB",
    minimum: "1KiB",
    maximum: "1024GiB",
    description: "Bytes held for all registrees together at most.",
  }),
  priorities: Texts({
    pattern: "^\\d+(-\\d+)?=([1-9]|10)$",
    expects:
      "a list of event categories with their storage priority from 1 to 10, such as 2=10 or 100-999=7",
    description:
      "Storage priority by event category; 5 for all others. Of two exchanges that are kept open the one with the higher priority stays when there is no room for both.",
  }),
  answerWithin: Duration({
    default: "10s",
    minimum: "10ms",
    maximum: "1h",
    description:
      "How long a connected registree may take to answer a stored Notify or Retrieve before it is sent again.",
  }),
  attempts: Count({
    default: 3,
    minimum: 1,
    maximum: 1000,
    description:
      "How often it is sent; a registree that is silent after that does not get it any more.",
  }),
  maxRequests: Count({
    default: 10_000,
    minimum: 0,
    maximum: 1_000_000,
    description:
      "Non-blocking requests to registrees (`rt` 1, 2 and 4) whose result is kept, at most.",
  }),
  resultKept: Duration({
    default: "1h",
    minimum: "10ms",
    maximum: "365d",
    description: "How long such a result is kept when the request does not say (`rp`).",
  }),
  deadLetters: Count({
    default: 100,
    minimum: 0,
    maximum: 1_000_000,
    description:
      "Primitives of one registree that expired, were dropped, evicted or answered with an error and are kept for inspection.",
  }),
  deadLettersKept: Duration({
    default: "7d",
    minimum: "1s",
    maximum: "3650d",
    description: "How long they are kept.",
  }),
  lateAnswers: Duration({
    default: "30s",
    minimum: "0s",
    maximum: "1h",
    description:
      "How long the answer to a registree's own request waits for it when its connection closed in between.",
  }),
});

/** By `hold.priorities`; a later item counts more than an earlier one. */
export function priorityBy(items: readonly string[]): (category: number | undefined) => number {
  const ranges = items
    .map((item) => item.split(/[-=]/).map(Number))
    .map(([first = 0, ...rest]) => {
      const priority = rest.at(-1) ?? DEFAULT_PRIORITY;
      return { first, last: rest.length > 1 ? (rest[0] ?? first) : first, priority };
    })
    .reverse();
  return (category) =>
    ranges.find(
      ({ first, last }) => category !== undefined && first <= category && category <= last,
    )?.priority ?? DEFAULT_PRIORITY;
}

const DEFAULT_PRIORITY = 5;
