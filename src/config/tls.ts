import { type TObject, type TUnsafe, Type } from "@sinclair/typebox";
import type { ListenerTls } from "../base/tls.ts";
import { Choice, OptionalText, Texts } from "./leaf.ts";

const FILE = { pattern: "\\S", expects: "the path of a file" } as const;
const FILES = { pattern: "\\S", expects: "a list of paths of files" } as const;

/** What a listener's keys for TLS say; files by their paths. */
export interface ListenerTlsKeys
  extends Pick<ListenerTls, "clientCertificates" | "minVersion" | "profile"> {
  readonly certificates: readonly string[];
  readonly keys: readonly string[];
  readonly clientCa: readonly string[];
  readonly crl: readonly string[];
}

/** What the keys for TLS with a server say; files by their paths. */
export interface ClientTlsKeys {
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

type LeavesOf<T> = TObject<{ [K in keyof T]: TUnsafe<T[K]> }>;

/** The group `tls` of a listener. */
export const LISTENER_TLS: LeavesOf<ListenerTlsKeys> = Type.Object({
  certificates: Texts({
    ...FILES,
    description:
      "PEM files that turn TLS on, each with one certificate and behind it those of who vouches for it. A client that names a host gets the one for that host, all others the first. All files of this group are read again when they change.",
  }),
  keys: Texts({
    ...FILES,
    description:
      "PEM files with the keys of the certificates, without passphrases, in any order; a key may also stand in the file of its certificate.",
  }),
  clientCertificates: Choice(["none", "optional", "required"], {
    default: "none",
    description:
      "Whether clients show a certificate. One that shows one which does not verify is refused under `optional`, too.",
  }),
  clientCa: Texts({
    ...FILES,
    description: "PEM files with the certificates that those of clients are checked against.",
  }),
  crl: Texts({
    ...FILES,
    description:
      "PEM files with revocation lists, one for each issuer in the chains of clients. Past the end of one, no client certificate of its issuer is accepted.",
  }),
  minVersion: Choice(["TLSv1.2", "TLSv1.3"], {
    default: "TLSv1.2",
    description: "Oldest version that is spoken.",
  }),
  profile: Choice(["modern", "ts-0003"], {
    default: "modern",
    description:
      "Cipher suites of TLS 1.2: `modern` has ECDHE with AES-GCM or ChaCha20; `ts-0003` adds the two with CBC that TS-0003, 10.2 requires, for older devices.",
  }),
});

/** The group `tls` of what the gateway connects to. @param whom it is, in descriptions @param files where examples lie */
export const clientTls = (whom: string, files: string): LeavesOf<ClientTlsKeys> =>
  Type.Object({
    ca: OptionalText({
      ...FILE,
      absent: "the certificates that Node knows",
      example: `${files}-ca.pem`,
      description: `PEM file with the certificates that ${whom} is checked against, in place of those that Node knows. All files of this group are read again when they change.`,
    }),
    certificate: OptionalText({
      ...FILE,
      absent: "none",
      example: `${files}-client.pem`,
      description: `PEM file with the certificate that the gateway shows ${whom} when asked, and behind it those of who vouches for it.`,
    }),
    key: OptionalText({
      ...FILE,
      absent: "in the file of the certificate",
      example: `${files}-client-key.pem`,
      description: "PEM file with the key of that certificate, without a passphrase.",
    }),
  });
