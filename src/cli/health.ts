import { later, millis } from "../base/clock.ts";
import { parseHttpUrl } from "../config/addresses.ts";
import type { Arguments } from "./arguments.ts";
import { readConfig } from "./check-config.ts";
import { ownAdminUrl } from "./own-listener.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

const PATIENCE = millis(5_000);

/** What `/readyz` says. */
interface Readiness {
  readonly ready: boolean;
  readonly overloaded?: boolean;
  readonly mode: string;
  readonly links: number;
  readonly storing: boolean;
}

/** `m2mgw health`: whether the gateway with this configuration, or the one at `--url`, takes requests. */
export async function health(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const { print, complain } = terminal;
  const given = args.options.get("url");
  const base = given === undefined ? ownUrl(args, terminal) : parseHttpUrl(given);
  if (base === undefined) {
    if (given === undefined) return EXIT.CONFIG;
    complain("--url takes an http:// or https:// URL");
    return EXIT.USAGE;
  }
  let readiness: Readiness;
  try {
    readiness = await readinessAt(base, terminal);
  } catch (error) {
    complain(`no gateway at ${base}: ${whyOf(error)}`);
    return EXIT.UNREACHABLE;
  }
  const { ready, overloaded, mode, links, storing } = readiness;
  if (args.options.has("json")) print(JSON.stringify(readiness));
  else {
    const why = overloaded === true ? "overloaded" : "stopping";
    const state = ready ? "ready" : `not ready, it is ${why}`;
    print(`${state}: ${mode}, connections: ${links}${storing ? "" : ", nothing can be held"}`);
  }
  return ready ? EXIT.OK : EXIT.FATAL;
}

/** Undefined after all faults have been told. */
function ownUrl(args: Arguments, terminal: Terminal): string | undefined {
  const config = readConfig(args, terminal);
  return config && ownAdminUrl(config);
}

async function readinessAt(base: string, { clock, stop }: Terminal): Promise<Readiness> {
  const silent = new AbortController();
  const timer = clock.at(later(clock.now(), PATIENCE), () =>
    silent.abort(new Error("it does not answer")),
  );
  try {
    const signal = AbortSignal.any([stop, silent.signal]);
    const body: unknown = await (await fetch(`${base}/readyz`, { signal })).json();
    if (typeof body !== "object" || body === null || !("ready" in body) || !("mode" in body)) {
      throw new Error("something else answers");
    }
    return body as Readiness;
  } finally {
    timer.cancel();
  }
}

/** fetch says in the cause what went wrong, and there in the code where several addresses were tried. */
function whyOf(error: unknown): string {
  const { cause = error } = error instanceof Error ? error : {};
  if (cause instanceof SyntaxError) return "something else answers";
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || String((cause as NodeJS.ErrnoException).code);
}
