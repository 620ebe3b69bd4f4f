/**
 * The address that a peer has itself, from its socket; never from a header field, which anybody can write.
 *
 * Undefined where a proxy speaks for it: the socket's address is the proxy's then, and who is behind it nobody knows.
 *
 * @param headers names in lower case
 */
export function ownAddressOf(
  remoteAddress: string | undefined,
  headers: Readonly<Record<string, unknown>>,
): string | undefined {
  const forwarded = Object.keys(headers).some(
    (name) => name === "forwarded" || name.startsWith("x-forwarded-"),
  );
  if (forwarded) return undefined;
  return plainAddress(remoteAddress);
}

/** An IPv4 address without the IPv6 clothes that sockets give it. */
export const plainAddress = (address: string | undefined): string | undefined =>
  address?.startsWith("::ffff:") ? address.slice(7) : address;
