import { type Static, Type } from "@sinclair/typebox";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { COUNT, TIME, USAGE, wordOf } from "./values.ts";

/** The gateway at a glance. */
const STATUS = Type.Object(
  {
    version: Type.String(),
    mode: wordOf(["standalone", "front", "bridge"]),
    cse: Type.String({ description: "CSE-ID that the gateway stands for." }),
    started: TIME,
    now: TIME,
    uptimeSeconds: Type.Number({ minimum: 0 }),
    ready: Type.Boolean({ description: "New work is welcome." }),
    reasons: Type.Array(Type.String(), { description: "Why it is not ready; empty when it is." }),
    links: COUNT,
    registrees: Type.Object(
      { total: COUNT, connected: COUNT, callable: COUNT, away: COUNT },
      { additionalProperties: false },
    ),
    held: Type.Object(
      {
        ...USAGE.properties,
        open: Type.Integer({
          minimum: 0,
          description: "Of these, exchanges that are kept open; the rest is on disk.",
        }),
        registrees: Type.Integer({ minimum: 0, description: "For whom something is held." }),
        oldest: Type.Optional(TIME),
        accepting: Type.Boolean({ description: "False while the store takes nothing in." }),
      },
      { additionalProperties: false },
    ),
    settled: Type.Record(Type.String(), COUNT, {
      description: "What has become of what was held since the start, by outcome.",
    }),
    upstream: Type.Optional(
      Type.Object(
        {
          url: Type.String(),
          reachable: Type.Optional(Type.Boolean({ description: "Absent until it was tried." })),
          since: Type.Optional(TIME),
          why: Type.Optional(Type.String()),
        },
        { description: "The CSE behind; absent standalone.", additionalProperties: false },
      ),
    ),
    inFlight: Type.Object({ toRegistree: COUNT, toCse: COUNT }, { additionalProperties: false }),
    warnings: Type.Array(
      Type.Object({ at: TIME, message: Type.String() }, { additionalProperties: false }),
      { description: "The latest ones of the log, the newest first." },
    ),
  },
  { $id: "Status", additionalProperties: false },
);
export type Status = Static<typeof STATUS>;

export const statusEndpoints = (status: () => Status): readonly Endpoint[] => [
  endpoint({
    method: "GET",
    route: "/status",
    name: "getStatus",
    summary: "The gateway at a glance.",
    answer: STATUS,
    serve: status,
  }),
];
