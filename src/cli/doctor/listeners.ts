import { get } from "node:http";
import { createServer } from "node:net";
import { type Clock, millis } from "../../base/clock.ts";
import { type Endpoint, formatEndpoint } from "../../config/addresses.ts";
import type { Config } from "../../config/schema.ts";
import { listenerTls } from "../../config/tls-sources.ts";
import { codeOf } from "./error-code.ts";
import { type Finding, fault, note, ok } from "./finding.ts";
import { within } from "./patience.ts";

const PATIENCE = millis(2_000);
const LONGEST_ANSWER = 4_096;

/** Faces may share one. */
interface Place {
  readonly endpoint: Endpoint;
  readonly keys: readonly string[];
}

/** Whether each face could listen. A gateway that runs already is what uses them, as a rule. */
export async function checkListeners(config: Config, clock: Clock): Promise<Finding[]> {
  const places = new Map<string, Place>();
  for (const face of ["http", "ws", "admin"] as const) {
    const endpoint = config[face].listen;
    const address = formatEndpoint(endpoint);
    // Port 0 means another one each time.
    const name = endpoint.port === 0 ? `${face} ${address}` : address;
    const keys = [...(places.get(name)?.keys ?? []), `${face}.listen`];
    places.set(name, { endpoint, keys });
  }
  const findings: Finding[] = [];
  for (const { endpoint, keys } of places.values()) {
    const code = await tryToListen(endpoint);
    const asked = listenerTls(config, "admin") === undefined ? config.admin.listen : undefined;
    findings.push(await explained(code, endpoint, keys, asked, clock));
  }
  return findings;
}

/** @param admin where a gateway would say what it is; undefined where it would ask for a certificate first */
async function explained(
  code: string | undefined,
  endpoint: Endpoint,
  keys: readonly string[],
  admin: Endpoint | undefined,
  clock: Clock,
): Promise<Finding> {
  const key = keys.join(" and ");
  const place = `${formatEndpoint(endpoint)} (${key})`;
  if (code === undefined) return ok("listeners", `${place} is free`);
  if (code === "EADDRINUSE" && admin === undefined) {
    const text = `${place} is in use: whether by a gateway cannot be asked, since admin.listen has TLS`;
    return note("listeners", text);
  }
  if (code === "EADDRINUSE" && admin !== undefined) {
    const mode = await within(clock, PATIENCE, modeOfGatewayAt(admin));
    return mode === undefined
      ? fault(
          "listeners",
          `${place} is in use, and no gateway answers at admin.listen (${formatEndpoint(admin)}): another program is there`,
          `give ${key} another port, or end that program`,
        )
      : note("listeners", `${place} is in use: a gateway runs here already (${mode})`);
  }
  const why = WORDS.get(code) ?? `the system says ${code}`;
  return fault("listeners", `${place} cannot be had: ${why}`, `change ${key}`);
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ["EACCES", "this user may not listen at that port; those below 1024 are often reserved"],
  ["EADDRNOTAVAIL", "this machine has no such address"],
  ["ENOTFOUND", "the name cannot be resolved"],
]);

/** @returns undefined when it could, the error's code when not */
function tryToListen(endpoint: Endpoint): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", (error) => resolve(codeOf(error)));
    server.listen({ ...endpoint, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/** The mode that readiness of a gateway names; undefined when what answers there is none. */
function modeOfGatewayAt({ host, port }: Endpoint): Promise<string | undefined> {
  if (port === 0) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const request = get({ host: REACHED.get(host) ?? host, port, path: "/readyz", agent: false });
    request.on("error", () => resolve(undefined));
    request.on("response", (response) => {
      let text = "";
      response.on("error", () => resolve(undefined));
      response.on("data", (part: Buffer) => {
        text += part.toString("latin1");
        if (text.length > LONGEST_ANSWER) request.destroy();
      });
      response.on("close", () => resolve(/"mode":"([a-z]+)"/.exec(text)?.[1]));
    });
  });
}

/** A listener on every address is reached on loopback from here. */
const REACHED: ReadonlyMap<string, string> = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "::1"],
]);
