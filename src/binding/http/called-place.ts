import type { NamedAddress } from "../../core/ports.ts";
import { SERIALIZATIONS, type Serialization } from "../../primitive/content.ts";
import { splitTarget } from "./target.ts";

/** Where a call goes. */
export interface CalledPlace {
  /** Scheme, host and port. */
  readonly origin: string;
  /** What content has to be in there (`ct`, TS-0004, 7.5.1.2.2); undefined when the address does not say. */
  readonly serialization: Serialization | undefined;
  /** Request-target of the call. @param mapped that of the request, as if it went to the CSE: path and query */
  targetFor(mapped: string): string;
}

/**
 * Reads an address that a peer has named; undefined for what is no http:// or https:// URL.
 *
 * Path and query stay; `ct` is for whoever calls and goes. To stands behind the path (TS-0009, 6.2.2.1), but not where
 * the address is the target as a whole. Our choice for the point of access of an AE: To is left out where that has a
 * path, which is then where the AE takes its notifications, and stands behind it where there would be no path at all.
 */
export function calledPlaceOf({
  url,
  is,
}: Pick<NamedAddress, "url" | "is">): CalledPlace | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, origin, pathname, search } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return undefined;
  const fields = search.slice(1).split("&");
  const isWhole = is === "target" || (is === "point of an AE" && pathname !== "/");
  return {
    origin,
    serialization: fields.map(serializationIn).find((it) => it !== undefined),
    targetFor: (mapped) => {
      const { path, query } = splitTarget(mapped);
      const kept = [...fields.filter((it) => serializationIn(it) === undefined), query];
      const joined = kept.filter((it) => it !== "").join("&");
      const whole = isWhole ? pathname : pathname.replace(/(?<!\/)\/+$/, "") + path;
      return joined === "" ? whole : `${whole}?${joined}`;
    },
  };
}

function serializationIn(field: string): Serialization | undefined {
  return SERIALIZATIONS.find((serialization) => field.toLowerCase() === `ct=${serialization}`);
}
