import { spawn } from "node:child_process";
import dns from "node:dns";
import { once } from "node:events";
import { connect, isIPv6, type LookupFunction } from "node:net";
import { onTestFinished, vi } from "vitest";

/** A name that only this process knows, as all that connects here looks it up. */
export interface Name {
  readonly name: string;
  /** What it means from now on, in this order; nothing for a name that is not known. */
  is(...addresses: readonly string[]): void;
  /** How often it was looked up. */
  readonly lookUps: number;
}

/** Names a host until the test ends. */
export function nameHost(name: string, ...addresses: readonly string[]): Name {
  let current = addresses;
  let lookUps = 0;
  const real = dns.lookup as LookupFunction;
  const lookup: LookupFunction = (hostname, options, callback) => {
    if (hostname !== name) return real(hostname, options, callback);
    lookUps += 1;
    const found = current.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    const [first] = found;
    const unknown = Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), {
      code: "ENOTFOUND",
      syscall: "getaddrinfo",
    });
    // Never at once: the system's own resolver is not either.
    setImmediate(() => {
      if (first === undefined) callback(unknown, "", 0);
      else if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
  const spy = vi.spyOn(dns, "lookup").mockImplementation(lookup as typeof dns.lookup);
  onTestFinished(() => spy.mockRestore());
  return {
    name,
    is: (...next) => {
      current = next;
    },
    get lookUps() {
      return lookUps;
    },
  };
}

/** Connections that a full queue has room for: one more than its length. */
const QUEUE = 1;
const LISTENER = `require("net").createServer()
  .listen({ host: process.argv[1], port: Number(process.argv[2]), backlog: ${QUEUE} }, () => console.log("listens"))`;

/** Has an address not answer who connects, as behind a firewall that drops what comes (on Linux): its queue is full. */
export async function silence(host: string, port: number): Promise<void> {
  const child = spawn(process.execPath, ["-e", LISTENER, host, String(port)]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  child.kill("SIGSTOP");
  for (let taken = 0; taken <= QUEUE; taken += 1) {
    const socket = connect({ host, port });
    socket.on("error", () => {});
    onTestFinished(() => void socket.destroy());
    await once(socket, "connect");
  }
}
