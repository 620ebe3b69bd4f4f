import { BlockList, isIP } from "node:net";

/** Where a listener listens. `host` is without brackets; port 0 means any free one. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A network in CIDR notation, in the parts that `net.BlockList` takes. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

const ENDPOINT = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/;
const NETWORK = /^([0-9A-Fa-f:.]+)(?:\/(\d{1,3}))?$/;

/** `127.0.0.1:8088`, `localhost:8088` or `[::1]:8088`; undefined when `text` is none. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const [, bracketed, plain, digits] = ENDPOINT.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535) return undefined;
  return bracketed !== undefined && isIP(bracketed) !== 6 ? undefined : { host, port };
}

/** The spelling that `parseEndpoint` reads back, and that stands in a URL. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether both are one port; any free one is another each time. */
export const sameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.port !== 0 && a.port === b.port && a.host === b.host;

/** `10.0.0.0/8`, `fd00::/8`, or one address for a network of its own; undefined when `text` is none. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = "", digits] = NETWORK.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0) return undefined;
  const longest = version === 4 ? 32 : 128;
  const prefix = digits === undefined ? longest : Number(digits);
  if (prefix > longest) return undefined;
  return { address, prefix, family: version === 4 ? "ipv4" : "ipv6" };
}

/** Whether only this machine reaches `host`, a name or an address, with or without the brackets of a URL. */
export function isLoopback(host: string): boolean {
  const bare = host.startsWith("[") ? host.slice(1, -1) : host;
  if (isIP(bare) === 4) return bare.startsWith("127.");
  return bare === "::1" || bare.toLowerCase() === "localhost";
}

/**
 * The canonical spelling of an http:// or https:// base URL, without the slash at its end.
 *
 * Undefined when `text` is none, or carries a user name (a secret would end up in logs), a query or a fragment.
 */
export const parseHttpUrl = (text: string): string | undefined => parseBaseUrl(text, /^https?:/i);

/** The same, or a ws:// or wss:// one. */
export const parseCseUrl = (text: string): string | undefined =>
  parseBaseUrl(text, /^(?:http|ws)s?:/i);

/** Whether a CSE with this URL is dialled over WebSocket. */
export const isWebSocketUrl = (url: string): boolean => /^wss?:/i.test(url);

function parseBaseUrl(text: string, scheme: RegExp): string | undefined {
  if (!scheme.test(text) || !/^\w+:\/\//.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "" || /[?#]/.test(text)) return undefined;
  return url.href.replace(/\/+$/, "");
}

/** Something that tells whether an address lies in one of the networks. */
export function blockListOf(networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return list;
}
