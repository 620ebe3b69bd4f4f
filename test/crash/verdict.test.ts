import { expect, test } from "vitest";
import { Journal, type Sent } from "./journal.ts";
import { type Ending, judge, letterKey, TRANSPORT, type Verdict } from "./verdict.ts";

const END = 1_000_000;
const REST: Ending = { letters: new Map(), balance: 0, entries: 0 };

const sentOf = (number: number, parts: Partial<Sent> = {}): Sent => ({
  identifier: `q-${number}`,
  registree: "CAE1",
  number,
  operation: "notify",
  responseType: undefined,
  expires: undefined,
  times: 0,
  acknowledged: "held",
  deliveries: 0,
  deliveredAt: undefined,
  results: [],
  ...parts,
});

/** A journal in which these were sent, and then delivered by number. */
function journalOf(all: readonly Sent[], delivered: readonly number[] = [], at = END): Journal {
  const journal = new Journal();
  for (const sent of all) journal.sending(sent);
  for (const number of delivered) journal.delivered("CAE1", `q-${number}`, at);
  return journal;
}

const lettersOf = (outcome: string): Ending => ({
  ...REST,
  letters: new Map([[letterKey("CAE1", "q-1"), [{ outcome, at: END }]]]),
});

const WELL = { violations: [] };
const violated = (sentence: string) => ({ violations: [expect.stringContaining(sentence)] });

test.each<[string, () => Verdict, object]>([
  ["one that was delivered", () => judge(journalOf([sentOf(1)], [1]), REST), WELL],
  ["a Notify delivered twice", () => judge(journalOf([sentOf(1)], [1, 1]), REST), WELL],
  ["one that is nowhere", () => judge(journalOf([sentOf(1)]), REST), violated("lost: q-1")],
  [
    "one that nobody acknowledged and is nowhere",
    () => judge(journalOf([sentOf(1, { acknowledged: undefined })]), REST),
    WELL,
  ],
  [
    "one that was answered, and not by its registree",
    () => judge(journalOf([sentOf(1, { acknowledged: "relayed" })]), REST),
    violated("lost: q-1"),
  ],
  [
    "one that expired",
    () => judge(journalOf([sentOf(1, { expires: END })]), lettersOf("expired")),
    WELL,
  ],
  [
    "one that expired and is not accounted for",
    () => judge(journalOf([sentOf(1, { expires: END })]), REST),
    violated("lost: q-1"),
  ],
  [
    "one that was given up before its time",
    () => judge(journalOf([sentOf(1, { expires: END + 1 })]), lettersOf("expired")),
    violated("lost: q-1"),
  ],
  [
    "a Notify that was dropped",
    () => judge(journalOf([sentOf(1)]), lettersOf("dropped")),
    violated("lost: q-1"),
  ],
  [
    "a Create of which nobody knows whether it arrived",
    () => judge(journalOf([sentOf(1, { operation: "create" })]), lettersOf("dropped")),
    WELL,
  ],
  [
    "a Create delivered twice",
    () => judge(journalOf([sentOf(1, { operation: "create" })], [1, 1]), REST),
    violated("delivered more than once"),
  ],
  [
    "one that came behind its successor",
    () => judge(journalOf([sentOf(1), sentOf(2)], [2, 1]), REST),
    violated("received q-2"),
  ],
  [
    "one that came again behind its successor",
    () => judge(journalOf([sentOf(1), sentOf(2)], [1, 2, 1]), REST),
    WELL,
  ],
  [
    "one that came after it expired",
    () => judge(journalOf([sentOf(1, { expires: END - TRANSPORT - 1 })], [1]), REST),
    violated(`${TRANSPORT + 1} ms after it expired`),
  ],
  [
    "one whose result was never told",
    () => judge(journalOf([sentOf(1, { responseType: 2 })], [1]), REST),
    violated("its result was never told"),
  ],
  [
    "one that was not delivered, and whose originator was told that it was",
    () => {
      const sent = sentOf(1, { responseType: 1, expires: END, results: [2000] });
      return judge(journalOf([sent]), lettersOf("expired"));
    },
    violated("told otherwise"),
  ],
  [
    "one whose originator was told two results",
    () => judge(journalOf([sentOf(1, { responseType: 2, results: [2000, 4008] })], [1]), REST),
    violated("told two results"),
  ],
  [
    "one whose originator was told the same result twice",
    () => judge(journalOf([sentOf(1, { responseType: 2, results: [2000, 2000] })], [1]), REST),
    WELL,
  ],
  [
    "what nobody sent",
    () => judge(journalOf([sentOf(1)], [1, 7]), REST),
    violated("nobody sent this"),
  ],
  [
    "what is held at the end",
    () => judge(journalOf([]), { ...REST, entries: 1 }),
    violated("1 are held"),
  ],
  [
    "books that do not balance",
    () => judge(journalOf([]), { ...REST, balance: 2 }),
    violated("by 2"),
  ],
])("the verdict over %s", (_, verdict, expected) => {
  expect(verdict()).toMatchObject(expected);
});
