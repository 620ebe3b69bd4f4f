import type { ClientTls, ListenerTls, TlsFault, TlsSource } from "../base/tls.ts";
import { formatEndpoint, isLoopback, sameEndpoint } from "./addresses.ts";
import { hasPreSharedKeys } from "./credentials.ts";
import type { Config } from "./schema.ts";
import { type ClientTlsKeys, LISTENER_TLS, type ListenerTlsKeys } from "./tls.ts";
import { TlsFiles } from "./tls-files.ts";

type Listeners = Pick<Config, "http" | "ws" | "admin">;
type Face = keyof Listeners;

/**
 * The files behind the TLS of a face; undefined where it has none. Faces on one port have it from the same keys.
 *
 * @param config without `proofs` there are no pre-shared keys
 */
export function listenerTls(
  config: Listeners & { readonly proofs?: Config["proofs"] },
  face: Face,
): TlsSource<ListenerTls> | undefined {
  const shared = onePort(config);
  const keyed = face === "ws" && shared ? "http" : face;
  const { tls } = config[keyed];
  const { proofs } = config;
  const takesKeys = keyed === "ws" || (keyed === "http" && shared);
  const preSharedKeys = takesKeys && proofs !== undefined && hasPreSharedKeys({ proofs });
  return hasTls(config, keyed) ? listenerSource(`${keyed}.tls`, tls, preSharedKeys) : undefined;
}

/** Whether the keys of a face turn its TLS on. */
export const hasTls = (listeners: Listeners, face: Face): boolean =>
  listeners[face].tls.certificates.length > 0 || (face === "ws" && listeners.ws.tls.pskOnly);

/** The files behind TLS with what the gateway connects to. @param group path of the keys, `cse.tls` */
export function clientTls(group: string, keys: ClientTlsKeys): TlsSource<ClientTls> {
  const [ca, certificate, key] = [keys.ca, keys.certificate, keys.key].map(listOf);
  return {
    files: [keys.ca, keys.certificate, keys.key].flatMap(listOf),
    read: () => {
      const files = new TlsFiles(group);
      const [identity] = files.identities(
        { key: "certificate", paths: certificate ?? [] },
        { key: "key", paths: key ?? [] },
      );
      const trusted = files.certificates({ key: "ca", paths: ca ?? [] });
      return files.faults.length > 0
        ? { faults: files.faults }
        : { tls: { identity, ca: keys.ca === undefined ? undefined : trusted } };
    },
  };
}

const listOf = (path: string | undefined): string[] => (path === undefined ? [] : [path]);

function listenerSource(
  group: string,
  keys: ListenerTlsKeys,
  preSharedKeys: boolean,
): TlsSource<ListenerTls> {
  const { certificates, clientCa, clientCertificates, crl, minVersion, profile } = keys;
  return {
    files: [...certificates, ...keys.keys, ...clientCa, ...crl],
    read: () => {
      const files = new TlsFiles(group);
      const tls = {
        identities: files.identities(
          { key: "certificates", paths: certificates },
          { key: "keys", paths: keys.keys },
        ),
        clientCa: files.certificates({ key: "clientCa", paths: clientCa }),
        crl: files.revocationLists({ key: "crl", paths: crl }),
        clientCertificates,
        preSharedKeys,
        minVersion,
        profile,
      };
      return files.faults.length > 0 ? { faults: files.faults } : { tls };
    },
  };
}

const onePort = ({ http, ws }: Listeners): boolean => sameEndpoint(http.listen, ws.listen);

/** What is wrong with TLS, and where it is missing. @param config what the keys say */
export function tlsFaultsOf(
  config: Listeners & Pick<Config, "cse" | "calls" | "proxy">,
  peers: ReadonlyMap<string, Config["cse"]>,
): TlsFault[] {
  const faults = (["http", "ws", "admin"] as const).flatMap((face) => {
    const source = listenerTls(config, face);
    // What faces on one port share is told of once.
    const shares = face === "ws" && onePort(config);
    const read = shares ? undefined : source?.read();
    return [
      ...(shares ? conflictOnOnePort(config) : combinationFaults(`${face}.tls`, config[face].tls)),
      ...(read !== undefined && "faults" in read ? read.faults : []),
      ...(source === undefined ? exposure(config, face) : []),
    ];
  });
  if (config.ws.tls.pskOnly) faults.push(...pskOnlyFaults(config));
  const others = [...peers].filter(([, { tls }]) => tls !== config.cse.tls);
  const outbound = [
    clientTls("cse.tls", config.cse.tls),
    clientTls("calls.tls", config.calls.tls),
    clientTls("proxy.tls", config.proxy.tls),
    ...others.map(([id, { tls }]) => clientTls(`peers.${id}.tls`, tls)),
  ].map((source) => source.read());
  return [...faults, ...outbound.flatMap((read) => ("faults" in read ? read.faults : []))];
}

function conflictOnOnePort({ http, ws }: Listeners): TlsFault[] {
  const { pskOnly, ...keys } = ws.tls;
  const own = JSON.stringify(keys);
  const nothing = Object.entries(LISTENER_TLS.properties).map(([name, leaf]) => [
    name,
    leaf.default,
  ]);
  return own === JSON.stringify(http.tls) || own === JSON.stringify(Object.fromEntries(nothing))
    ? []
    : [
        {
          key: "ws.tls",
          sentence:
            "says something else than http.tls, but http.listen and ws.listen are one port, which has one TLS: leave ws.tls out",
        },
      ];
}

function pskOnlyFaults(config: Listeners): TlsFault[] {
  const fault = (sentence: string): TlsFault[] => [{ key: "ws.tls.pskOnly", sentence }];
  if (onePort(config)) {
    return fault(
      "is true, but http.listen and ws.listen are one port, and HTTP has no pre-shared keys: give ws.listen a port of its own",
    );
  }
  return config.ws.tls.certificates.length === 0
    ? []
    : fault(
        "is true, and ws.tls.certificates are given: pre-shared keys are taken beside a certificate anyway, so leave one of them out",
      );
}

function combinationFaults(group: string, tls: ListenerTlsKeys): TlsFault[] {
  const { certificates, clientCa, clientCertificates, crl, keys } = tls;
  const faults: TlsFault[] = [];
  const check = (isWrong: boolean, key: string, sentence: string): void => {
    if (isWrong) faults.push({ key: `${group}.${key}`, sentence });
  };
  const needed = [...keys, ...clientCa, ...crl].length > 0 || clientCertificates !== "none";
  check(
    certificates.length === 0 && needed,
    "certificates",
    `is required, because other keys of ${group} are set and nothing is secured without a certificate`,
  );
  check(
    clientCertificates !== "none" && clientCa.length === 0,
    "clientCa",
    `is required, because ${group}.clientCertificates is ${clientCertificates}: give who vouches for clients`,
  );
  check(
    clientCertificates === "none" && [...clientCa, ...crl].length > 0,
    "clientCertificates",
    `is none, so that ${group}.clientCa and ${group}.crl would check nobody: give required, or optional`,
  );
  return faults;
}

function exposure(listeners: Listeners, face: Face): TlsFault[] {
  const { insecure, listen } = listeners[face];
  if (isLoopback(listen.host) || insecure) return [];
  return [
    {
      key: `${face}.listen`,
      sentence: `${formatEndpoint(listen)} is not on loopback and has no TLS: give ${face}.tls.certificates, best with ${face}.tls.clientCertificates: required; or ${face}.insecure: true allows it, then everything travels in the clear and no peer is authenticated`,
    },
  ];
}
