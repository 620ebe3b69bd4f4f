import { authorityOf } from "../base/proxy.ts";
import { type Deployment, deploymentOf } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { formatDuration } from "../config/units.ts";
import type { Faces, Gateway } from "../gateway.ts";
import type { Arguments } from "./arguments.ts";
import { readConfig } from "./check-config.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";
import { versionOf } from "./version.ts";

/** `m2mgw serve`: runs until `terminal.stop`, then drains. */
export async function serve(
  args: Arguments,
  terminal: Terminal,
  create: (config: Config) => Gateway,
): Promise<ExitCode> {
  const { print, complain, stop, program } = terminal;
  const config = readConfig(args, terminal);
  if (config === undefined) return EXIT.CONFIG;
  const gateway = create(config);
  let faces: Faces;
  try {
    faces = await gateway.start();
  } catch (error) {
    // A port in use or a folder that cannot be written: the person needs the sentence, not our stack.
    complain(`m2mgw cannot start: ${sentenceOf(error)}`);
    return EXIT.FATAL;
  }
  for (const line of welcome(config, faces, program)) print(line);
  await aborted(stop);
  const drain = formatDuration(config.shutdown.drain);
  print(`Stopping: what is under way may finish for ${drain}; a second signal stops at once.`);
  await gateway.stop();
  return EXIT.OK;
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
