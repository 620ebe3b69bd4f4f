import type { EpochMs } from "./clock.ts";

/** The faces, and what the gateway shows certificates of its own to; a closed set, for labels. */
export type TlsParty = "http" | "ws" | "admin" | "cse" | "peer" | "calls" | "proxy";

/** A certificate, and the key that fits it. */
export interface TlsIdentity {
  /** In PEM, its own certificate first, then those of who vouches for it. */
  readonly chain: string;
  /** In PEM; a function, so that nothing that prints the identity prints a key. */
  readonly key: () => string;
  /** Hosts it is for, in lower case; `*.example.org` stands for those right below. */
  readonly hosts: readonly string[];
  /** When the first certificate of its chain ends. */
  readonly expires: EpochMs;
}

/** What the TLS of a listener is made of. */
export interface ListenerTls {
  /** The first is for clients that name no host, or one that none is for. None where all come with pre-shared keys. */
  readonly identities: readonly TlsIdentity[];
  readonly clientCertificates: "none" | "optional" | "required";
  /** Certificates, in PEM, of who vouches for clients. */
  readonly clientCa: readonly string[];
  /** Revocation lists, in PEM, one each. */
  readonly crl: readonly string[];
  /** Clients may come with a pre-shared key in the place of a certificate. */
  readonly preSharedKeys: boolean;
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  readonly profile: "modern" | "ts-0003";
}

/** What TLS with a server is made of. */
export interface ClientTls {
  /** Undefined where the gateway shows no certificate. */
  readonly identity: TlsIdentity | undefined;
  /** Certificates, in PEM, of who vouches for the server; those that Node knows where it is undefined. */
  readonly ca: readonly string[] | undefined;
}

/** A key that names files, and what is wrong with one. */
export interface TlsFault {
  /** The whole path, `ws.tls.certificates`. */
  readonly key: string;
  readonly sentence: string;
}

/** Files, and what they hold whenever they are read. */
export interface TlsSource<T> {
  readonly files: readonly string[];
  read(): { readonly tls: T } | { readonly faults: readonly TlsFault[] };
}

/** What became of TLS with a client; a closed set, for labels. */
export const TLS_RESULTS = [
  "established",
  "no-certificate",
  "bad-certificate",
  "revoked",
  "crl-expired",
  "bad-psk",
  "version",
  "no-cipher",
  "distrusted",
  "not-tls",
  "timeout",
  "closed",
  "failed",
] as const;
export type TlsResult = (typeof TLS_RESULTS)[number];
