import { constants } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { ListenerTls, TlsIdentity } from "../../base/tls.ts";
import { suitesOf } from "./suites.ts";

/** What a listener takes its TLS from at a time: made whole, and replaced whole. */
export interface Contexts {
  readonly tls: ListenerTls;
  /** Of the context for clients that name no host. */
  readonly first: SecureContextOptions;
  /** For a host that a client has named (RFC 6066, 3), or undefined where `first` is as good. */
  contextFor(host: string): SecureContext | undefined;
}

/** @throws Error of OpenSSL, when it takes something not */
export function contextsOf(tls: ListenerTls): Contexts {
  const all = tls.identities.map((identity) => optionsOf(tls, identity));
  const byHost = new Map<string, SecureContext>();
  for (const [index, { hosts }] of tls.identities.entries()) {
    const context = createSecureContext(all[index]);
    // The first that is for a host has it.
    for (const host of hosts) if (!byHost.has(host)) byHost.set(host, context);
  }
  const first = all[0] ?? optionsOf(tls, undefined);
  createSecureContext(first);
  return {
    tls,
    first,
    contextFor: (host) => {
      const name = host.toLowerCase().replace(/\.$/, "");
      return byHost.get(name) ?? byHost.get(name.replace(/^[^.]+\./, "*."));
    },
  };
}

/**
 * Our choice: sessions are not resumed where clients prove who they are. A resumed one would not look into the
 * revocation lists again, and say nothing of a pre-shared key.
 */
function optionsOf(
  { clientCa, clientCertificates, crl, minVersion, preSharedKeys, profile }: ListenerTls,
  identity: TlsIdentity | undefined,
): SecureContextOptions {
  const whole = preSharedKeys || clientCertificates !== "none" ? constants.SSL_OP_NO_TICKET : 0;
  return {
    ...(identity === undefined ? {} : { cert: identity.chain, key: identity.key() }),
    ...(clientCa.length === 0 ? {} : { ca: [...clientCa] }),
    ...(crl.length === 0 ? {} : { crl: [...crl] }),
    minVersion,
    ciphers: suitesOf(profile, preSharedKeys),
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | whole,
  };
}
