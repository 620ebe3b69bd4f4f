import { type Static, Type } from "@sinclair/typebox";
import type { DeadLetters } from "../core/dead-letters.ts";
import type { DeadLetter } from "../core/hold-store.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import {
  contentOf,
  KEPT,
  KEPT_CONTENT,
  type KeptAccess,
  keptOf,
  ONE_KEPT,
  WITH_CONTENT,
} from "./kept.ts";
import { limitOf, PAGE, pageOf } from "./page.ts";
import { absent } from "./problem.ts";
import { given, OUTCOME, REGISTREE, TIME, timeOf } from "./values.ts";

/** What was not delivered, without its content: that is for the registree alone. */
const DEAD_LETTER = Type.Object(
  {
    ...KEPT,
    outcome: OUTCOME,
    reason: Type.String(),
    at: Type.Unsafe<string>({ ...TIME, description: "When it was given up." }),
  },
  { $id: "DeadLetter", additionalProperties: false },
);

const DEAD_LETTER_CONTENT = Type.Object(
  {
    ...DEAD_LETTER.properties,
    ...KEPT_CONTENT,
  },
  { $id: "DeadLetterOne", additionalProperties: false },
);

/** What the endpoints need. */
export interface DeadLetterAccess extends KeptAccess {
  readonly letters: DeadLetters;
}

export const deadLetterEndpoints = (access: DeadLetterAccess): readonly Endpoint[] => [
  endpoint({
    method: "GET",
    route: "/dead-letters",
    name: "listDeadLetters",
    summary: "What was not delivered: one registree after the other, the oldest of each first.",
    query: Type.Object({ ...PAGE, registree: Type.Optional(REGISTREE) }),
    answer: pageOf(DEAD_LETTER, "DeadLetterPage"),
    serve: ({ query }) => {
      const registree = query.registree === undefined ? undefined : access.idOf(query.registree);
      const { items, next } = access.letters.page(registree, query.after, limitOf(query));
      return given({ items: items.map(letterOf), next });
    },
  }),
  endpoint({
    method: "GET",
    route: "/dead-letters/{registree}/{sequence}",
    name: "getDeadLetter",
    summary: "One dead letter; its content only when asked for, which is audited.",
    path: ONE_KEPT,
    query: WITH_CONTENT,
    answer: DEAD_LETTER_CONTENT,
    problems: [404],
    serve: ({ path, query }) => {
      const letter = access.letters.find(access.idOf(path.registree), path.sequence);
      if (letter === undefined) throw absent("dead letter");
      return { ...letterOf(letter), ...contentOf(letter.held, query.content, access) };
    },
  }),
  endpoint({
    method: "POST",
    route: "/dead-letters/{registree}/{sequence}/replay",
    name: "replayDeadLetter",
    summary: "Holds one again, as if it had just arrived; from then on it is no dead letter.",
    path: ONE_KEPT,
    answer: Type.Object({ replayed: Type.Literal(true) }),
    problems: [404, 503],
    serve: async ({ path: { registree: written, sequence } }) => {
      const registree = access.idOf(written);
      if (!(await access.letters.replay(registree, sequence))) throw absent("dead letter");
      access.acted("replay", { registree, sequence });
      return { replayed: true as const };
    },
  }),
  endpoint({
    method: "DELETE",
    route: "/dead-letters/{registree}/{sequence}",
    name: "removeDeadLetter",
    summary: "Removes one for good.",
    path: ONE_KEPT,
    answer: Type.Object({ removed: Type.Literal(true) }),
    problems: [404],
    serve: async ({ path: { registree: written, sequence } }) => {
      const registree = access.idOf(written);
      if (!(await access.letters.remove(registree, sequence))) throw absent("dead letter");
      access.acted("remove", { registree, sequence });
      return { removed: true as const };
    },
  }),
];

const letterOf = ({ held, outcome, reason, at }: DeadLetter): Static<typeof DEAD_LETTER> => ({
  ...keptOf(held),
  outcome,
  reason,
  at: timeOf(at),
});
