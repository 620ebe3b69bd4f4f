import { Type } from "@sinclair/typebox";
import { type Millis, millis } from "../base/clock.ts";
import { LOG_LEVELS, type LogLevelName } from "../base/log-levels.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { Problem } from "./problem.ts";
import { given, TIME, wordOf } from "./values.ts";

/** One key of the configuration. */
const KEY = Type.Object(
  {
    key: Type.String(),
    value: Type.Optional(
      Type.Unknown({
        description: "As a file would have it; absent where there is none. Secrets are not shown.",
      }),
    ),
    origin: Type.String({
      description: "Who says so: default, file:line:column, a variable or an option.",
    }),
    live: Type.Boolean({ description: "A running gateway takes another value over." }),
  },
  { $id: "Key", additionalProperties: false },
);

const CHANGES = Type.Object(
  {
    dryRun: Type.Boolean(),
    live: Type.Array(Type.String(), { description: "Keys that hold from now on, or would." }),
    restart: Type.Array(Type.String(), { description: "Changed keys that wait for a restart." }),
  },
  { $id: "Changes", additionalProperties: false },
);

const LOG_LEVEL = Type.Object(
  {
    level: wordOf(LOG_LEVELS),
    until: Type.Optional(TIME),
  },
  { $id: "LogLevel", additionalProperties: false },
);

/** What the endpoints need. */
export interface RunningAccess {
  readonly keys: () => readonly {
    readonly key: string;
    readonly value: unknown;
    readonly origin: string;
    readonly live: boolean;
  }[];
  /** @throws Error whose message says what is wrong with the configuration */
  readonly reload: (
    dryRun: boolean,
  ) => Promise<{ readonly live: readonly string[]; readonly restart: readonly string[] }>;
  /** Lets the process end as a signal would. False where nobody has said how. */
  readonly drain: () => boolean;
  readonly level: {
    current(): { readonly level: LogLevelName; readonly until: string | undefined };
    set(level: LogLevelName, lasts: Millis | undefined): void;
  };
  readonly acted: (action: string, fields: Readonly<Record<string, unknown>>) => void;
}

export const runningEndpoints = (access: RunningAccess): readonly Endpoint[] => [
  endpoint({
    method: "GET",
    route: "/config",
    name: "getConfig",
    summary: "The configuration that holds, and who says so.",
    answer: Type.Object(
      { items: Type.Array(KEY) },
      { $id: "Configuration", additionalProperties: false },
    ),
    serve: () => ({ items: [...access.keys()] }),
  }),
  endpoint({
    method: "POST",
    route: "/reload",
    name: "reload",
    summary: "Reads the configuration again, and lets it hold as far as a running gateway can.",
    body: Type.Object({ dryRun: Type.Boolean() }, { $id: "Reload", additionalProperties: false }),
    answer: CHANGES,
    problems: [422],
    serve: async ({ body: { dryRun } }) => {
      const changes = await access.reload(dryRun).catch((error: unknown) => {
        throw new Problem(422, error instanceof Error ? error.message : String(error));
      });
      return { dryRun, live: [...changes.live], restart: [...changes.restart] };
    },
  }),
  endpoint({
    method: "POST",
    route: "/drain",
    name: "drain",
    summary: "Takes nothing new, finishes what is under way, and ends the process.",
    status: 202,
    answer: Type.Object({ draining: Type.Literal(true) }),
    problems: [409],
    serve: () => {
      access.acted("drain", {});
      if (!access.drain()) throw new Problem(409, "whoever started this gateway has to stop it");
      return { draining: true as const };
    },
  }),
  endpoint({
    method: "GET",
    route: "/log-level",
    name: "getLogLevel",
    summary: "The least severe records that are logged now.",
    answer: LOG_LEVEL,
    serve: () => given(access.level.current()),
  }),
  endpoint({
    method: "PUT",
    route: "/log-level",
    name: "setLogLevel",
    summary:
      "Logs more or less from now on, or for a while; a reload sets what the configuration says.",
    body: Type.Object(
      {
        level: wordOf(LOG_LEVELS),
        forSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
      },
      { $id: "LogLevelWanted", additionalProperties: false },
    ),
    answer: LOG_LEVEL,
    serve: ({ body: { level, forSeconds } }) => {
      access.level.set(level, forSeconds === undefined ? undefined : millis(forSeconds * 1_000));
      access.acted("log level", { to: level, forSeconds });
      return given(access.level.current());
    },
  }),
];
