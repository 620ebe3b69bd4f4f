import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { securedWith } from "../../src/binding/tls/client.ts";
import type { Certificate } from "./certificate.ts";
import { type Child, startChild, whenReady } from "./child.ts";
import type { TrustedProxy } from "./fake-proxy.ts";
import { freePort } from "./free-port.ts";
import { tempDir } from "./temp-dir.ts";

const PROGRAMS = {
  squid: "/usr/sbin/squid",
  tinyproxy: "/usr/bin/tinyproxy",
  passwords: "/usr/lib/squid/basic_ncsa_auth",
};

/**
 * Whether squid and tinyproxy are installed, for `skipIf`. Prints why when they are not.
 *
 * @throws Error where `CI` is set: there a missing part is a failure
 */
export function haveProxies(): boolean {
  const missing = Object.values(PROGRAMS).filter((path) => !existsSync(path));
  if (missing.length === 0) return true;
  const reason = `no ${missing.join(", no ")}: run .ci/real-parts`;
  if (process.env["CI"]) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return false;
}

export interface RealProxyOptions {
  /** Ports to which it allows CONNECT. */
  readonly ports: readonly number[];
  /** Asks for these, `user:password`. */
  readonly credentials?: string;
}

export interface RealProxy {
  readonly url: string;
  /** As the gateway knows it. */
  server(credentials?: string): TrustedProxy;
  /** Ends it. */
  stop(): Promise<void>;
}

export interface SquidOptions extends RealProxyOptions {
  /** It is spoken to over TLS. */
  readonly tls?: Certificate;
  /** Names that it alone knows, as 127.0.0.1. */
  readonly names?: readonly string[];
}

/** Starts a squid of Debian on 127.0.0.1, with all it needs in a folder of its own; ended with the test. */
export async function startSquid(options: SquidOptions): Promise<RealProxy> {
  const { ports, credentials, tls, names = [] } = options;
  const folder = tempDir();
  // Started by root it becomes another user.
  chmodSync(folder, 0o755);
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const port = await freePort();
  const listen = `127.0.0.1:${port}`;
  const config = file(
    "squid.conf",
    [
      tls === undefined
        ? `http_port ${listen}`
        : `https_port ${listen} tls-cert=${file("cert.pem", tls.cert)} tls-key=${file("key.pem", tls.key)}`,
      `hosts_file ${file("hosts", names.map((name) => `127.0.0.1 ${name}\n`).join(""))}`,
      "pid_filename none",
      "cache_log /dev/null",
      "access_log none",
      "netdb_filename none",
      "pinger_enable off",
      "cache deny all",
      "cache_mem 1 MB",
      "max_filedescriptors 1024",
      "shutdown_lifetime 0 seconds",
      "visible_hostname proxy.test",
      `coredump_dir ${folder}`,
      ...(credentials === undefined
        ? []
        : [
            `auth_param basic program ${PROGRAMS.passwords} ${file("passwords", hashed(credentials))}`,
            "auth_param basic children 1 startup=1",
            "acl known proxy_auth REQUIRED",
          ]),
      `acl open port ${ports.join(" ") || 0}`,
      "acl CONNECT method CONNECT",
      "http_access deny CONNECT !open",
      `http_access allow ${credentials === undefined ? "all" : "known"}`,
      "http_access deny all",
      "",
    ].join("\n"),
  );
  return await started(PROGRAMS.squid, ["-N", "-d", "1", "-f", config], { port, tls });
}

/** Starts a tinyproxy of Debian on 127.0.0.1; ended with the test. */
export async function startTinyproxy({ ports, credentials }: RealProxyOptions): Promise<RealProxy> {
  const port = await freePort();
  const config = join(tempDir(), "tinyproxy.conf");
  const [user, password] = credentials?.split(":") ?? [];
  writeFileSync(
    config,
    [
      `Port ${port}`,
      "Listen 127.0.0.1",
      "MaxClients 100",
      "LogLevel Warning",
      ...(user === undefined ? [] : [`BasicAuth ${user} ${password}`]),
      ...(ports.length === 0 ? ["ConnectPort 0"] : ports.map((open) => `ConnectPort ${open}`)),
      "",
    ].join("\n"),
  );
  return await started(PROGRAMS.tinyproxy, ["-d", "-c", config], { port });
}

async function started(
  program: string,
  args: readonly string[],
  { port, tls }: { readonly port: number; readonly tls?: Certificate | undefined },
): Promise<RealProxy> {
  const child: Child = await startChild(program, args);
  const stop = async (): Promise<void> => {
    // It has nothing to lose, and squid takes seconds to leave.
    await child.stop("SIGKILL");
  };
  onTestFinished(stop);
  await whenReady(child, () => connects(port), 25_000);
  const protocol = tls === undefined ? "http:" : "https:";
  return {
    url: `${protocol}//127.0.0.1:${port}`,
    server: (credentials) => ({
      protocol,
      host: "127.0.0.1",
      port,
      authorization:
        credentials === undefined
          ? undefined
          : () => `Basic ${Buffer.from(credentials).toString("base64")}`,
      namedBy: "proxy.url",
      secured: tls && (() => securedWith({ ca: [tls.cert], identity: undefined })),
    }),
    stop,
  };
}

async function connects(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
  } finally {
    socket.destroy();
  }
}

/** A line of a password file. */
function hashed(credentials: string): string {
  const [user, password = ""] = credentials.split(":");
  return `${user}:${execFileSync("openssl", ["passwd", "-apr1", "-stdin"], { input: password })}`;
}
