import { type Answer, withAdmin } from "./admin-client.ts";
import type { Arguments } from "./arguments.ts";
import { spanOf } from "./table.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

/** `m2mgw status`: the gateway at a glance. */
export const status = (args: Arguments, terminal: Terminal): Promise<ExitCode> =>
  withAdmin(args, terminal, async (client) => {
    const answer = await client.call("GET", "/status");
    const lines = args.options.has("json") ? [JSON.stringify(answer)] : linesOf(answer);
    for (const line of lines) terminal.print(line);
    return EXIT.OK;
  });

function linesOf(answer: Answer): string[] {
  const { held, inFlight, mode, now, reasons, registrees, settled, upstream, version } = answer;
  const ended = Object.entries(settled).filter(([, count]) => Number(count) > 0);
  return [
    `m2mgw ${version}, ${mode}, up for ${spanOf(answer.uptimeSeconds * 1_000)}: ${answer.ready ? "ready" : `not ready, ${reasons.join(", ")}`}`,
    `  registrees  ${registrees.total}: ${registrees.connected} connected, ${registrees.callable} callable, ${registrees.away} away`,
    `  links       ${answer.links}`,
    `  held        ${held.count} for ${held.registrees} (${held.bytes} bytes, ${held.open} open)${ageOf(held.oldest, now)}${held.accepting ? "" : "; NOTHING CAN BE STORED"}`,
    ...(ended.length === 0
      ? []
      : [`  settled     ${ended.map(([name, count]) => `${count} ${name}`).join(", ")}`]),
    `  in flight   ${inFlight.toRegistree} to registrees, ${inFlight.toCse} to the CSE`,
    ...(upstream === undefined ? [] : [`  CSE         ${upstream.url} ${wayOf(upstream, now)}`]),
    ...answer.warnings.map(
      ({ at, message }: Answer) => `  warning     ${spanOf(since(at, now))} ago: ${message}`,
    ),
  ];
}

const since = (at: string, now: string): number => Date.parse(now) - Date.parse(at);

const ageOf = (oldest: string | undefined, now: string): string =>
  oldest === undefined ? "" : `, the oldest for ${spanOf(since(oldest, now))}`;

function wayOf({ reachable, since: from, why }: Answer, now: string): string {
  if (reachable === undefined) return "not tried yet";
  const length = `for ${spanOf(since(from, now))}`;
  return reachable ? `reachable ${length}` : `NOT REACHABLE ${length}: ${why ?? "no reason known"}`;
}
