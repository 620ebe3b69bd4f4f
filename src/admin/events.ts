import { type Static, Type } from "@sinclair/typebox";
import type { FastifyReply } from "fastify";
import { type Clock, later, millis, type Timer } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import {
  EVENT_TYPES,
  type EventFeed,
  type EventFilter,
  type EventType,
  type GatewayEvent,
} from "../core/event-feed.ts";
import type { Limits } from "../core/limits.ts";
import type { Observer } from "../core/ports.ts";
import type { Traces } from "../core/traces.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { absent } from "./problem.ts";
import { ENTITY, given, REGISTREE, TIME, timeOf } from "./values.ts";

/** Bytes that may wait for a watcher; one that reads more slowly is dropped. */
const BACKLOG = 1_048_576;
/** After so much silence a comment is sent, so that nobody between takes the connection for dead. */
const HEARTBEAT = millis(15_000);
const LONGEST_TRACE = 3_600;

const EVENT = Type.Object(
  {
    id: Type.Integer(),
    at: TIME,
    type: Type.Unsafe<EventType>({ type: "string", enum: EVENT_TYPES }),
    what: Type.String({ description: "What has happened, in a word or two." }),
    registree: Type.Optional(ENTITY),
    trace: Type.Optional(Type.String()),
    facts: Type.Record(Type.String(), Type.Unknown()),
  },
  { $id: "Event", description: "`data` of each event.", additionalProperties: false },
);

const TRACE = Type.Object(
  {
    id: Type.String(),
    registree: ENTITY,
    ends: TIME,
    content: Type.Boolean(),
  },
  { $id: "Trace", additionalProperties: false },
);

/** What the endpoints need. */
export interface EventAccess {
  readonly feed: EventFeed;
  readonly traces: Traces;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly observer: Pick<Observer, "limitReached">;
  readonly idOf: (written: string) => EntityId;
  readonly acted: (action: string, fields: Readonly<Record<string, unknown>>) => void;
}

export const eventEndpoints = (access: EventAccess): readonly Endpoint[] => [
  endpoint({
    method: "GET",
    route: "/events",
    name: "watchEvents",
    summary: "What happens, as it happens (server-sent events).",
    query: Type.Object({
      types: Type.Optional(
        Type.String({
          pattern: `^(${EVENT_TYPES.join("|")})(,(${EVENT_TYPES.join("|")}))*$`,
          description: `Of ${EVENT_TYPES.join(", ")}, separated by commas; all but primitive and trace without.`,
        }),
      ),
      registree: Type.Optional(REGISTREE),
      trace: Type.Optional(
        Type.String({ description: "Of this trace alone; ends when that does." }),
      ),
      after: Type.Optional(
        Type.Integer({ description: "Those behind this id first, as far as they are kept." }),
      ),
    }),
    answer: Type.String({
      description: "Events whose data is an Event in JSON.",
      contentSchema: EVENT,
    }),
    mediaType: "text/event-stream",
    problems: [404, 503],
    serve: ({ query, reply }) => {
      const { after, trace } = query;
      if (trace !== undefined && access.traces.find(trace) === undefined) throw absent("trace");
      checkRoom(access, "watchers", access.feed.subscribers);
      const last = Number(reply.request.headers["last-event-id"] ?? Number.NaN);
      const filter: EventFilter = {
        types:
          query.types === undefined ? undefined : new Set(query.types.split(",") as EventType[]),
        registree: query.registree === undefined ? undefined : access.idOf(query.registree),
        trace,
      };
      watch(reply, access, filter, Number.isInteger(last) ? last : after);
      return "";
    },
  }),
  endpoint({
    method: "GET",
    route: "/traces",
    name: "listTraces",
    summary: "The traces that are under way.",
    answer: Type.Object(
      { items: Type.Array(TRACE) },
      { $id: "TraceList", additionalProperties: false },
    ),
    serve: () => ({ items: access.traces.list().map(traceOf) }),
  }),
  endpoint({
    method: "POST",
    route: "/traces",
    name: "startTrace",
    summary: "Tells every step of the primitives of a registree for a while, in /events?trace=.",
    body: Type.Object(
      {
        registree: REGISTREE,
        forSeconds: Type.Integer({ minimum: 1, maximum: LONGEST_TRACE }),
        content: Type.Optional(
          Type.Boolean({ default: false, description: "Contents, too; that is audited." }),
        ),
      },
      { $id: "TraceWanted", additionalProperties: false },
    ),
    status: 201,
    answer: TRACE,
    problems: [503],
    serve: ({ body }) => {
      const registree = access.idOf(body.registree);
      const { content = false, forSeconds } = body;
      checkRoom(access, "traces", access.traces.size);
      const trace = access.traces.start(registree, millis(forSeconds * 1_000), content);
      access.acted("trace", { registree, trace: trace.id, forSeconds, content });
      return traceOf(trace);
    },
  }),
  endpoint({
    method: "DELETE",
    route: "/traces/{trace}",
    name: "endTrace",
    summary: "Ends a trace before its time.",
    path: Type.Object({ trace: Type.String() }),
    answer: Type.Object({ ended: Type.Literal(true) }),
    problems: [404],
    serve: ({ path }) => {
      if (!access.traces.end(path.trace)) throw absent("trace");
      return { ended: true as const };
    },
  }),
];

/** @throws GatewayError GW_OVERLOADED when there are as many as there may be */
function checkRoom(
  { limits, observer }: EventAccess,
  of: "watchers" | "traces",
  there: number,
): void {
  if (there < limits.current[of]) return;
  observer.limitReached(of);
  throw new GatewayError("GW_OVERLOADED", `limits.${of} is ${limits.current[of]}`);
}

const traceOf = ({ id, registree, ends, content }: ReturnType<Traces["list"]>[number]) => ({
  id,
  registree,
  ends: timeOf(ends),
  content,
});

/** Writes events until the watcher leaves, is too slow, or its trace ends. */
function watch(
  reply: FastifyReply,
  { clock, feed }: EventAccess,
  filter: EventFilter,
  after: number | undefined,
): void {
  reply.hijack();
  const { raw } = reply;
  raw.on("error", () => raw.destroy());
  raw.writeHead(200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    // nginx would keep events until its buffer is full.
    "X-Accel-Buffering": "no",
  });
  raw.write("retry: 2000\n\n");
  let silence: Timer;
  const awaitSilence = (): void => {
    silence = clock.at(later(clock.now(), HEARTBEAT), () => {
      raw.write(":\n\n");
      awaitSilence();
    });
  };
  awaitSilence();
  const end = feed.subscribe(filter, after, (event) => {
    if (raw.writableLength > BACKLOG) raw.destroy();
    else raw.write(textOf(event));
    if (filter.trace !== undefined && event.what === "ended") raw.end();
  });
  raw.once("close", () => {
    end();
    silence.cancel();
  });
}

const textOf = ({ id, at, type, what, registree, trace, facts }: GatewayEvent): string => {
  const data: Static<typeof EVENT> = given({
    ...{ id, at: timeOf(at), type, what },
    ...{ registree, trace, facts },
  });
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
};
