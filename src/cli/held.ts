import { parseDuration } from "../config/units.ts";
import { type AdminClient, type Answer, withAdmin } from "./admin-client.ts";
import type { Arguments } from "./arguments.ts";
import { pagesOf } from "./pages.ts";
import { spanOf, tableOf } from "./table.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

type Act = (args: Arguments, terminal: Terminal, client: AdminClient) => Promise<ExitCode>;

/** `m2mgw held ls|show|replay|drop|purge` */
export const held = (args: Arguments, terminal: Terminal): Promise<ExitCode> =>
  acting(args, terminal, {
    ls: list("/held", "nothing is held"),
    show: one("GET", "/held", ""),
    replay: one("POST", "/held", "/replay"),
    drop: one("DELETE", "/held", ""),
    purge,
  });

/** `m2mgw dead-letters ls|show|replay|rm` */
export const deadLetters = (args: Arguments, terminal: Terminal): Promise<ExitCode> =>
  acting(args, terminal, {
    ls: list("/dead-letters", "there are no dead letters"),
    show: one("GET", "/dead-letters", ""),
    replay: one("POST", "/dead-letters", "/replay"),
    rm: one("DELETE", "/dead-letters", ""),
  });

async function acting(
  args: Arguments,
  terminal: Terminal,
  acts: Readonly<Record<string, Act>>,
): Promise<ExitCode> {
  const [act = "ls", ...operands] = args.operands;
  const run = Object.hasOwn(acts, act) ? acts[act] : undefined;
  if (run === undefined) {
    terminal.complain(`"${act}" is none of ${Object.keys(acts).join(", ")}`);
    return EXIT.USAGE;
  }
  return await withAdmin(args, terminal, (client) => run({ ...args, operands }, terminal, client));
}

const list =
  (path: string, nothing: string): Act =>
  async ({ operands: [registree], options }, terminal, client) => {
    const items = await pagesOf(client, path, { registree });
    if (options.has("json")) {
      for (const item of items) terminal.print(JSON.stringify(item));
      return EXIT.OK;
    }
    if (items.length === 0) terminal.print(nothing);
    else for (const line of tableOf(HEADINGS, items.map(rowOf), terminal)) terminal.print(line);
    return EXIT.OK;
  };

const HEADINGS = ["REGISTREE", "NUMBER", "OPERATION", "RQI", "FROM", "BYTES", "AGE", "STATE"];

function rowOf(item: Answer): string[] {
  const { registree, sequence, operation, requestIdentifier, originator = "", bytes } = item;
  const age = spanOf(Date.now() - Date.parse(item.arrived));
  const waits = item.underWay
    ? "under way"
    : `${item.stored ? "" : "open, "}expires in ${spanOf(Date.parse(item.expires) - Date.now())}`;
  const state = item.outcome === undefined ? waits : `${item.outcome}: ${item.reason}`;
  return [
    registree,
    `${sequence}`,
    operation,
    requestIdentifier,
    originator,
    `${bytes}`,
    age,
    state,
  ];
}

const one =
  (method: string, path: string, action: string): Act =>
  async ({ operands: [registree, number], options }, { complain, print }, client) => {
    if (registree === undefined || !/^\d+$/.test(number ?? "")) {
      complain("which one? REGISTREE NUMBER, as ls prints them");
      return EXIT.USAGE;
    }
    const query = options.has("content") ? "?content=true" : "";
    const target = `${path}/${encodeURIComponent(registree)}/${number}${action}${query}`;
    const answer = await client.call(method, target);
    if (options.has("json")) print(JSON.stringify(answer));
    else for (const [name, value] of Object.entries(answer)) print(`${name}: ${value}`);
    return EXIT.OK;
  };

/** Without `--yes` it only says what it would do. */
const purge: Act = async ({ operands: [registree], options }, { complain, print }, client) => {
  const olderThan = options.get("older-than");
  const age = olderThan === undefined ? undefined : parseDuration(olderThan);
  if (olderThan !== undefined && age === undefined) {
    complain("--older-than takes a time such as 1h");
    return EXIT.USAGE;
  }
  const dryRun = !options.has("yes");
  const answer = await client.call("POST", "/held/purge", {
    registree,
    originator: options.get("originator"),
    olderThanSeconds: age === undefined ? undefined : age / 1_000,
    dryRun,
  });
  const { bytes, dropped, matched } = answer;
  const done = dryRun
    ? `${matched} would be dropped (${bytes} bytes); --yes drops them`
    : `${dropped} of ${matched} dropped; they are dead letters now`;
  print(options.has("json") ? JSON.stringify(answer) : done);
  return EXIT.OK;
};
