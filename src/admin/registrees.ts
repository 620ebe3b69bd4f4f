import { type Static, Type } from "@sinclair/typebox";
import { veiled } from "../base/veiled.ts";
import {
  REACHABILITIES,
  type RegistreeFacts,
  type RegistreeList,
  type RegistreeStory,
} from "../core/registree-list.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { limitOf, PAGE, pageOf } from "./page.ts";
import { absent, Problem } from "./problem.ts";
import { COUNT, ENTITY, given, LINK, REGISTREE, TIME, timeOf, USAGE, wordOf } from "./values.ts";

const STATE = wordOf(REACHABILITIES);

/** One registree in a list. */
const REGISTREE_ROW = Type.Object(
  {
    registree: ENTITY,
    kind: wordOf(["ae", "cse"]),
    state: STATE,
    link: Type.Optional(LINK),
    takesRequests: Type.Boolean({ description: "requestReachability" }),
    expires: Type.Optional(TIME),
    held: USAGE,
  },
  { $id: "Registree", additionalProperties: false },
);

/** One registree, with what has happened to it since the gateway started. */
const REGISTREE_STORY = Type.Object(
  {
    ...REGISTREE_ROW.properties,
    addresses: Type.Array(Type.String(), {
      description: "Of its <AE> or <remoteCSE>, without the CSE's own ID.",
    }),
    pointOfAccess: Type.Object(
      {
        written: Type.Optional(
          Type.Array(Type.String(), {
            description: "By the registree; absent when it wrote none.",
          }),
        ),
        atCse: Type.Array(Type.String(), {
          description: "As the gateway tells it to the CSE; of the token the beginning only.",
        }),
      },
      { additionalProperties: false },
    ),
    reads: Type.Optional(Type.Array(Type.String(), { description: "contentSerialization" })),
    traffic: Type.Object(
      {
        sent: COUNT,
        answered: COUNT,
        failed: COUNT,
        perMinute: Type.Integer({ minimum: 0, description: "Sent in the last minute, about." }),
      },
      { description: "What it was sent.", additionalProperties: false },
    ),
    timeline: Type.Array(
      Type.Object(
        {
          at: TIME,
          what: wordOf(["registered", "connected", "left", "refused", "deregistered"]),
          link: Type.Optional(Type.String()),
          why: Type.Optional(Type.String()),
        },
        { additionalProperties: false },
      ),
      { description: "The oldest first." },
    ),
  },
  { $id: "RegistreeStory", additionalProperties: false },
);

const ONE = Type.Object({ registree: REGISTREE });

/** What the endpoints need. */
export interface RegistreeAccess {
  readonly list: RegistreeList;
  readonly idOf: (written: string) => EntityId;
  readonly acted: (action: string, fields: Readonly<Record<string, unknown>>) => void;
}

export const registreeEndpoints = (access: RegistreeAccess): readonly Endpoint[] => [
  endpoint({
    method: "GET",
    route: "/registrees",
    name: "listRegistrees",
    summary: "Who is registered, in the order of their IDs.",
    query: Type.Object({
      ...PAGE,
      prefix: Type.Optional(
        Type.String({ maxLength: 256, description: "Of the ID, or of the AE-ID-Stem alone." }),
      ),
      state: Type.Optional(STATE),
    }),
    answer: pageOf(REGISTREE_ROW, "RegistreePage"),
    serve: ({ query }) => {
      const { items, next } = access.list.page(query, query.after, limitOf(query));
      return given({ items: items.map(rowOf), next });
    },
  }),
  endpoint({
    method: "GET",
    route: "/registrees/{registree}",
    name: "getRegistree",
    summary: "One registree, and what has happened to it.",
    path: ONE,
    answer: REGISTREE_STORY,
    problems: [404],
    serve: ({ path }) => {
      const story = access.list.find(access.idOf(path.registree));
      if (story === undefined) throw absent("registree");
      return storyOf(story);
    },
  }),
  endpoint({
    method: "POST",
    route: "/registrees/{registree}/kick",
    name: "kickRegistree",
    summary: "Closes its connection (4003). It stays registered, and may connect again at once.",
    path: ONE,
    answer: Type.Object({ kicked: Type.Literal(true) }),
    problems: [404, 409],
    serve: ({ path }) => {
      const registree = access.idOf(path.registree);
      if (!access.list.isKnown(registree)) throw absent("registree");
      if (!access.list.kick(registree)) throw new Problem(409, "it has no connection");
      access.acted("kick", { registree });
      return { kicked: true as const };
    },
  }),
];

function rowOf(facts: RegistreeFacts): Static<typeof REGISTREE_ROW> {
  const { registration, state, held } = facts;
  const { id, kind, reachable, expires } = registration;
  return given({
    registree: id,
    kind,
    state,
    takesRequests: reachable,
    held,
    link: linkOf(facts),
    expires: expires && timeOf(expires),
  });
}

function linkOf({ link, linkedSince, basis }: RegistreeFacts): Static<typeof LINK> | undefined {
  if (link === undefined) return undefined;
  const { id, secured, peerAddress: peer, subprotocol, credential } = link;
  const since = linkedSince && timeOf(linkedSince);
  return given({ id, since, secured, peer, subprotocol, credential: credential?.id, basis });
}

function storyOf(story: RegistreeStory): Static<typeof REGISTREE_STORY> {
  const { registration, pointsAtCse, timeline, traffic } = story;
  const { addresses, pointsOfAccess, reads } = registration;
  return {
    ...rowOf(story),
    addresses: [...addresses],
    pointOfAccess: given({
      written: pointsOfAccess?.map(veiled),
      atCse: [...pointsAtCse],
    }),
    ...given({ reads: reads && [...reads] }),
    traffic,
    timeline: timeline.map(({ at, what, link, why }) => given({ at: timeOf(at), what, link, why })),
  };
}
