import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent } from "node:http";
import type { Server, Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { hasCommand } from "./has-command.ts";
import type { SocketAnswer, SocketOrder } from "./namespace-sockets.ts";

/** One of the networks, seen from inside. */
export interface Place {
  /** Its address. */
  readonly host: string;
  /** What runs a program there, and becomes it. */
  readonly under: readonly string[];
  /** Makes connections from there. */
  readonly agent: Agent;
  /** A socket that listens there, for a server of this process. @param port 0 for any */
  listen(port?: number): Promise<Server>;
}

/** A field network behind a router that masquerades, and the cloud that it can only dial out to. */
export interface NatNetwork {
  readonly field: Place;
  readonly cloud: Place;
  /** The router's address in the cloud, in whose name the field speaks there. */
  readonly router: string;
  /** TCP connections of the field that the router still knows. */
  mappings(): number;
  /** From now on the router has forgotten a connection after so many seconds without a packet, counted from its next one. */
  forgetAfter(seconds: number): void;
  /** From now on the router drops whatever passes, both ways, and says nothing. */
  cut(): void;
  mend(): void;
}

const FIELD = { router: "10.71.1.1", host: "10.71.1.2" };
const CLOUD = { router: "10.71.2.1", host: "10.71.2.2" };

/** What is forgotten is dropped, too: a firewall that sent a reset would tell more than most networks do. */
const RULES = `
table ip nat {
  chain out { type nat hook postrouting priority srcnat; oifname "cloud" masquerade; }
  chain through {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ct state invalid drop
    iifname "field" accept
    reject with icmp admin-prohibited
  }
  chain to-router { type filter hook input priority filter; policy drop; }
}`;
const CUT = `table ip cut {
  chain through { type filter hook forward priority filter - 10; policy drop; }
}`;

const script = fileURLToPath(new URL("namespace-sockets.ts", import.meta.url));
const made = new Set<string>();
// A test runner that is itself ended must leave nothing behind.
process.on("exit", () => {
  for (const name of made) remove(name);
});

/** Whether networks can be made here; says why when they cannot. */
export function canMakeNetworks(): boolean {
  if (!hasCommand("ip") || !hasCommand("nft")) return false;
  const name = nameFor("probe");
  try {
    add(name);
    return true;
  } catch {
    // biome-ignore lint/suspicious/noConsole: a test that is left out has to say why
    console.warn("network namespaces cannot be made here: that takes root");
    return false;
  } finally {
    remove(name);
  }
}

/** Three network namespaces of the test's own, removed when it ends. */
export async function startNatNetwork(): Promise<NatNetwork> {
  const [field, router, cloud] = [nameFor("field"), nameFor("router"), nameFor("cloud")];
  onTestFinished(() => [field, router, cloud].forEach(remove));
  for (const name of [field, router, cloud]) add(name);
  const onRouter = (command: string, input = ""): string =>
    run("ip", ["netns", "exec", router, "sh", "-c", command], input);
  join(router, "field", FIELD.router, field, FIELD.host);
  join(router, "cloud", CLOUD.router, cloud, CLOUD.host);
  onRouter("nft -f -", RULES);
  const set = (key: string, value: number) => onRouter(`echo ${value} > /proc/sys/net/${key}`);
  set("ipv4/ip_forward", 1);
  // Whoever is refused is told so each time.
  set("ipv4/icmp_ratelimit", 0);
  // What comes in the middle of a connection that is forgotten does not begin it anew.
  set("netfilter/nf_conntrack_tcp_loose", 0);
  return {
    field: await placeIn(field, FIELD.host),
    cloud: await placeIn(cloud, CLOUD.host),
    router: CLOUD.router,
    mappings: () => onRouter("cat /proc/net/nf_conntrack").split("ESTABLISHED").length - 1,
    forgetAfter: (seconds) => {
      set("netfilter/nf_conntrack_tcp_timeout_established", seconds);
    },
    cut: () => void onRouter("nft -f -", CUT),
    mend: () => void onRouter("nft delete table ip cut"),
  };
}

/** A line from the router, where its end has the name `end`, to the only device of another namespace. */
function join(router: string, end: string, routerHost: string, name: string, host: string): void {
  const ip = (space: string, ...args: string[]) => run("ip", ["-n", space, ...args]);
  ip(router, "link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", name);
  ip(router, "address", "add", `${routerHost}/24`, "dev", end);
  ip(name, "address", "add", `${host}/24`, "dev", "eth0");
  ip(router, "link", "set", end, "up");
  ip(name, "link", "set", "eth0", "up");
  ip(name, "link", "set", "lo", "up");
  ip(name, "route", "add", "default", "via", routerHost);
}

/** A socket belongs to the namespace it was made in, whatever process has it: one process there makes all of them. */
async function placeIn(name: string, host: string): Promise<Place> {
  const under = ["ip", "netns", "exec", name];
  const [command = "", ...rest] = [...under, process.execPath, "--import", "tsx", script];
  const child = spawn(command, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const gone = once(child, "exit");
  onTestFinished(async () => {
    if (child.connected) child.disconnect();
    await gone;
  });
  await once(child, "spawn");
  const waiting = new Map<number, (answer: SocketAnswer, handle: unknown) => void>();
  child.on("message", (answer: SocketAnswer, handle) => waiting.get(answer.id)?.(answer, handle));
  let asked = 0;
  const order = (does: SocketOrder["does"], to: Omit<SocketOrder, "id" | "does">) =>
    new Promise((resolve, reject) => {
      asked += 1;
      const id = asked;
      waiting.set(id, ({ failed }, handle) => {
        waiting.delete(id);
        if (failed === undefined) resolve(handle);
        else reject(new Error(failed));
      });
      child.send({ id, does, ...to });
    });
  const agent = Object.assign(new Agent(), {
    createConnection: (
      { host, port }: { readonly host: string; readonly port: number | string },
      done: (error: Error | null, socket?: Socket) => void,
    ) => {
      order("connect", { host, port: Number(port) }).then(
        (socket) => done(null, socket as Socket),
        (error: Error) => done(error),
      );
    },
  });
  return {
    host,
    under,
    agent: agent as Agent,
    listen: async (port = 0) => (await order("listen", { host, port })) as Server,
  };
}

const nameFor = (what: string): string => `m2mgw-${randomBytes(4).toString("hex")}-${what}`;

function add(name: string): void {
  made.add(name);
  run("ip", ["netns", "add", name]);
}

function remove(name: string): void {
  if (!made.delete(name)) return;
  try {
    run("ip", ["netns", "delete", name]);
  } catch {
    // It was never made.
  }
}

function run(command: string, args: readonly string[], input = ""): string {
  return execFileSync(command, args, { input, encoding: "utf8", stdio: "pipe" });
}
