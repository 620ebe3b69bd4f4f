import type { Clock, Millis } from "../../base/clock.ts";
import type { ThroughProxy } from "../../binding/proxy/attempt.ts";
import type { Endpoint } from "../../binding/proxy/proxy-error.ts";
import { securedWith } from "../../binding/tls/client.ts";
import { isWebSocketUrl } from "../../config/addresses.ts";
import type { Config } from "../../config/schema.ts";
import { clientTls } from "../../config/tls-sources.ts";
import { throughProxy, type UpstreamParts } from "../../upstream.ts";

/** The way from here to the CSE, as the configuration has it. */
export interface Way {
  readonly url: URL;
  /** The CSE, or what stands before it at its end; without brackets. */
  readonly target: Endpoint;
  readonly isWebSocket: boolean;
  readonly isSecure: boolean;
  readonly through: ThroughProxy | undefined;
  /** What is connected to first: the proxy, or `target`. */
  readonly first: Endpoint;
  /** The key or variable that names `first`. */
  readonly namedBy: string;
  /** How long each step may take, and the key that says so. */
  readonly patience: Millis;
  readonly patienceKey: "proxy.timeout" | "cse.connectTimeout";
  readonly tls: UpstreamParts["tls"];
  readonly clock: Clock;
}

/** Undefined where there is no CSE. @param stop ends attempts that are under way */
export function wayOf(config: Config, clock: Clock, stop: AbortSignal): Way | undefined {
  if (config.cse.url === undefined) return undefined;
  const url = new URL(config.cse.url);
  const isSecure = url.protocol === "wss:" || url.protocol === "https:";
  const target = {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || (isSecure ? 443 : 80)),
  };
  const tls = { cse: securedBy("cse", config), proxy: securedBy("proxy", config) };
  const through = throughProxy(config, tls, clock, stop);
  return {
    url,
    target,
    isWebSocket: isWebSocketUrl(config.cse.url),
    isSecure,
    through,
    first: through?.proxy ?? target,
    namedBy: through?.proxy.namedBy ?? "cse.url",
    patience: through === undefined ? config.cse.connectTimeout : config.proxy.timeout,
    patienceKey: through === undefined ? "cse.connectTimeout" : "proxy.timeout",
    tls,
    clock,
  };
}

/** As the files are now. */
function securedBy(to: "cse" | "proxy", config: Config): UpstreamParts["tls"]["cse"] {
  const read = clientTls(`${to}.tls`, config[to].tls).read();
  if ("faults" in read) throw new Error(read.faults[0]?.sentence);
  const secured = securedWith(read.tls);
  return { secured: () => secured };
}
