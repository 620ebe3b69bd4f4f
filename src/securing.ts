import type { Duplex } from "node:stream";
import type { Clock } from "./base/clock.ts";
import type { TlsParty } from "./base/tls.ts";
import { TlsClient } from "./binding/tls/client.ts";
import { TlsListener, type TlsListenerOptions, type TlsPeer } from "./binding/tls/listener.ts";
import type { Config } from "./config/schema.ts";
import type { ClientTlsKeys } from "./config/tls.ts";
import { clientTls, listenerTls } from "./config/tls-sources.ts";
import type { Observer } from "./core/ports.ts";
import type { CertificateFigures } from "./observe/tls-metrics.ts";
import { samePort } from "./starting.ts";

/** All TLS of a gateway: of the faces that have it, and with what the gateway connects to. */
export interface Tls {
  /** Undefined where a face has none; the same one for faces on one port. */
  readonly http: TlsListener | undefined;
  readonly ws: TlsListener | undefined;
  readonly admin: TlsListener | undefined;
  readonly cse: TlsClient;
  /** That of the CSE where a peer has no other. @param name as `peers` has it */
  peer(name: string): TlsClient;
  /** For addresses that peers have named. */
  readonly calls: TlsClient;
  readonly proxy: TlsClient;
  certificates(): readonly CertificateFigures[];
  /**
   * Reads all files again, those of the faces as other configuration has them; no face gets or loses TLS by it.
   *
   * @returns what puts them to use for new connections, which cannot fail
   * @throws Error with a sentence, when something is wrong with one
   */
  prepare(config: Config): () => void;
  close(): void;
}

export interface TlsParts {
  readonly clock: Clock;
  readonly observer: Observer;
  /** For registrees that come with a pre-shared key. */
  readonly pskKeyOf: TlsListenerOptions["pskKeyOf"];
}

/** Reads all files of TLS, and looks at them until it is closed. @throws Error with a sentence, when one is wrong */
export function createTls(config: Config, { pskKeyOf, ...parts }: TlsParts): Tls {
  const opened: (TlsListener | TlsClient)[] = [];
  const clients: TlsClient[] = [];
  const kept = <T extends TlsListener | TlsClient>(made: T): T => {
    opened.push(made);
    return made;
  };
  const listener = (face: "http" | "ws" | "admin"): TlsListener | undefined => {
    const source = listenerTls(config, face);
    return (
      source &&
      kept(
        new TlsListener({
          face,
          source,
          handshakeTimeout: config.limits.tlsTimeout,
          pskKeyOf,
          ...parts,
        }),
      )
    );
  };
  const client = (to: TlsParty, group: string, keys: ClientTlsKeys): TlsClient => {
    const made = kept(new TlsClient({ to, source: clientTls(`${group}.tls`, keys), ...parts }));
    clients.push(made);
    return made;
  };
  const close = (): void => {
    for (const made of opened) made.close();
  };
  try {
    const shared = samePort(config);
    const http = listener("http");
    const ws = shared ? http : listener("ws");
    const admin = listener("admin");
    const cse = client("cse", "cse", config.cse.tls);
    const peers = [...config.peers].flatMap(([name, peer]) => {
      const { tls } = peer.cse;
      return tls === config.cse.tls ? [] : [[name, client("peer", `peers.${name}`, tls)] as const];
    });
    const byName = new Map(peers);
    const calls = client("calls", "calls", config.calls.tls);
    const proxy = client("proxy", "proxy", config.proxy.tls);
    return {
      ...{ http, ws, admin, cse, calls, proxy },
      peer: (name) => byName.get(name) ?? cse,
      certificates: () => [
        ...figures("http", http?.expiries),
        ...figures("ws", shared ? [] : ws?.expiries),
        ...figures("admin", admin?.expiries),
        ...figures("cse", cse.expiries),
        ...figures(
          "peer",
          peers.flatMap(([, peer]) => peer.expiries),
        ),
        ...figures("calls", calls.expiries),
        ...figures("proxy", proxy.expiries),
      ],
      prepare: (next) => {
        const ready = [
          ...Object.entries({ http, admin, ...(shared ? {} : { ws }) }).flatMap(([face, made]) => {
            const source = listenerTls(next, face as "http" | "ws" | "admin");
            return made === undefined || source === undefined ? [] : [made.prepare(source)];
          }),
          ...clients.map((made) => made.prepare()),
        ];
        return () => {
          for (const apply of ready) apply();
        };
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

const figures = (
  party: CertificateFigures["party"],
  expiries: TlsListener["expiries"] = [],
): CertificateFigures[] => expiries.map((expires, index) => ({ party, index, expires }));

/** What a client has proven to a listener by TLS; nothing where that has none. */
export const provenTo =
  (listener: TlsListener | undefined) =>
  (socket: Duplex): TlsPeer =>
    listener?.peerOf(socket) ?? {};
