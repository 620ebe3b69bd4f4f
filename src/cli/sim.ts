import { type Clock, later, type Millis } from "../base/clock.ts";
import { parseDuration } from "../config/units.ts";
import type { Arguments, UsageFault } from "./arguments.ts";
import { clientAccess } from "./client-access.ts";
import { registreeOptions } from "./registree-options.ts";
import {
  SimulatedRegistree,
  type SimulatedRegistreeOptions,
  type SimulationEnd,
} from "./simulated-registree.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

const STEM = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const MOST = 10_000;

interface Simulation {
  readonly names: readonly string[];
  readonly lasts: Millis | undefined;
  readonly quiet: boolean;
  readonly registree: Omit<
    SimulatedRegistreeOptions,
    "access" | "ae" | "clock" | "print" | "complain"
  >;
}

/** `m2mgw sim`: simulated registrees, until they are stopped or their time is over. */
export async function sim(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const simulation = simulationOf(args);
  const access = clientAccess(args, terminal.env);
  if ("usage" in simulation || "usage" in access) {
    for (const fault of [simulation, access]) if ("usage" in fault) terminal.complain(fault.usage);
    return EXIT.USAGE;
  }
  const { clock, complain } = terminal;
  const print = simulation.quiet ? () => {} : terminal.print;
  const registrees = simulation.names.map(
    (ae) => new SimulatedRegistree({ ...simulation.registree, access, ae, clock, print, complain }),
  );
  const end = ending(clock, simulation.lasts, terminal.stop);
  const ends = await Promise.all(registrees.map((registree) => registree.run(end.signal)));
  end.cancel();
  const answered = registrees.reduce((sum, registree) => sum + registree.answered, 0);
  print(`${answered} ${answered === 1 ? "request" : "requests"} answered`);
  return exitCodeOf(ends, complain);
}

/** What the arguments ask for, or what is wrong with them. */
function simulationOf(args: Arguments): Simulation | UsageFault {
  const { options } = args;
  const ae = options.get("ae");
  const count = Number(options.get("count") ?? "1");
  const delay = parseDuration(options.get("delay") ?? "0s");
  if (ae === undefined) return { usage: "--ae is missing: the AE-ID-Stem, such as Clamp" };
  if (!STEM.test(ae)) return { usage: "--ae takes letters, digits, '.', '_' and '-'" };
  if (!/^[CS]/.test(ae)) {
    return {
      usage: `an AE-ID-Stem begins with C or S (TS-0001, 7.2): "${ae}" does not, C${ae} would`,
    };
  }
  if (!Number.isInteger(count) || count < 1 || count > MOST) {
    return { usage: `--count takes a whole number from 1 to ${MOST}` };
  }
  if (delay === undefined) return { usage: "--delay takes a time such as 500ms" };
  const common = registreeOptions(args);
  if ("usage" in common) return common;
  const { lasts, ...registree } = common;
  return {
    names: count === 1 ? [ae] : Array.from({ length: count }, (_, index) => `${ae}${index + 1}`),
    lasts,
    quiet: options.has("quiet"),
    registree: { ...registree, delay, deregister: options.has("deregister") },
  };
}

/** When to end: after `lasts`, if that is given, or when `stop` says so. */
export function ending(
  clock: Clock,
  lasts: Millis | undefined,
  stop: AbortSignal,
): { readonly signal: AbortSignal; readonly cancel: () => void } {
  if (lasts === undefined) return { signal: stop, cancel: () => {} };
  const over = new AbortController();
  const timer = clock.at(later(clock.now(), lasts), () => over.abort());
  return { signal: AbortSignal.any([stop, over.signal]), cancel: () => timer.cancel() };
}

/** What a shell is told of how simulated registrees have ended. */
export function exitCodeOf(
  ends: readonly SimulationEnd[],
  complain: Terminal["complain"],
): ExitCode {
  if (ends.includes("unreachable")) {
    complain("the gateway is not reachable; m2mgw serve starts one");
    return EXIT.UNREACHABLE;
  }
  return ends.includes("refused") ? EXIT.FATAL : EXIT.OK;
}
