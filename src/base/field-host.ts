/** Resolved in one's own network only (RFC 6761, 6762 and 8375); `.lan` and `.internal` by custom. */
const FIELD_NAME = /\.(?:localhost|local|lan|internal|home\.arpa)$/;
const IPV4 = /^(\d+)\.(\d+)\.\d+\.\d+$/;
const IPV4_IN_IPV6 = /^\[::ffff:([0-9a-f]{1,4}):[0-9a-f]{1,4}\]$/;
/** Loopback, link-local (fe80::/10) and unique local (fc00::/7) addresses. */
const FIELD_IPV6 = /^\[(?:::1\]|fe[89ab][0-9a-f]:|f[cd][0-9a-f]{2}:)/;

/**
 * Whether a host means something in its own network only: a name that no public DNS has, or an address that is loopback,
 * private, shared (RFC 6598), link-local or unique local.
 *
 * @param hostname as `URL` spells it: in lower case, IPv4 in four decimal parts, IPv6 compressed and in brackets
 */
export function isFieldHost(hostname: string): boolean {
  const [, first, second] = IPV4.exec(hostname) ?? [];
  if (first !== undefined) return isFieldIpv4(Number(first), Number(second));
  const [, mapped] = IPV4_IN_IPV6.exec(hostname) ?? [];
  if (mapped !== undefined) {
    const both = Number.parseInt(mapped, 16);
    return isFieldIpv4(both >> 8, both & 255);
  }
  if (hostname.startsWith("[")) return FIELD_IPV6.test(hostname);
  const name = hostname.replace(/\.$/, "");
  return !name.includes(".") || FIELD_NAME.test(name);
}

/** The host of a URL, as `URL` spells it; undefined for what is no URL. */
export function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

function isFieldIpv4(first: number, second: number): boolean {
  switch (first) {
    case 10:
    case 127:
      return true;
    case 100:
      return second >= 64 && second < 128;
    case 169:
      return second === 254;
    case 172:
      return second >= 16 && second < 32;
    case 192:
      return second === 168;
    default:
      return false;
  }
}
