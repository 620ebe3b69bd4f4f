/**
 * A sentence without what may be a secret in it: for errors that were not made here, which may quote what they failed on,
 * and for values that stand in the wrong place of a configuration. It hides more rather than less.
 */
export function veiled(text: string): string {
  return VEILS.reduce((left, [secret, instead]) => left.replace(secret, instead), text);
}

/** Peers may have written the text: none takes time that grows faster than its length. */
const VEILS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*/s, "***"],
  // A header field, as text or in a list.
  [/(authorization["']?\s*[:=,]\s*)[^\r\n]*/gi, "$1***"],
  // Credentials without their field; not the words "Basic credentials" (RFC 9110, 11.4).
  [/\b([Bb]asic|[Bb]earer)\s+(?=\S*[\dA-Z=])\S{6,}/g, "$1 ***"],
  // JSON Web Tokens: a JSON object in base64url begins like this.
  [/(?<![\w-])eyJ[\w-]+\.[\w.-]+/g, "***"],
  // User and password of a URL.
  [/\b(https?|wss?):\/\/[^\s"'<>]{0,512}@/gi, "$1://***@"],
  // Tokens of points of access: 16 bytes in base64url.
  [/\/[\w-]{22}(?![\w.-])/g, "/***"],
];
