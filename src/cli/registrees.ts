import { type AdminClient, type Answer, withAdmin } from "./admin-client.ts";
import type { Arguments } from "./arguments.ts";
import { pagesOf } from "./pages.ts";
import { spanOf, tableOf } from "./table.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

/** `m2mgw registrees [REGISTREE]`: who is registered, or one of them; with `--watch` also who comes and leaves. */
export const registrees = (args: Arguments, terminal: Terminal): Promise<ExitCode> =>
  withAdmin(args, terminal, async (client) => {
    const [name] = args.operands;
    if (name === undefined) await list(args, terminal, client);
    else await show(name, args, terminal, client);
    if (args.options.has("watch")) await watch(name, args, terminal, client);
    return EXIT.OK;
  });

/** `m2mgw kick REGISTREE` */
export const kick = (args: Arguments, terminal: Terminal): Promise<ExitCode> =>
  withAdmin(args, terminal, async (client) => {
    const [name] = args.operands;
    if (name === undefined) {
      terminal.complain("which registree? m2mgw kick REGISTREE");
      return EXIT.USAGE;
    }
    const answer = await client.call("POST", `/registrees/${encodeURIComponent(name)}/kick`);
    const said = `the connection of ${name} closes; it may come back at once`;
    terminal.print(args.options.has("json") ? JSON.stringify(answer) : said);
    return EXIT.OK;
  });

async function list(args: Arguments, terminal: Terminal, client: AdminClient): Promise<void> {
  const { options } = args;
  const items = await pagesOf(client, "/registrees", {
    state: options.get("state"),
    prefix: options.get("prefix"),
  });
  if (options.has("json")) {
    for (const item of items) terminal.print(JSON.stringify(item));
    return;
  }
  if (items.length === 0) {
    terminal.print(`nobody is registered; ${terminal.program} sim --ae Clamp lets somebody come`);
    return;
  }
  const rows = items.map(({ registree, kind, state, link, held }: Answer) => [
    registree,
    kind,
    state,
    link === undefined ? "" : `${link.id} ${link.peer ?? ""}`.trim(),
    link?.since === undefined ? "" : spanOf(Date.now() - Date.parse(link.since)),
    held.count === 0 ? "" : `${held.count}`,
  ]);
  const headings = ["REGISTREE", "KIND", "STATE", "LINK", "FOR", "HELD"];
  for (const line of tableOf(headings, rows, terminal)) terminal.print(line);
}

async function show(
  name: string,
  { options }: Arguments,
  { print }: Terminal,
  client: AdminClient,
): Promise<void> {
  const one = await client.call("GET", `/registrees/${encodeURIComponent(name)}`);
  if (options.has("json")) {
    print(JSON.stringify(one));
    return;
  }
  const { link, pointOfAccess } = one;
  print(
    `${one.registree}  ${one.kind}, ${one.state}${one.takesRequests ? "" : ", takes no requests"}`,
  );
  print(`  addresses   ${one.addresses.join(", ")}`);
  print(`  poa         ${pointOfAccess.written?.join(", ") ?? "none"}`);
  print(`  poa at CSE  ${pointOfAccess.atCse.join(", ")}`);
  if (link !== undefined) {
    const { id, subprotocol, credential, basis } = link;
    const about = [link.peer, subprotocol, link.secured ? "TLS" : "", credential, basis];
    print(`  link        ${[id, ...about].filter(Boolean).join(", ")}`);
  }
  print(`  held        ${one.held.count} (${one.held.bytes} bytes)`);
  const { sent, answered, failed, perMinute } = one.traffic;
  print(
    `  traffic     ${sent} sent, ${answered} answered, ${failed} failed; ${perMinute} in a minute`,
  );
  for (const { at, what, link: by, why } of one.timeline) {
    print(`  ${at}  ${[what, by, why].filter(Boolean).join("  ")}`);
  }
}

async function watch(
  name: string | undefined,
  { options }: Arguments,
  { print }: Terminal,
  client: AdminClient,
): Promise<void> {
  const only = name === undefined ? "" : `&registree=${encodeURIComponent(name)}`;
  await client.watch(`?types=registree${only}`, (event) => {
    if (options.has("json")) {
      print(JSON.stringify(event));
      return;
    }
    const { link, code, displaced } = event.facts;
    const facts = [link, code, displaced && `in place of ${displaced}`].filter(Boolean);
    print([event.at, event.registree, event.what, ...facts].join("  "));
  });
}
