import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../base/clock.ts";
import type { CredentialEntry, Proof } from "../base/credential-entry.ts";
import { AccessRefused } from "../core/access-refused.ts";
import {
  type Authenticator,
  Credential,
  foremostNameIn,
  type HttpScheme,
  type Shown,
} from "../core/credential.ts";
import type { Domain } from "../primitive/identifiers.ts";
import { readAuthorization } from "./authorization.ts";
import { BearerTokens } from "./bearer-tokens.ts";
import {
  certificateKey,
  findCertificate,
  type KnownCertificates,
  originatorsIn,
} from "./certificate-identity.ts";
import { CheckTurns } from "./check-turns.ts";
import { JsonWebTokens, type TokenRules } from "./json-web-tokens.ts";
import { Passwords } from "./passwords.ts";
import { deriveKey } from "./scrypt.ts";

/** Who can prove what. */
export interface AuthenticationSettings {
  readonly entries: readonly CredentialEntry[];
  /** Undefined where no JSON Web Token is taken. */
  readonly tokens: TokenRules | undefined;
  /** Peers are to prove who they are, even if none can yet: a credentials file is named, or a face asks for certificates. */
  readonly isExpected: boolean;
  /** Passwords that wait to be checked at most. */
  readonly passwordChecks: number;
}

/** An entry and its credential. */
interface Held {
  readonly originators: readonly string[];
  readonly proof: Proof;
  readonly credential: Credential;
}

/** What is known of credentials now; replaced as a whole. */
interface Known {
  /** By Credential-ID. */
  readonly held: ReadonlyMap<string, Held>;
  readonly rules: TokenRules | undefined;
  readonly isConfigured: boolean;
  readonly schemes: readonly HttpScheme[];
  readonly passwords: Passwords;
  readonly bearers: BearerTokens;
  readonly tokens: JsonWebTokens | undefined;
  readonly certificates: KnownCertificates;
  readonly psks: ReadonlyMap<string, { readonly key: Buffer; readonly credential: Credential }>;
}

/** Names of entries hold no slash; an AE-ID or CSE-ID begins with one. */
const BY_NAME = "certificate:/";

/** Finds out who peers are, by the credentials file, public keys for tokens, and the names in certificates. */
export class Authentication implements Authenticator {
  readonly #domain: Domain;
  readonly #clock: Clock;
  readonly #derive: typeof deriveKey;
  readonly #turns: CheckTurns;
  /** What checked the tokens behind credentials. */
  readonly #byTokens = new WeakMap<Credential, JsonWebTokens>();
  #known: Known;

  /** @param parts `derive`: what checks a password, for tests that count */
  constructor(
    parts: { domain: Domain; clock: Clock; derive?: typeof deriveKey },
    settings: AuthenticationSettings,
  ) {
    this.#domain = parts.domain;
    this.#clock = parts.clock;
    this.#derive = parts.derive ?? deriveKey;
    this.#turns = new CheckTurns(settings.passwordChecks);
    this.#known = this.#knownBy(settings);
  }

  /** Takes the new settings at once; what was proven before by others is found out anew. */
  configure(settings: AuthenticationSettings): void {
    this.#turns.configure(settings.passwordChecks);
    this.#known = this.#knownBy(settings, this.#known);
  }

  /** Entries that changed prove nothing for connections of before; names in certificates are a matter of TLS. */
  holds(credential: Credential): boolean {
    const { held, tokens } = this.#known;
    if (credential.kind === "jwt") return this.#byTokens.get(credential) === tokens;
    const isByName = credential.kind === "certificate" && credential.id.startsWith(BY_NAME);
    return isByName || held.get(credential.id)?.credential === credential;
  }

  get isConfigured(): boolean {
    return this.#known.isConfigured;
  }

  get schemes(): readonly HttpScheme[] {
    return this.#known.schemes;
  }

  /** The key of a TLS-PSK identity (RFC 4279); undefined for one that nobody has. */
  pskKeyOf(identity: string): Buffer | undefined {
    return this.#known.psks.get(identity)?.key;
  }

  /**
   * What the connection proves goes before Authorization, which then is for somebody else.
   */
  authenticate(shown: Shown): Credential | undefined | Promise<Credential> {
    const byConnection = this.#byConnection(shown);
    if (byConnection !== undefined) return byConnection;
    const byHead = this.#byHead(shown.authorization);
    if (byHead !== undefined) return byHead;
    const { certificate, pskIdentity } = shown;
    if (certificate === undefined && pskIdentity === undefined) return undefined;
    throw new AccessRefused(
      "GW_CREDENTIALS_REFUSED",
      certificate === undefined
        ? { shown: "psk", claimed: pskIdentity, why: "unknown" }
        : { shown: "certificate", claimed: foremostNameIn(certificate), why: "unknown" },
      "the client certificate or pre-shared key names no AE-ID or CSE-ID, and no entry of the credentials file is about it",
    );
  }

  #byConnection({ certificate, pskIdentity }: Shown): Credential | undefined {
    if (pskIdentity !== undefined) return this.#known.psks.get(pskIdentity)?.credential;
    if (certificate === undefined) return undefined;
    const found = findCertificate(certificate, this.#known.certificates);
    if (found !== undefined) return found;
    const originators = originatorsIn(certificate, this.#domain);
    const [name] = originators;
    return name === undefined ? undefined : this.#credential("certificate", name, originators);
  }

  #byHead(authorization: string | undefined): Credential | undefined | Promise<Credential> {
    if (authorization === undefined || this.#known.schemes.length === 0) return undefined;
    const shown = readAuthorization(authorization);
    if (shown === undefined || !this.#known.schemes.includes(shown.scheme)) return undefined;
    if (shown.scheme === "Basic") return this.#known.passwords.check(shown.user, shown.password);
    const { bearers, tokens } = this.#known;
    const found = bearers.find(shown.token);
    if (found !== undefined) return found;
    if (tokens === undefined || !JsonWebTokens.looksLike(shown.token)) {
      throw new AccessRefused("GW_CREDENTIALS_REFUSED", { shown: "bearer", why: "unknown" });
    }
    return this.#byToken(tokens, shown.token);
  }

  async #byToken(tokens: JsonWebTokens, token: string): Promise<Credential> {
    const { subject, originators, expires } = await tokens.check(token);
    const credential = new Credential("jwt", subject, originators, this.#domain, expires);
    this.#byTokens.set(credential, tokens);
    return credential;
  }

  #held(entry: CredentialEntry, before: Known | undefined): Held {
    const { name, originators } = entry;
    const proof = entry.proof();
    const known = before?.held.get(`${proof.by}:${name}`);
    const isSame =
      known !== undefined &&
      isDeepStrictEqual([known.proof, known.originators], [proof, originators]);
    return isSame
      ? known
      : { originators, proof, credential: this.#credential(proof.by, name, originators) };
  }

  #credential(kind: Proof["by"], name: string, originators: readonly string[]): Credential {
    return new Credential(kind, name, originators, this.#domain);
  }

  /** @param before what was known until now: what has not changed since is the same still */
  #knownBy({ entries, tokens: rules, isExpected }: AuthenticationSettings, before?: Known): Known {
    const held = new Map(
      entries.map((entry) => {
        const one = this.#held(entry, before);
        return [one.credential.id, one] as const;
      }),
    );
    const all = [...held.values()].map(({ proof, credential }) => ({ ...proof, credential }));
    const passwords = new Passwords(
      all.filter((one) => one.by === "basic"),
      this.#turns,
      this.#derive,
    );
    const bearers = new BearerTokens(all.filter((one) => one.by === "bearer"));
    const sameRules = before !== undefined && isDeepStrictEqual(rules, before.rules);
    const tokens = sameRules ? before.tokens : rules && new JsonWebTokens(rules, this.#clock);
    return {
      held,
      rules,
      isConfigured: entries.length > 0 || tokens !== undefined || isExpected,
      schemes: [
        ...(passwords.isEmpty ? [] : ["Basic" as const]),
        ...(bearers.isEmpty && tokens === undefined ? [] : ["Bearer" as const]),
      ],
      passwords,
      bearers,
      tokens,
      certificates: new Map(
        all
          .filter((one) => one.by === "certificate")
          .map(({ names, value, credential }) => [certificateKey(names, value), credential]),
      ),
      psks: new Map(
        all
          .filter((one) => one.by === "psk")
          .map(({ identity, key, credential }) => [identity, { key, credential }]),
      ),
    };
  }
}
