import { type FailureCode, GatewayError } from "../base/errors.ts";
import { globOf } from "../base/glob.ts";
import { rootObjectOf } from "../primitive/content.ts";
import { addressOf, type Domain, type EntityId, entityIdOf } from "../primitive/identifiers.ts";
import type { RequestPrimitive } from "../primitive/primitive.ts";
import { AccessRefused } from "./access-refused.ts";
import { idPattern } from "./credential.ts";
import type { Act, Asking, Observer, Peer } from "./ports.ts";

/**
 * Permits what matches all of it. `*` stands for any characters in a pattern; a list that is undefined for everything,
 * of `credentials` for every credential.
 */
export interface Rule {
  /** IDs of originators, in any form. */
  readonly originators?: readonly string[] | undefined;
  readonly acts?: readonly Act[] | undefined;
  /** Addresses of targets, in any form. */
  readonly targets?: readonly string[] | undefined;
  readonly faces?: readonly Peer["face"][] | undefined;
  /** Credential-IDs, `trusted` for peers of a trusted network, `none` for strangers. */
  readonly credentials?: readonly string[] | undefined;
  /** Of addresses that peers have themselves; no peer that a proxy speaks for is in any. */
  readonly isIn?: ((address: string) => boolean) | undefined;
}

/** Who may call the points of access of registrees, besides knowing their tokens. */
export type PointRule = Pick<Rule, "credentials" | "isIn">;

export interface PermissionSettings {
  /** Undefined where all may do everything in their own names. */
  readonly rules: readonly Rule[] | undefined;
  readonly points: PointRule;
  /** Peers can prove who they are: whoever does not is a stranger, and is admitted by a rule or not at all. */
  readonly credentialsKnown: boolean;
}

/** Everybody may everything in anybody's name, as where nothing is configured. */
export const OPEN_TO_ALL: PermissionSettings = {
  rules: undefined,
  points: {},
  credentialsKnown: false,
};

/** A rule, ready to be applied to the parts of what is asked. */
interface Matcher {
  isBy(peer: Peer): boolean;
  isOf(originator: EntityId): boolean;
  isFor(act: Act | undefined, to: string): boolean;
}

/** Who may ask for what. Without a rule or a credential configured everybody may everything. */
export class Permissions {
  readonly #domain: Domain;
  readonly #observer: Pick<Observer, "denied">;
  #settings: PermissionSettings;
  #rules: readonly Matcher[] | undefined;
  #isAtPoint: Matcher["isBy"];

  constructor(domain: Domain, settings: PermissionSettings, observer: Pick<Observer, "denied">) {
    this.#domain = domain;
    this.#observer = observer;
    this.#settings = settings;
    this.#rules = undefined;
    this.#isAtPoint = () => true;
    this.configure(settings);
  }

  /** Takes other rules from now on. */
  configure(settings: PermissionSettings): void {
    this.#settings = settings;
    this.#rules = settings.rules?.map((rule) => matcherOf(rule, this.#domain));
    const { credentials, isIn } = settings.points;
    const rule = { credentials: credentials ?? ["*", "none"], isIn };
    const isForAll = credentials === undefined && isIn === undefined;
    this.#isAtPoint = isForAll ? () => true : matcherOf(rule, this.#domain).isBy;
  }

  /** Somebody may be refused something: a request that cannot be understood must not go past. */
  get restricts(): boolean {
    return this.#rules !== undefined || this.#settings.credentialsKnown;
  }

  /**
   * Refuses a request that nothing permits, before it is forwarded or held.
   *
   * @throws GatewayError GW_CREDENTIALS_NEEDED, GW_ORIGINATOR_NOT_YOURS, GW_NOT_PERMITTED
   */
  check(asking: Asking): void {
    const failure = this.#refusal(asking);
    if (failure === undefined) return;
    this.#observer.denied(asking, failure);
    throw new GatewayError(failure);
  }

  /**
   * Refuses the registration of another CSE than the originator, the only one that `check` has judged (TS-0004, 7.4.4.2.1).
   *
   * @throws GatewayError GW_ORIGINATOR_NOT_YOURS
   */
  checkRegistration({ content, from = "" }: Pick<RequestPrimitive, "content" | "from">): void {
    if (!this.restricts) return;
    const csi = rootObjectOf(content)?.members["csi"];
    if (typeof csi !== "string") return;
    if (entityIdOf(csi, this.#domain) === entityIdOf(from, this.#domain)) return;
    throw new GatewayError("GW_ORIGINATOR_NOT_YOURS", "csi");
  }

  /**
   * Refuses a stranger that no rule is for: it needs no connection.
   *
   * @throws AccessRefused GW_CREDENTIALS_NEEDED
   */
  checkNewcomer(peer: Peer): void {
    const isStranger = peer.credential === undefined && !peer.trusted;
    if (!this.#settings.credentialsKnown || !isStranger || this.admits(peer, [])) return;
    throw new AccessRefused("GW_CREDENTIALS_NEEDED", { shown: "nothing", why: "nothing-shown" });
  }

  /**
   * Whether a peer may stay connected: something may be asked in one of these names, or in any when there is none.
   * What it may ask for is judged when it asks.
   */
  admits(peer: Peer, originators: Iterable<EntityId>): boolean {
    if (!this.restricts) return true;
    if (this.#rules === undefined) return peer.credential !== undefined || peer.trusted;
    const names = [...originators];
    return this.#rules.some(
      ({ isBy, isOf }) => isBy(peer) && (names.length === 0 || names.some((name) => isOf(name))),
    );
  }

  #refusal(asking: Asking): FailureCode | undefined {
    if (asking.atPoint) return this.#isAtPoint(asking.peer) ? undefined : "GW_NOT_PERMITTED";
    if (!this.restricts) return undefined;
    const { peer, act, to, relayed } = asking;
    const originator = entityIdOf(asking.originator, this.#domain);
    const { credential } = peer;
    if (credential !== undefined && !relayed && !credential.covers(originator)) {
      return "GW_ORIGINATOR_NOT_YOURS";
    }
    const isStranger = credential === undefined && !peer.trusted;
    const permitted =
      this.#rules?.some(
        ({ isBy, isOf, isFor }) => isBy(peer) && isOf(originator) && isFor(act, to),
      ) ?? !isStranger;
    if (permitted) return undefined;
    return isStranger && this.#settings.credentialsKnown
      ? "GW_CREDENTIALS_NEEDED"
      : "GW_NOT_PERMITTED";
  }
}

function matcherOf(rule: Rule, domain: Domain): Matcher {
  const { acts, faces, isIn } = rule;
  const originators = rule.originators?.map((pattern) => globOf(idPattern(pattern, domain)));
  const targets = rule.targets?.map((pattern) => globOf(addressPattern(pattern, domain)));
  const credentials = (rule.credentials ?? ["*"]).map(credentialMatcher);
  return {
    isBy: (peer) =>
      (faces === undefined || faces.includes(peer.face)) &&
      credentials.some((matches) => matches(peer)) &&
      (isIn === undefined || (peer.address !== undefined && isIn(peer.address))),
    isOf: (originator) => originators?.some((matches) => matches(originator)) ?? true,
    isFor: (act, to) =>
      (acts === undefined || (act !== undefined && acts.includes(act))) &&
      (targets?.some((matches) => matches(targetOf(to, domain))) ?? true),
  };
}

function credentialMatcher(pattern: string): (peer: Peer) => boolean {
  if (pattern === "none") return ({ credential, trusted }) => credential === undefined && !trusted;
  const matches = globOf(pattern);
  return ({ credential, trusted }) =>
    credential === undefined ? trusted && matches("trusted") : matches(credential.id);
}

const addressPattern = (pattern: string, domain: Domain): string =>
  pattern === "*" ? pattern : targetOf(pattern, domain);

/** One spelling for what To names, a resource or an entity. */
const targetOf = (to: string, domain: Domain): string => entityIdOf(addressOf(to, domain), domain);
