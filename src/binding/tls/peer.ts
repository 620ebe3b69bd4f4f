import type { TLSSocket } from "node:tls";
import { alternativeNamesIn } from "../../base/alternative-names.ts";
import type { Shown } from "../../core/credential.ts";

/** A client certificate that has verified, with the names as they are written in it (TS-0003, 10.1.1). */
export type PeerCertificate = NonNullable<Shown["certificate"]>;

/** The certificate that a client has shown; undefined when it has shown none. */
export function certificateOf(socket: TLSSocket): PeerCertificate | "unreadable" | undefined {
  const shown = socket.getPeerCertificate();
  // Node gives an empty object where there is none.
  if (shown?.raw === undefined) return undefined;
  const names = alternativeNamesIn(shown.subjectaltname);
  if (names === undefined) return "unreadable";
  const named = (kind: string): string[] =>
    names.filter((name) => name.kind === kind).map(({ value }) => value);
  // Several come as a list, whatever the types of Node say.
  const common: unknown = shown.subject?.CN;
  return {
    uris: named("URI"),
    names: named("DNS"),
    commonName: typeof common === "string" ? common : undefined,
    fingerprint: shown.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** Whether it has a wildcard among its names, which no entity of oneM2M may have (TS-0003, 10.1.1). */
export const hasWildcard = ({ names, uris }: PeerCertificate): boolean =>
  [...names, ...uris].some((name) => name.includes("*"));
