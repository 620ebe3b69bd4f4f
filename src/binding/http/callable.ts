import { lookup } from "node:dns";
import { BlockList, isIP, isIPv6, type LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import { buildConnector } from "undici";
import { GatewayError } from "../../base/errors.ts";
import type { NamedAddress } from "../../core/ports.ts";
import type { SecuredBy } from "../tls/client.ts";

export interface CallRules {
  /** Addresses that may be called, whoever names them. */
  readonly networks: BlockList;
  /** Where this gateway listens: a call to itself would come back as another call, or from a trusted place. */
  readonly ownPorts: ReadonlySet<number>;
  /** For those over https. */
  readonly secured: SecuredBy;
}

/** How long a connection may take to come about, TLS included. */
const CONNECT_WITHIN = 3_000;

/**
 * Whether an address that a peer has named may be called: it lies in one of the networks, or it is the peer's own.
 *
 * Everything else would lend a peer the gateway's place in the network; loopback and link-local are no exception.
 *
 * @param address resolved, never a name
 */
export function isCallable(
  address: string,
  peerAddress: string | undefined,
  networks: BlockList,
): boolean {
  if (networks.check(address, familyOf(address))) return true;
  if (peerAddress === undefined || isIP(peerAddress) === 0) return false;
  // Compares addresses and not their spelling.
  const own = new BlockList();
  own.addAddress(peerAddress, familyOf(peerAddress));
  return own.check(address, familyOf(address));
}

/**
 * Connects to addresses that may be called only. A name is resolved once, and the address that was checked is the one
 * that is connected to; otherwise a name could mean another address by then.
 *
 * Fails with GatewayError GW_NOT_CALLABLE.
 */
export function callableConnector(
  { peerAddress }: Pick<NamedAddress, "peerAddress">,
  { networks, ownPorts, secured }: CallRules,
): buildConnector.connector {
  return (options, callback) => {
    const port = Number(options.port || (options.protocol === "https:" ? 443 : 80));
    const mayCall = (address: string): boolean =>
      isCallable(address, peerAddress, networks) && !(ownPorts.has(port) && isOwn(address));
    if (isIP(options.hostname) !== 0 && !mayCall(options.hostname)) {
      callback(new GatewayError("GW_NOT_CALLABLE"), null);
      return;
    }
    const connect = buildConnector({
      ...{ timeout: CONNECT_WITHIN, lookup: lookupAmong(mayCall) },
      ...secured(),
    });
    connect(options, callback);
  };
}

function lookupAmong(mayCall: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const addresses = found.filter(({ address }) => mayCall(address));
      const [first] = addresses;
      if (first === undefined) return callback(new GatewayError("GW_NOT_CALLABLE"), []);
      if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** Whether an address is one of this machine. */
function isOwn(address: string): boolean {
  const own = new BlockList();
  own.addSubnet("127.0.0.0", 8, "ipv4");
  own.addAddress("::1", "ipv6");
  // "This host on this network" (RFC 6890, 2.2.2): whoever connects to 0.0.0.0 or :: gets to its own machine.
  own.addSubnet("0.0.0.0", 8, "ipv4");
  own.addAddress("::", "ipv6");
  for (const known of Object.values(networkInterfaces()).flat()) {
    if (known !== undefined) own.addAddress(known.address, familyOf(known.address));
  }
  return own.check(address, familyOf(address));
}

const familyOf = (address: string): "ipv4" | "ipv6" => (isIPv6(address) ? "ipv6" : "ipv4");
