import type { TlsResult } from "../../base/tls.ts";
import type { Unproven } from "../../core/access-refused.ts";

/** What OpenSSL and Node call what went wrong, as a closed set. */
const ERRORS: readonly (readonly [RegExp, TlsResult])[] = [
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE/, "no-certificate"],
  [/BINDER_DOES_NOT_VERIFY|BAD_RECORD_MAC|PSK_IDENTITY_NOT_FOUND/, "bad-psk"],
  [/UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|ALERT_PROTOCOL_VERSION/, "version"],
  [/NO_SHARED_CIPHER|NO_SUITABLE_SIGNATURE|NO_SUITABLE_KEY_SHARE|NO_SHARED_GROUP/, "no-cipher"],
  // What the client says of the gateway's certificate.
  [/ALERT_(?:UNKNOWN_CA|(?:BAD_|UNSUPPORTED_)?CERTIFICATE)/, "distrusted"],
  [/HTTP_REQUEST|HTTPS_PROXY_REQUEST|WRONG_VERSION_NUMBER|PACKET_LENGTH/, "not-tls"],
  [/HANDSHAKE_TIMEOUT/, "timeout"],
  [/ECONNRESET|EPIPE/, "closed"],
];

const CERTIFICATES: ReadonlyMap<string, TlsResult> = new Map([
  ["CERT_REVOKED", "revoked"],
  ["CRL_HAS_EXPIRED", "crl-expired"],
]);

/** What became of a handshake that failed. @param code of Node's error */
export const resultOfError = (code: string): TlsResult =>
  ERRORS.find(([pattern]) => pattern.test(code))?.[1] ?? "failed";

/** What became of a client whose certificate did not verify. @param code Node's `authorizationError` */
export const resultOfCertificate = (code: string): TlsResult =>
  CERTIFICATES.get(code) ?? "bad-certificate";

/**
 * What was not proven in a handshake that failed; undefined where it failed for something else.
 *
 * @param claims names in the certificate, and the identity of the pre-shared key, of who has shown one
 */
export function unprovenIn(
  result: TlsResult,
  claims: { readonly certificate: string | undefined; readonly psk: string | undefined },
): Unproven | undefined {
  switch (result) {
    case "no-certificate":
      return { shown: "nothing", why: result };
    case "bad-certificate":
    case "revoked":
    case "crl-expired":
      return { shown: "certificate", claimed: claims.certificate, why: result };
    case "bad-psk":
      // A record that was changed on the way ends in the same way.
      return claims.psk === undefined
        ? undefined
        : { shown: "psk", claimed: claims.psk, why: result };
    default:
      return undefined;
  }
}
