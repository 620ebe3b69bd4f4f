import { type FailureCode, GatewayError } from "../base/errors.ts";
import type { TlsResult } from "../base/tls.ts";
import type { Credential, CredentialKind } from "./credential.ts";

/** Why somebody is not let in; a closed set, for whoever runs the gateway: peers are told less. */
export type RefusalReason =
  | "nothing-shown"
  /** It is not what its scheme says. */
  | "unreadable"
  /** Nobody has that user name or token, or no entry is about that certificate. */
  | "unknown"
  /** The password is not that user's, or no key fits the signature of a token. */
  | "wrong"
  | "expired"
  /** A token is not for this gateway, or names nobody. */
  | "wrong-claim"
  /** It was taken away while it was checked. */
  | "withdrawn"
  /** X-M2M-Origin names somebody for whom it does not speak. */
  | "other-originator"
  | Extract<
      TlsResult,
      "no-certificate" | "bad-certificate" | "revoked" | "crl-expired" | "bad-psk"
    >;

/** What somebody has shown who is not let in, and why that does not do. Holds no secret. */
export interface Unproven {
  readonly shown: CredentialKind | "nothing";
  /**
   * Whom it would prove, as it says itself: a user name, the subject of a token, a name in a certificate, a PSK
   * identity; the Credential-ID where that much is proven.
   */
  readonly claimed?: string | undefined;
  readonly why: RefusalReason;
}

/** Somebody is not let in. The sentence is for the peer, `unproven` for whoever runs the gateway. */
export class AccessRefused extends GatewayError {
  readonly unproven: Unproven;

  constructor(
    code: Extract<
      FailureCode,
      "GW_CREDENTIALS_NEEDED" | "GW_CREDENTIALS_REFUSED" | "GW_ORIGINATOR_NOT_YOURS"
    >,
    unproven: Unproven,
    detail?: string,
  ) {
    super(code, detail);
    this.unproven = unproven;
  }
}

/** For a credential that does not hold any more when it has been checked. */
export const withdrawn = ({ kind, id }: Credential): AccessRefused =>
  new AccessRefused("GW_CREDENTIALS_REFUSED", { shown: kind, claimed: id, why: "withdrawn" });
