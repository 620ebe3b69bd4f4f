import type { Clock } from "../base/clock.ts";

/** What a command tells the shell (sysexits.h where it has a number). */
export const EXIT = { OK: 0, FATAL: 1, USAGE: 2, UNREACHABLE: 69, CONFIG: 78 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The world as a command sees it. */
export interface Terminal {
  /** One line of what was asked for, to standard output. */
  readonly print: (line: string) => void;
  /** One line of what is wrong, to standard error. */
  readonly complain: (line: string) => void;
  /** Characters in a line, where standard output is a screen; undefined for a file or a pipe. */
  readonly columns?: number | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Aborted when the user or the system wants the command to end. */
  readonly stop: AbortSignal;
  /** Has `listener` called whenever the user wants the configuration to be read again (SIGHUP). */
  readonly onHangUp: (listener: () => void) => void;
  /** What a person types to run this program again: `m2mgw`, `node dist/main.js`. */
  readonly program: string;
}
