/**
 * Signatures of JSON Web Tokens that nobody can make who has the public key only (RFC 7518, 3.1; RFC 8037; RFC 9864).
 *
 * Not `none`, and not HMAC, with which the public key itself would sign.
 */
export const JWT_ALGORITHMS: readonly string[] = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
];
