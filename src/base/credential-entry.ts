import type { PasswordHash } from "./password-hash.ts";

/** What a peer shows to be taken for the one that an entry is about. */
export type Proof =
  | { readonly by: "basic"; readonly user: string; readonly hash: PasswordHash }
  /** `hash` is the SHA-256 of the token. */
  | { readonly by: "bearer"; readonly hash: Buffer }
  | { readonly by: "psk"; readonly identity: string; readonly key: Buffer }
  | { readonly by: "certificate"; readonly names: CertificateName; readonly value: string };

/** What a certificate is recognized by: names of its subjectAltName or subject, or the certificate itself. */
export const CERTIFICATE_NAMES = ["uri", "dns", "commonName", "fingerprint"] as const;
export type CertificateName = (typeof CERTIFICATE_NAMES)[number];

/** One entry of the credentials file: who may use which originators. */
export interface CredentialEntry {
  /** Unique in the file; for logs and rules. */
  readonly name: string;
  /** IDs in any form, in which `*` stands for any characters. */
  readonly originators: readonly string[];
  /** A method, so that nothing that prints an entry prints a key. */
  proof(): Proof;
}
