/** An HTTP proxy, and what it takes to be let through. */
export interface ProxyServer {
  /** How it is spoken to itself, whatever passes through it. */
  readonly protocol: "http:" | "https:";
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** Value of Proxy-Authorization; a function, so that nothing that prints the proxy prints a password. */
  readonly authorization: (() => string) | undefined;
  /** Who said so: `proxy.url`, or a variable such as `https_proxy`. */
  readonly namedBy: string;
}

/** What became of an attempt to get through a proxy; a closed set, for labels. */
export const PROXY_RESULTS = [
  "opened",
  "unresolved",
  "unreachable",
  "proxy-tls",
  "timeout",
  "closed",
  "not-http",
  "unauthorized",
  "forbidden",
  "target-unreachable",
  "refused",
  "target-tls",
  "called-off",
] as const;
export type ProxyResult = (typeof PROXY_RESULTS)[number];

/** Host and port as they stand in a URL and in a CONNECT (RFC 9112, 3.2.3). */
export const authorityOf = ({ host, port }: { readonly host: string; readonly port: number }) =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
