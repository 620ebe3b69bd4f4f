import { type Static, Type } from "@sinclair/typebox";
import type { CredentialEntry } from "../base/credential-entry.ts";
import { readCredentialsFile } from "./credentials-file.ts";
import { type JsonWebKeys, readJwtKeys } from "./jwt-keys.ts";
import { Count, OptionalText, Text } from "./leaf.ts";
import type { Fault } from "./settings.ts";

const PATH = { pattern: "\\S", expects: "a path" };

/** Who may use whose name, and how peers prove that it is they. */
export const CREDENTIALS = Type.Object({
  file: OptionalText({
    ...PATH,
    absent: "none",
    example: "/etc/m2mgw/credentials.yaml",
    description:
      "File of passwords (hashed), tokens (hashed), pre-shared keys and certificates, each with its originators; `m2mgw credential` makes entries.",
  }),
  jwtKeys: OptionalText({
    ...PATH,
    absent: "none: no JWT is taken",
    example: "/etc/m2mgw/jwks.json",
    description: "File of the public keys that sign JSON Web Tokens: PEM or a JWK Set.",
  }),
  jwtAudience: OptionalText({
    pattern: "\\S",
    expects: "a text",
    absent: "none; required with `credentials.jwtKeys`",
    example: "m2mgw",
    description: "What a JWT must name in `aud`, so that tokens for others are not taken.",
  }),
  jwtIssuer: OptionalText({
    pattern: "\\S",
    expects: "a text",
    absent: "any",
    example: "https://id.example.org",
    description: "What a JWT must name in `iss`.",
  }),
  jwtOriginators: Text({
    default: "originators",
    pattern: "\\S",
    expects: "the name of a claim",
    description:
      "Claim of a JWT that holds the originators it may be used for: a list, or one text with blanks between them.",
  }),
  passwordChecks: Count({
    default: 64,
    minimum: 1,
    maximum: 10_000,
    description:
      "Passwords that wait to be checked at most (two are checked at a time); past it a request is refused with 503.",
  }),
});

/** What the files of `credentials` hold. */
export interface Proofs {
  readonly entries: readonly CredentialEntry[];
  /** The file holds keys as they are, and others than its owner can read it. */
  readonly isExposed: boolean;
  /** SHA-256 of the file, which tells whether anything in it has changed; undefined without a file. */
  readonly digest: string | undefined;
  /** Public keys for JSON Web Tokens; undefined where none are configured. */
  readonly jwtKeys: JsonWebKeys | undefined;
}

/** Reads the files that are named. */
export function readProofs(credentials: {
  readonly file?: string | undefined;
  readonly jwtKeys?: string | undefined;
}): Proofs | { readonly faults: readonly Fault[] } {
  const file =
    credentials.file === undefined
      ? { entries: [], isExposed: false, digest: undefined }
      : readCredentialsFile(credentials.file);
  const keys = credentials.jwtKeys === undefined ? undefined : readJwtKeys(credentials.jwtKeys);
  const faults = [file, keys].flatMap((read) =>
    read !== undefined && "faults" in read ? read.faults : [],
  );
  if ("faults" in file || (keys !== undefined && "faults" in keys)) return { faults };
  return { ...file, jwtKeys: keys };
}

/** The part of the configuration that says who can prove what. */
interface Proving {
  readonly credentials: Readonly<Static<typeof CREDENTIALS>>;
  readonly proofs: Proofs;
  readonly http: Asks;
  readonly ws: Asks;
}

interface Asks {
  readonly tls: { readonly clientCertificates: "none" | "optional" | "required" };
}

/** The credentials as they are applied. */
export function authenticationOf({ credentials, proofs, http, ws }: Proving) {
  const { jwtAudience: audience, jwtIssuer: issuer, jwtOriginators, passwordChecks } = credentials;
  const { entries, jwtKeys } = proofs;
  const rules = { issuer, originatorsClaim: jwtOriginators };
  return {
    entries,
    tokens:
      jwtKeys === undefined || audience === undefined
        ? undefined
        : { ...rules, ...jwtKeys, audience },
    // Of a file that was emptied, by a mistake or to lock everybody out, nobody expects that it lets everybody in.
    isExpected:
      credentials.file !== undefined ||
      [http, ws].some(({ tls }) => tls.clientCertificates !== "none"),
    passwordChecks,
  };
}

/** Whether somebody proves who he is by a pre-shared key (TS-0003, 8.2.2.1). */
export const hasPreSharedKeys = ({ proofs }: Pick<Proving, "proofs">): boolean =>
  proofs.entries.some((entry) => entry.proof().by === "psk");
