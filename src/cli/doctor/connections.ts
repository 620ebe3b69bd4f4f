import { connect } from "node:net";
import { later } from "../../base/clock.ts";
import { authorityOf } from "../../base/proxy.ts";
import { formatDuration } from "../../config/units.ts";
import { codeOf } from "./error-code.ts";
import { type Finding, fault, note, ok } from "./finding.ts";
import { tookSince } from "./patience.ts";
import type { Way } from "./way.ts";

/** Tries each address of what is connected to first. One that answers suffices: the gateway tries them all. */
export async function tryAddresses(way: Way, addresses: readonly string[]): Promise<Finding[]> {
  const tried = await Promise.all(addresses.map((address) => tryOne(way, address)));
  const someAnswer = tried.some(({ why }) => why === undefined);
  return tried.map(({ place, took, why }) => {
    if (why === undefined) return ok("connection", `${place} takes connections (${took})`);
    const text = `${place} ${why} (${took})`;
    return someAnswer
      ? note("connection", `${text}; the gateway goes on to the next address`)
      : fault("connection", text, adviceFor(way));
  });
}

function adviceFor({ first, namedBy, through }: Way): string {
  const correct = `check host and port in ${namedBy}, and that the firewalls between let ${authorityOf(first)} through`;
  return through === undefined
    ? `${correct}; where this network goes out through an HTTP proxy only, name that in proxy.url`
    : correct;
}

interface Tried {
  readonly place: string;
  readonly took: string;
  /** Undefined when it takes connections. */
  readonly why: string | undefined;
}

function tryOne({ clock, first, patience }: Way, host: string): Promise<Tried> {
  const start = clock.now();
  const { port } = first;
  return new Promise((resolve) => {
    const over = (why?: string): void => {
      timer.cancel();
      socket.destroy();
      resolve({ place: authorityOf({ host, port }), took: tookSince(clock, start), why });
    };
    const socket = connect({ host, port });
    socket.on("error", (error) => over(WORDS.get(codeOf(error)) ?? `fails: ${error.message}`));
    socket.on("connect", () => over());
    const timer = clock.at(later(start, patience), () =>
      over(
        `does not answer within ${formatDuration(patience)}: a firewall drops what is sent there, or nobody is`,
      ),
    );
  });
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["ECONNREFUSED", "refuses connections: nothing listens at that port, or a firewall says so"],
  ["EHOSTUNREACH", "cannot be reached: no such machine, or no way there (EHOSTUNREACH)"],
  ["ENETUNREACH", "cannot be reached: this machine has no route there (ENETUNREACH)"],
  ["ETIMEDOUT", "does not answer: a firewall drops what is sent there, or nobody is (ETIMEDOUT)"],
  ["ECONNRESET", "closes connections at once (ECONNRESET)"],
  ["EACCES", "may not be connected to: this machine's own firewall forbids it (EACCES)"],
  ["EPERM", "may not be connected to: this machine's own firewall forbids it (EPERM)"],
]);
