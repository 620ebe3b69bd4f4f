import type { Millis } from "../base/clock.ts";
import { loadConfig } from "../config/load.ts";
import { describeFault } from "../config/settings.ts";
import { parseDuration } from "../config/units.ts";
import type { Arguments, UsageFault } from "./arguments.ts";
import { examine } from "./doctor/examination.ts";
import { type Finding, fault, isFault, jsonOf, linesOf } from "./doctor/finding.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

const LONGEST_SILENCE = 86_400_000;

/**
 * `m2mgw doctor`: says line by line what works on the way to the CSE, and what to change where something does not.
 *
 * It registers nothing, and opens no state; connections of its own are all it makes.
 */
export async function doctor(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const { clock, complain, env, print, stop } = terminal;
  const asked = silenceOf(args.options.get("silence"));
  if ("usage" in asked) {
    complain(asked.usage);
    return EXIT.USAGE;
  }
  const inJson = args.options.has("json");
  const tell = (finding: Finding): void => {
    for (const line of inJson ? [jsonOf(finding)] : linesOf(finding)) print(line);
  };
  const loaded = loadConfig({ file: args.options.get("config"), env, flags: args.configFlags });
  if ("faults" in loaded) {
    for (const wrong of loaded.faults) {
      tell(fault("configuration", describeFault(wrong), `correct ${wrong.key ?? wrong.where}`));
    }
    return EXIT.CONFIG;
  }
  let faults = 0;
  for await (const finding of examine(loaded.config, {
    clock,
    env,
    stop,
    silence: asked.silence,
  })) {
    tell(finding);
    if (isFault(finding)) faults += 1;
  }
  return faults === 0 && !stop.aborted ? EXIT.OK : EXIT.FATAL;
}

function silenceOf(
  text: string | undefined,
): { readonly silence: Millis | undefined } | UsageFault {
  if (text === undefined) return { silence: undefined };
  const silence = parseDuration(text);
  return silence === undefined || silence < 1_000 || silence > LONGEST_SILENCE
    ? { usage: "--silence takes the longest silence to try, 1s to 24h, such as 10m" }
    : { silence };
}
