import type { EpochMs } from "../base/clock.ts";
import { globOf } from "../base/glob.ts";
import { type Domain, type EntityId, entityIdOf } from "../primitive/identifiers.ts";

/** How a peer proves who it is. */
export type CredentialKind = "certificate" | "psk" | "basic" | "bearer" | "jwt";

/**
 * What a peer has proven to be, and whose name it may use (TS-0003, 8.2 and 10.1.1: the Credential-ID and the
 * originators allowed with it).
 */
export class Credential {
  /** Credential-ID: its kind and a name, `certificate:…`. Holds no secret. */
  readonly id: string;
  readonly kind: CredentialKind;
  /** The entity it names, where that is one only, or a CSE with what is below it: it is known before its first message. */
  readonly entity: EntityId | undefined;
  /** When it ends by itself; undefined where it does not. */
  readonly expires: EpochMs | undefined;
  readonly #matches: readonly ((id: string) => boolean)[];

  /**
   * @param name no secret, unique among those of its kind
   * @param originators IDs in any form, in which `*` stands for any characters; `*` alone is everybody
   */
  constructor(
    kind: CredentialKind,
    name: string,
    originators: readonly string[],
    domain: Domain,
    expires?: EpochMs,
  ) {
    this.id = `${kind}:${name}`;
    this.expires = expires;
    this.kind = kind;
    this.#matches = originators.map((pattern) => globOf(idPattern(pattern, domain)));
    const [only, ...others] = originators.filter((pattern) => !pattern.includes("*"));
    const isOne =
      others.length === 0 &&
      originators.every((pattern) => pattern === only || pattern.startsWith(`${only}/`));
    this.entity = only === undefined || !isOne ? undefined : entityIdOf(only, domain);
  }

  /**
   * Whether it may speak as `originator`.
   *
   * The one of an AE that lets its registrar choose ("C", "S", or none: "") needs a pattern that covers whatever comes
   * of it, such as `C*`.
   */
  covers(originator: EntityId): boolean {
    return this.#matches.some((matches) => matches(originator));
  }
}

/** A pattern in the one spelling that IDs have in tables. */
export const idPattern = (pattern: string, domain: Domain): string =>
  pattern === "*" ? pattern : entityIdOf(pattern, domain);

/** What a peer shows of itself, on its connection and in the head of a request. */
export interface Shown {
  /** Of the TLS client certificate, which has been verified. */
  readonly certificate?: {
    /** URIs of subjectAltName. */
    readonly uris: readonly string[];
    /** DNS names of subjectAltName. */
    readonly names: readonly string[];
    /** CN of the subject. */
    readonly commonName: string | undefined;
    /** SHA-256, in lower-case hexadecimal digits without colons. */
    readonly fingerprint: string;
  };
  /** Identity of TLS-PSK, whose key the peer has. */
  readonly pskIdentity?: string;
  /** Value of the header field Authorization. */
  readonly authorization?: string | undefined;
}

/** The name in a certificate that says best whose it is, if there is any. */
export const foremostNameIn = ({
  uris,
  names,
  commonName,
}: NonNullable<Shown["certificate"]>): string | undefined => uris[0] ?? names[0] ?? commonName;

/** Schemes of HTTP authentication that can be configured, as WWW-Authenticate names them. */
export type HttpScheme = "Basic" | "Bearer";

/** Finds out what a peer has proven. */
export interface Authenticator {
  /** Somebody can prove something here: whoever does not is a stranger. */
  readonly isConfigured: boolean;
  /** Those that can prove something here; an Authorization of one of them is for this gateway, and for nobody behind it. */
  readonly schemes: readonly HttpScheme[];
  /**
   * @returns undefined for a peer that shows nothing; at once where nothing has to be computed
   * @throws AccessRefused GW_CREDENTIALS_REFUSED for what is shown and not valid
   * @throws GatewayError GW_OVERLOADED while too much is checked
   */
  authenticate(shown: Shown): Credential | undefined | Promise<Credential | undefined>;
  /** Whether what proved a credential would prove it now, as far as that can be told without being shown again. */
  holds(credential: Credential): boolean;
}
