import type { Clock, Millis } from "../../base/clock.ts";
import { windowAt } from "../../base/weekly-windows.ts";
import type { Environment } from "../../config/choose-proxy.ts";
import { deploymentOf } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { type ClockReading, clockFinding } from "./clock-skew.ts";
import { tryAddresses } from "./connections.ts";
import { askForCseBase } from "./cse-base.ts";
import { type Finding, isFault, note, ok } from "./finding.ts";
import { tryHandshake } from "./handshake.ts";
import { checkListeners } from "./listeners.ts";
import { checkAdvertised, resolveFirst } from "./names.ts";
import { aboutPeer } from "./peer.ts";
import { proxyChosen, tryProxy } from "./proxy.ts";
import { measureSilence } from "./silence.ts";
import { checkStateFolder } from "./state-folder.ts";
import { tryTls } from "./tls.ts";
import { type Way, wayOf } from "./way.ts";

export interface ExaminationParts {
  readonly clock: Clock;
  readonly env: Environment;
  /** Ends it early. */
  readonly stop: AbortSignal;
  /** The longest silence that is tried; undefined when none is. */
  readonly silence: Millis | undefined;
}

/** Everything that can be found out with `config`, in order, each as soon as it is known. */
export async function* examine(config: Config, parts: ExaminationParts): AsyncGenerator<Finding> {
  const { clock, stop } = parts;
  const { url } = config.cse;
  yield ok("configuration", `${deploymentOf(config)}${url === undefined ? "" : `, CSE at ${url}`}`);
  yield await checkStateFolder(config.stateDir);
  yield* await checkListeners(config, clock);
  yield* await checkAdvertised(config, clock);
  const way = wayOf(config, clock, stop);
  if (way === undefined) {
    yield note(
      "CSE",
      "there is none to reach: standalone, the gateway answers registrations itself; cse.url would name one",
    );
  } else yield* examineWay(way, config, parts);
  for (const [name, peer] of config.peers) {
    if (stop.aborted) return;
    yield* examinePeer(name, { ...config, ...peer }, parts);
  }
}

/** A peer as if it were the CSE. @param there the configuration that the gateway would have then */
async function* examinePeer(
  name: string,
  there: Config,
  parts: ExaminationParts,
): AsyncGenerator<Finding> {
  const way = wayOf(there, parts.clock, parts.stop);
  if (way === undefined) {
    yield note(
      "peer",
      `${name} opens the connection itself (accept): nothing can be tried from here`,
    );
    return;
  }
  yield ok("peer", `${name} at ${way.url.href}`);
  for await (const finding of examineWay(way, there, parts)) {
    yield aboutPeer(name, there.cse, finding);
  }
}

/** Step by step to the CSE; what fails ends it, since nothing behind it can be tried. */
async function* examineWay(
  way: Way,
  config: Config,
  { clock, env, silence, stop }: ExaminationParts,
): AsyncGenerator<Finding> {
  yield proxyChosen(way, config, env);
  const { finding, addresses } = await resolveFirst(way);
  yield finding;
  if (isFault(finding)) return;
  for (const step of [() => tryAddresses(way, addresses), () => tryProxy(way), () => tlsOf(way)]) {
    if (stop.aborted) return;
    const findings = await step();
    yield* findings;
    if (findings.some(isFault)) return;
  }
  if (stop.aborted) return;
  const clocks: (ClockReading | undefined)[] = [];
  if (way.isWebSocket) {
    yield* outsideWindows(config, clock);
    const handshake = await tryHandshake(way, config);
    yield handshake.finding;
    if (isFault(handshake.finding)) return;
    clocks.push(handshake.clock);
  }
  if (stop.aborted) return;
  const answer = await askForCseBase(way, config);
  yield* answer.findings;
  clocks.unshift(...answer.clocks);
  yield clockFinding(clocks);
  if (silence !== undefined && !stop.aborted) yield* measureSilence(way, config, silence, stop);
}

/** It is tried all the same. */
function outsideWindows({ cse }: Config, clock: Clock): Finding[] {
  const { isOpen, changes } = windowAt(cse.windows, clock.now());
  if (isOpen || changes === undefined) return [];
  const next = new Date(changes).toISOString();
  return [note("handshake", `the gateway does not connect before ${next}: so cse.windows says`)];
}

const tlsOf = (way: Way): Promise<Finding[]> => (way.isSecure ? tryTls(way) : Promise.resolve([]));
