import { authorityOf } from "../base/proxy.ts";
import type { ConfigChanges } from "../config/changes.ts";
import { type Deployment, deploymentOf } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { formatDuration } from "../config/units.ts";
import type { Faces, Gateway } from "../gateway.ts";
import type { Arguments } from "./arguments.ts";
import { readConfig, readConfigAgain } from "./check-config.ts";
import { ServiceManager } from "./service-manager.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";
import { versionOf } from "./version.ts";

/**
 * `m2mgw serve`: runs until `terminal.stop`, then drains. To a person it says what it does in lines; where a program reads
 * standard output, that is a record of the log, like all that stands there.
 */
export async function serve(
  args: Arguments,
  terminal: Terminal,
  create: (config: Config, readAgain: () => Config, leave: () => void) => Gateway,
): Promise<ExitCode> {
  const { complain, stop } = terminal;
  const config = readConfig(args, terminal);
  if (config === undefined) return EXIT.CONFIG;
  const leaving = new AbortController();
  const gateway = create(
    config,
    () => readConfigAgain(args, terminal),
    () => leaving.abort(),
  );
  let faces: Faces;
  try {
    faces = await gateway.start();
  } catch (error) {
    // A port in use or a folder that cannot be written: the person needs the sentence, not our stack.
    complain(`m2mgw cannot start: ${sentenceOf(error)}`);
    if (terminal.columns === undefined)
      gateway.log.fatal({ error: sentenceOf(error) }, "cannot start");
    return EXIT.FATAL;
  }
  tellStarted(config, faces, gateway, terminal);
  const manager = new ServiceManager(terminal);
  // Before it is called ready: whoever hears that may ask for a reload at once.
  terminal.onHangUp(() => void reload(gateway, manager, terminal));
  await manager.ready();
  await aborted(AbortSignal.any([stop, leaving.signal]));
  tellStopping(formatDuration(config.shutdown.drain), gateway, terminal);
  await manager.stopping(config.shutdown.drain);
  await gateway.stop();
  if (terminal.columns === undefined) gateway.log.info("gateway stopped");
  manager.close();
  return EXIT.OK;
}

function tellStarted(config: Config, faces: Faces, gateway: Gateway, terminal: Terminal): void {
  const { columns, print, program } = terminal;
  if (columns !== undefined) {
    for (const line of welcome(config, faces, program)) print(line);
    return;
  }
  const { cse, cseProxy, stateDir } = config;
  const proxy = cseProxy && `${authorityOf(cseProxy)} (${cseProxy.namedBy})`;
  const what = { version: versionOf(), mode: deploymentOf(config), cse: cse.url, proxy, stateDir };
  gateway.log.info({ ...what, ...faces }, "gateway started");
}

function tellStopping(drain: string, gateway: Gateway, { columns, print }: Terminal): void {
  if (columns === undefined) gateway.log.info({ drain }, "gateway stopping");
  else print(`Stopping: what is under way may finish for ${drain}; a second signal stops at once.`);
}

/** Reads the configuration again, and says what came of it, which the log does anyway where it has changed. Never rejects. */
async function reload(
  gateway: Gateway,
  manager: ServiceManager,
  { complain, columns, print }: Terminal,
): Promise<void> {
  await manager.reloading();
  try {
    const lines = reloadedLines(await gateway.reload({ dryRun: false }));
    if (columns !== undefined) for (const line of lines) print(line);
  } catch (error) {
    const why = sentenceOf(error);
    if (columns !== undefined)
      complain(`The configuration was not reloaded, the old one holds on:\n${why}`);
    else gateway.log.error({ error: why }, "configuration was not reloaded: the old one holds on");
  }
  await manager.ready();
}

/** What a reload has done, or would do. */
export function reloadedLines({ live, restart }: ConfigChanges): string[] {
  if (live.length === 0 && restart.length === 0) return ["Configuration: nothing has changed."];
  return [
    ...(live.length === 0 ? [] : [`Configuration reloaded: ${live.join(", ")}.`]),
    ...(restart.length === 0 ? [] : [`Needs a restart: ${restart.join(", ")}.`]),
  ];
}

/** What a person sees first: what listens where, and what to try. */
export function welcome(config: Config, faces: Faces, program: string): string[] {
  const { id, name, url } = config.cse;
  const roles: Record<Deployment, string> = {
    standalone: `answers registrations as ${id} (${name})`,
    front: `stands for ${id} at ${url}${throughProxy(config)}`,
    bridge: `brings its registrees to ${id} at ${url}${throughProxy(config)}`,
  };
  const head = [
    `m2mgw ${versionOf()}, ${deploymentOf(config)}: ${roles[deploymentOf(config)]}`,
    `  HTTP       ${faces.http}`,
    `  WebSocket  ${faces.ws}`,
    `  admin      ${faces.admin}`,
    `  state      ${config.stateDir}`,
  ];
  if (deploymentOf(config) !== "standalone") return head;
  return [...head, "", "Try it in a second terminal:", `  ${tryLine(config, faces, program)}`, ""];
}

/** Which proxy, and who says so: where the environment does, it may come as a surprise. */
const throughProxy = ({ cseProxy }: Config): string =>
  cseProxy === undefined ? "" : ` through the proxy ${authorityOf(cseProxy)} (${cseProxy.namedBy})`;

/** One line for a shell: a registree comes, and a Notify reaches it. Names only what differs from the defaults. */
function tryLine({ cse }: Config, faces: Faces, program: string): string {
  const sim = [
    `${program} sim --ae Clamp --for 5s`,
    ...unless("ws://127.0.0.1:8180", reachable(faces.ws), "--url"),
    ...unless("cse-in", cse.name, "--cse"),
  ];
  const send = [
    `${program} send --to Clamp`,
    ...unless("http://127.0.0.1:8088", reachable(faces.http), "--url"),
    ...unless("/id-in", cse.id, "--cse-id"),
    '"hello"',
  ];
  return `${sim.join(" ")} & sleep 1; ${send.join(" ")}`;
}

const unless = (usual: string, actual: string, option: string): string[] =>
  actual === usual ? [] : [`${option} ${actual}`];

/** A listener on every address is reached on loopback from here. */
const reachable = (url: string): string =>
  url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${error.message}${cause}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
