import { type Static, Type } from "@sinclair/typebox";
import type { Note, Stories, Story } from "../core/stories.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { ENTITY, given, OPERATION, OUTCOME, SEQUENCE, TIME, timeOf, wordOf } from "./values.ts";

const STEPS = [
  "received",
  "routed",
  "sent",
  "failed",
  "answered",
  "held",
  "settled",
  "replied",
] as const;

/** A step in the life of a primitive. */
const NOTE = Type.Object(
  {
    at: TIME,
    is: wordOf(STEPS),
    registree: Type.Optional(ENTITY),
    face: Type.Optional(Type.String({ description: "Where it came in: http, ws, admin." })),
    by: Type.Optional(Type.String({ description: "Link, or address, it came or went by." })),
    via: Type.Optional(
      wordOf(["registree", "request", "cse", "refuse"], "The rule that matched: where it goes."),
    ),
    rsc: Type.Optional(Type.Integer({ description: "Response Status Code" })),
    code: Type.Optional(Type.String({ description: "The failure, such as GW_TARGET_OFFLINE." })),
    sequence: Type.Optional(SEQUENCE),
    expires: Type.Optional(TIME),
    stored: Type.Optional(Type.Boolean()),
    outcome: Type.Optional(OUTCOME),
    why: Type.Optional(Type.String()),
  },
  { $id: "Step", additionalProperties: false },
);

/** What became of one request primitive. */
const STORY = Type.Object(
  {
    originator: Type.Optional(Type.String()),
    requestIdentifier: Type.String(),
    operation: OPERATION,
    to: Type.String(),
    steps: Type.Array(NOTE),
  },
  { $id: "Story", additionalProperties: false },
);

export const whyEndpoints = (stories: Stories): readonly Endpoint[] => [
  endpoint({
    method: "GET",
    route: "/primitives",
    name: "findPrimitives",
    summary: "What became of the primitives with a Request Identifier, the newest first.",
    query: Type.Object({
      rqi: Type.String({ minLength: 1, maxLength: 1_024, description: "Request Identifier" }),
      originator: Type.Optional(
        Type.String({ maxLength: 1_024, description: "As it wrote itself; any without." }),
      ),
    }),
    answer: Type.Object(
      { items: Type.Array(STORY) },
      { $id: "Stories", additionalProperties: false },
    ),
    serve: ({ query }) => ({
      items: stories.find(query.rqi, query.originator).map(storyOf),
    }),
  }),
];

const storyOf = ({ notes, ...story }: Story): Static<typeof STORY> => {
  const { originator, requestIdentifier, operation, to } = story;
  return given({ originator, requestIdentifier, operation, to, steps: notes.map(writtenNote) });
};

function writtenNote({ at, expires, via, ...rest }: Note): Static<typeof NOTE> {
  return given({
    at: timeOf(at),
    expires: expires && timeOf(expires),
    via: via as Static<typeof NOTE>["via"],
    ...rest,
  });
}
