import { authorityOf, type ProxyServer } from "../../base/proxy.ts";
import { attempt, type ThroughProxy } from "../../binding/proxy/attempt.ts";
import { ProxyError } from "../../binding/proxy/proxy-error.ts";
import { openTunnel } from "../../binding/proxy/tunnel.ts";
import { chooseProxy, type Environment } from "../../config/choose-proxy.ts";
import type { Config } from "../../config/schema.ts";
import { type Finding, fault, ok } from "./finding.ts";
import { tookSince } from "./patience.ts";
import type { Way } from "./way.ts";

/** Which proxy is used and who says so: where it is the environment, that may come as a surprise. */
export function proxyChosen({ through, url }: Way, { proxy }: Config, env: Environment): Finding {
  if (through === undefined) {
    const { no_proxy: _lower, NO_PROXY: _upper, ...rest } = env;
    const other = chooseProxy(url, { ...proxy, none: [], environment: true }, rest);
    const why =
      other === undefined
        ? ""
        : `, although ${other.by} names a proxy: ${proxy.environment ? "proxy.none or no_proxy exempts the CSE" : "proxy.environment is false"}`;
    return ok("proxy", `none, the CSE is reached directly${why}`);
  }
  const { authorization, namedBy, protocol } = through.proxy;
  const parts = [
    `${protocol}//${authorityOf(through.proxy)}, named by ${namedBy}`,
    authorization === undefined ? "without credentials" : "with credentials",
    ...(url.protocol === "http:" ? ["asked in absolute-form, not with CONNECT"] : []),
  ];
  return ok("proxy", parts.join(", "));
}

/** Whether the proxy lets the CSE be reached, as far as that shows without a request to the CSE. */
export async function tryProxy({ clock, target, through, url }: Way): Promise<Finding[]> {
  if (through === undefined) return [];
  const start = clock.now();
  const inTunnel = url.protocol !== "http:";
  try {
    const socket = await (inTunnel
      ? openTunnel(target, undefined, through)
      : attempt(target, through, (running) => running.connect()));
    socket.destroy();
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    return [fault("tunnel", error.message, adviceFor(error.result, through, authorityOf(target)))];
  }
  // A connection alone was tried before, but for TLS with the proxy.
  if (!inTunnel && through.proxy.protocol === "http:") return [];
  const done = inTunnel ? `opens a tunnel to ${authorityOf(target)}` : "takes connections over TLS";
  return [ok("tunnel", `the proxy ${done} (${tookSince(clock, start)})`)];
}

function adviceFor(result: ProxyError["result"], { proxy }: ThroughProxy, target: string): string {
  const { namedBy } = proxy;
  switch (result) {
    case "unauthorized":
      return credentialsAdvice(proxy);
    case "forbidden":
      return `have the proxy allow CONNECT to ${target}, or give the CSE a wss:// or https:// URL at port 443 in cse.url; if it needs no proxy, list it in proxy.none`;
    case "target-unreachable":
      return `check host and port in cse.url, as seen from the proxy; if the CSE is in this network, list it in proxy.none`;
    case "refused":
    case "not-http":
      return `check that ${namedBy} names an HTTP proxy that knows CONNECT, and rightly begins with http:// or https://`;
    case "proxy-tls":
      return `name who vouches for the proxy in proxy.tls.ca, or correct ${namedBy}: host, and http:// or https://`;
    case "target-tls":
      return "correct cse.url";
    case "timeout":
      return "have the proxy looked at, or give proxy.timeout more";
    case "closed":
    case "unresolved":
    case "unreachable":
    case "called-off":
      return `check host and port in ${namedBy}, and that what listens there is an HTTP proxy`;
  }
}

function credentialsAdvice({ authorization, namedBy }: ProxyServer): string {
  const file = "put user:password into a file and name that in proxy.credentialsFile";
  if (authorization === undefined) return `${file}; only the Basic scheme is spoken`;
  const where =
    namedBy === "proxy.url"
      ? "in the file of proxy.credentialsFile"
      : `in ${namedBy} or proxy.credentialsFile`;
  return `correct user and password ${where}; a proxy that wants another scheme (NTLM, Kerberos) has to allow Basic, or this machine without any`;
}
