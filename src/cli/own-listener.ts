import { formatEndpoint } from "../config/addresses.ts";
import type { Config } from "../config/schema.ts";

/** A listener on every address is asked at loopback. */
const EVERY = new Map([
  ["0.0.0.0", "127.0.0.1"],
  ["::", "::1"],
]);

/** URL under which the admin listener of this configuration is reached from its own machine. */
export function ownAdminUrl({ admin: { listen, tls } }: Pick<Config, "admin">): string {
  const host = EVERY.get(listen.host) ?? listen.host;
  const scheme = tls.certificates.length > 0 ? "https" : "http";
  return `${scheme}://${formatEndpoint({ host, port: listen.port })}`;
}
