/**
 * What stands for whoever has an address: an IPv4 address itself, of an IPv6 address the /64 that it lies in, since
 * that is what one subscriber has (RFC 6177), and addresses in it cost nothing.
 *
 * @param address as sockets give it, an IPv4 address in IPv6 clothes included
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  if (address.startsWith("::ffff:") && address.includes(".")) return address.slice(7);
  const [bare = ""] = address.split("%");
  const [before = "", after] = bare.split("::");
  const head = groupsOf(before);
  const tail = after === undefined ? [] : groupsOf(after);
  const zeros = Array.from({ length: Math.max(8 - head.length - tail.length, 0) }, () => "0");
  const groups = [...head, ...zeros, ...tail].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}

/** An IPv4 address at the end counts for two. */
const groupsOf = (text: string): string[] =>
  text === ""
    ? []
    : text.split(":").flatMap((group) => (group.includes(".") ? ["0", "0"] : [group]));
