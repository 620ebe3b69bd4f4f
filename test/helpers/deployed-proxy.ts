import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import type { LookupFunction } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import WebSocket from "ws";
import { type Certificate, makeCertificate } from "./certificate.ts";
import { startChild, whenReady } from "./child.ts";
import { Registree, type RegistreeOptions } from "./fake-registree.ts";
import { freePort } from "./free-port.ts";
import { accepts, runNginx } from "./nginx.ts";
import type { RunningGateway } from "./start-gateway.ts";
import { tempDir } from "./temp-dir.ts";

const DEVICES = "devices.example.org";
const APPLICATIONS = "gateway.example.org";

export interface Answer {
  readonly status: number;
  /** Names and values in turn, with their spelling on the wire. */
  readonly rawHeaders: readonly string[];
  readonly rsc: string | undefined;
}

export interface Asked {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A reverse proxy with TLS before a gateway, as a file in deploy/ describes it. */
export class DeployedProxy {
  readonly #ports: { readonly devices: number; readonly applications: number };
  readonly #ca: string;

  constructor(ports: { readonly devices: number; readonly applications: number }, ca: string) {
    this.#ports = ports;
    this.#ca = ca;
  }

  /** Opens a WebSocket through it. */
  async connect(options: RegistreeOptions = {}): Promise<Registree> {
    const headers = options.origin === undefined ? {} : { "X-M2M-Origin": options.origin };
    const url = `wss://${DEVICES}:${this.#ports.devices}`;
    // ws hands its options on to https.
    const how: WebSocket.ClientOptions & { lookup: LookupFunction } = {
      ca: this.#ca,
      lookup: here,
      headers,
    };
    const socket = new WebSocket(url, ["oneM2M.json"], how);
    onTestFinished(() => socket.terminate());
    const registree = new Registree(socket, options);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return registree;
  }

  /** One HTTP request through it, with the header fields of an application. */
  ask({ method = "GET", target, headers, body }: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request({
        host: APPLICATIONS,
        port: this.#ports.applications,
        lookup: here,
        ca: this.#ca,
        agent: false,
        method,
        path: target,
        headers: {
          "X-M2M-Origin": "CApp",
          "X-M2M-RI": "q1",
          "X-M2M-RVI": "3",
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          ...headers,
        },
      });
      onTestFinished(() => void outgoing.destroy());
      outgoing.on("error", reject);
      outgoing.on("response", (response) => {
        const { statusCode = 0, rawHeaders } = response;
        const rsc = response.headers["x-m2m-rsc"];
        response.resume().on("end", () => {
          resolve({ status: statusCode, rawHeaders, rsc: rsc?.toString() });
        });
      });
      outgoing.end(body);
    });
  }
}

/** Every name is this machine. */
const here: LookupFunction = (_name, options, callback) => {
  if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
};

/** Reads a file of deploy/ and replaces in it; each text has to be there. */
export function rendered(name: string, changes: Readonly<Record<string, string>>): string {
  const file = fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url));
  let text = readFileSync(file, "utf8");
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) throw new Error(`deploy/${name} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

const hostOf = (url: string): string => new URL(url).host;

/** @param changes of the file, besides those that tests need */
export async function startDeployedNginx(
  gateway: RunningGateway,
  changes: Readonly<Record<string, string>> = {},
): Promise<DeployedProxy> {
  const { cert, certFile, keyFile } = makeCertificate(`DNS:${DEVICES}`, `DNS:${APPLICATIONS}`);
  const port = await freePort();
  await runNginx(
    port,
    rendered("nginx.conf", {
      "listen 443 ssl;": `listen 127.0.0.1:${port} ssl;`,
      "127.0.0.1:8088": hostOf(gateway.http),
      "127.0.0.1:8180": hostOf(gateway.ws),
      "/etc/ssl/m2mgw/devices.pem": certFile,
      "/etc/ssl/m2mgw/devices.key": keyFile,
      "/etc/ssl/m2mgw/gateway.pem": certFile,
      "/etc/ssl/m2mgw/gateway.key": keyFile,
      ...changes,
    }),
  );
  return new DeployedProxy({ devices: port, applications: port }, cert);
}

/** @param changes of the file, besides those that tests need */
export async function startDeployedHaproxy(
  gateway: RunningGateway,
  changes: Readonly<Record<string, string>> = {},
): Promise<DeployedProxy> {
  const certificate = makeCertificate(`DNS:${DEVICES}`, `DNS:${APPLICATIONS}`);
  const [devices, applications] = [await freePort(), await freePort()];
  const both = bundle(certificate);
  const file = join(tempDir(), "haproxy.cfg");
  writeFileSync(
    file,
    rendered("haproxy.cfg", {
      "maxconn 20000": "maxconn 1000",
      "bind :443 ": `bind 127.0.0.1:${devices} `,
      "bind :8443 ": `bind 127.0.0.1:${applications} `,
      "127.0.0.1:8088": hostOf(gateway.http),
      "127.0.0.1:8180": hostOf(gateway.ws),
      "port 9180": `port ${new URL(gateway.admin).port}`,
      "/etc/haproxy/m2mgw/devices.pem": both,
      "/etc/haproxy/m2mgw/gateway.pem": both,
      ...changes,
    }),
  );
  const child = await startChild("/usr/sbin/haproxy", ["-db", "-f", file]);
  onTestFinished(async () => void (await child.stop()));
  await whenReady(child, () => accepts(applications), 25_000);
  return new DeployedProxy({ devices, applications }, certificate.cert);
}

/** HAProxy wants key and certificate in one file. */
function bundle({ key, cert }: Certificate): string {
  const file = join(tempDir(), "both.pem");
  writeFileSync(file, key + cert);
  return file;
}
