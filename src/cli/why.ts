import { formatDuration, parseDuration } from "../config/units.ts";
import { withAdmin } from "./admin-client.ts";
import type { Arguments } from "./arguments.ts";
import { stepLine } from "./step-line.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

/** `m2mgw why REQUEST-IDENTIFIER`: what became of a primitive. */
export async function why(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const { complain, print } = terminal;
  const [rqi] = args.operands;
  if (rqi === undefined) {
    complain("which primitive? m2mgw why REQUEST-IDENTIFIER");
    return EXIT.USAGE;
  }
  return await withAdmin(args, terminal, async (client) => {
    const originator = args.options.get("originator");
    const query = new URLSearchParams({ rqi, ...(originator === undefined ? {} : { originator }) });
    const { items } = await client.call("GET", `/primitives?${query}`);
    if (args.options.has("json")) print(JSON.stringify(items));
    else {
      for (const story of items) {
        for (const { at, is, ...step } of story.steps) print(stepLine(at, is, step, story));
        print("");
      }
    }
    if (items.length > 0) return EXIT.OK;
    complain(
      "no primitive with this Request Identifier is remembered; the latest are (admin.primitives), and what passes through to the CSE unread is not",
    );
    return EXIT.FATAL;
  });
}

/** `m2mgw trace REGISTREE --for 5m`: every step of its primitives, as they happen. */
export async function trace(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const { complain, print } = terminal;
  const { options } = args;
  const [registree] = args.operands;
  const lasts = parseDuration(options.get("for") ?? "5m");
  if (registree === undefined || lasts === undefined || lasts < 1_000 || lasts > 3_600_000) {
    complain(
      registree === undefined
        ? "which registree? m2mgw trace REGISTREE"
        : "--for takes a time from 1s to 1h",
    );
    return EXIT.USAGE;
  }
  return await withAdmin(args, terminal, async (client) => {
    const wanted = {
      registree,
      forSeconds: Math.round(lasts / 1_000),
      content: options.has("content"),
    };
    const { id, registree: whole } = await client.call("POST", "/traces", wanted);
    if (!options.has("json")) print(`tracing ${whole} for ${formatDuration(lasts)}`);
    await client.watch(`?trace=${id}`, (event) => {
      if (options.has("json")) print(JSON.stringify(event));
      else if (event.what === "ended") print("the trace has ended");
      else {
        print(stepLine(event.at, event.what, event.facts, event.facts));
        if (event.facts.content !== undefined) print(`  ${event.facts.content}`);
      }
    });
    return EXIT.OK;
  });
}
