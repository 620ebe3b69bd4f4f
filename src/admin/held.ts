import { type Static, Type } from "@sinclair/typebox";
import { type Millis, millis } from "../base/clock.ts";
import type { HeldFacts, HeldList } from "../core/held-list.ts";
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
import { absent, Problem } from "./problem.ts";
import { COUNT, given, OPERATION, REGISTREE } from "./values.ts";

/** One primitive that is held, without its content. */
const HELD = Type.Object(
  {
    ...KEPT,
    stored: Type.Boolean({
      description: "On disk; else an exchange that is kept open, whose originator waits.",
    }),
    sent: Type.Boolean({ description: "It may have reached the registree already." }),
    underWay: Type.Boolean({ description: "It has gone out, and its answer is awaited." }),
  },
  { $id: "Held", additionalProperties: false },
);

/** The same with what it brings. */
const HELD_CONTENT = Type.Object(
  {
    ...HELD.properties,
    ...KEPT_CONTENT,
  },
  { $id: "HeldOne", additionalProperties: false },
);

const PURGE = Type.Object(
  {
    registree: Type.Optional(REGISTREE),
    originator: Type.Optional(Type.String()),
    operation: Type.Optional(OPERATION),
    olderThanSeconds: Type.Optional(Type.Number({ minimum: 0 })),
    dryRun: Type.Boolean({ description: "Only says what would be dropped." }),
  },
  { $id: "Purge", additionalProperties: false },
);

/** What the endpoints need. */
export interface HeldAccess extends KeptAccess {
  readonly list: HeldList;
}

export const heldEndpoints = (access: HeldAccess): readonly Endpoint[] => [
  endpoint({
    method: "GET",
    route: "/held",
    name: "listHeld",
    summary: "What is held, in order of arrival, one registree after the other.",
    query: Type.Object({ ...PAGE, registree: Type.Optional(REGISTREE) }),
    answer: pageOf(HELD, "HeldPage"),
    serve: ({ query }) => {
      const registree = query.registree === undefined ? undefined : access.idOf(query.registree);
      const { items, next } = access.list.page(registree, query.after, limitOf(query));
      return given({ items: items.map(heldOf), next });
    },
  }),
  endpoint({
    method: "GET",
    route: "/held/{registree}/{sequence}",
    name: "getHeld",
    summary: "One primitive that is held; its content only when asked for, which is audited.",
    path: ONE_KEPT,
    query: WITH_CONTENT,
    answer: HELD_CONTENT,
    problems: [404],
    serve: ({ path, query }) => {
      const held = access.list.find(access.idOf(path.registree), path.sequence);
      if (held === undefined) throw absent("held primitive");
      return { ...heldOf(held), ...contentOf(held, query.content, access) };
    },
  }),
  endpoint({
    method: "POST",
    route: "/held/{registree}/{sequence}/replay",
    name: "replayHeld",
    summary: "Tries now to deliver what is held for this registree, in its order, up to this one.",
    path: ONE_KEPT,
    answer: Type.Object({ tried: Type.Literal(true) }),
    problems: [404, 409],
    serve: ({ path: { registree: written, sequence } }) => {
      const registree = access.idOf(written);
      if (access.list.find(registree, sequence) === undefined) throw absent("held primitive");
      if (!access.list.retry(registree)) throw new Problem(409, "the registree cannot be reached");
      access.acted("replay", { registree, sequence });
      return { tried: true as const };
    },
  }),
  endpoint({
    method: "DELETE",
    route: "/held/{registree}/{sequence}",
    name: "dropHeld",
    summary: "Drops one; it becomes a dead letter, and its originator is told where it waits.",
    path: ONE_KEPT,
    answer: Type.Object({ dropped: Type.Literal(true) }),
    problems: [404, 409],
    serve: async ({ path: { registree: written, sequence } }) => {
      const registree = access.idOf(written);
      if (access.list.find(registree, sequence) === undefined) throw absent("held primitive");
      if (!(await access.list.drop(registree, sequence))) {
        throw new Problem(409, "it is on its way to the registree");
      }
      access.acted("drop", { registree, sequence });
      return { dropped: true as const };
    },
  }),
  endpoint({
    method: "POST",
    route: "/held/purge",
    name: "purgeHeld",
    summary: "Drops all that the filter fits, or says what that would be.",
    body: PURGE,
    answer: Type.Object(
      { matched: COUNT, bytes: COUNT, dropped: COUNT },
      { $id: "Purged", additionalProperties: false },
    ),
    serve: async ({ body: { registree: written, olderThanSeconds, dryRun, ...rest } }) => {
      const registree = written === undefined ? undefined : access.idOf(written);
      const olderThan = seconds(olderThanSeconds);
      const purged = await access.list.purge({ ...rest, registree, olderThan }, dryRun);
      if (!dryRun) access.acted("purge", { ...rest, registree, olderThanSeconds, ...purged });
      return purged;
    },
  }),
];

const seconds = (value: number | undefined): Millis | undefined =>
  value === undefined ? undefined : millis(value * 1_000);

function heldOf(held: HeldFacts): Static<typeof HELD> {
  const { stored, sent, underWay } = held;
  return { ...keptOf(held), stored, sent, underWay };
}
