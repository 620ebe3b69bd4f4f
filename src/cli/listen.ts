import { type Millis, millis } from "../base/clock.ts";
import type { Arguments, UsageFault } from "./arguments.ts";
import { clientAccess } from "./client-access.ts";
import type { Message } from "./message.ts";
import { registreeOptions } from "./registree-options.ts";
import { ending, exitCodeOf } from "./sim.ts";
import { SimulatedRegistree, type SimulatedRegistreeOptions } from "./simulated-registree.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

const STEM = /^[CS][A-Za-z0-9._-]*$/;

/**
 * `m2mgw listen CmyAE`: registers as an AE over a WebSocket that it dials, so that it works behind NAT, subscribes, and
 * prints what is notified.
 */
export async function listen(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const wanted = wantedBy(args);
  const access = clientAccess(args, terminal.env);
  if ("usage" in wanted || "usage" in access) {
    for (const fault of [wanted, access]) if ("usage" in fault) terminal.complain(fault.usage);
    return EXIT.USAGE;
  }
  const { lasts, ...registration } = wanted;
  const { clock, complain, print } = terminal;
  const inJson = args.options.has("json");
  const registree = new SimulatedRegistree({
    ...registration,
    access,
    clock,
    print: inJson ? () => {} : print,
    complain,
    arrived: (request) => {
      if (inJson) print(JSON.stringify(request["pc"] ?? null));
      else for (const line of linesOf(request)) print(line);
    },
  });
  const end = ending(clock, lasts, terminal.stop);
  const ended = await registree.run(end.signal);
  end.cancel();
  return exitCodeOf([ended], complain);
}

type Wanted = Omit<
  SimulatedRegistreeOptions,
  "access" | "clock" | "print" | "complain" | "arrived"
> & { readonly lasts: Millis | undefined };

function wantedBy(args: Arguments): Wanted | UsageFault {
  const { operands, options } = args;
  const [ae] = operands;
  if (ae === undefined || !STEM.test(ae)) {
    return { usage: "as whom? an AE-ID-Stem begins with C or S: m2mgw listen CmyAE" };
  }
  const common = registreeOptions(args);
  if ("usage" in common) return common;
  return {
    ...common,
    ae,
    delay: millis(0),
    deregister: !options.has("keep"),
    subscribesTo: options.get("to"),
  };
}

/** The whole of what came, for a person. */
function linesOf(request: Message): string[] {
  const at = new Date().toTimeString().slice(0, 8);
  return [
    `${at}  from ${request["fr"] ?? "nobody"}`,
    JSON.stringify(request["pc"] ?? null, null, 2),
  ];
}
