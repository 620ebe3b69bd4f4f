/** Of an entry. */
export const NAME = /^[\w.@:+-]{1,128}$/;
/** An ID in any form, with `*` for any characters. */
export const ORIGINATOR = /^[\w./*-]{1,256}$/;
/** RFC 7617, 2: a user-id has no colon; nor has it control characters. */
export const USER = /^[^:\p{Cc}]{1,256}$/u;
/** Of TLS-PSK (RFC 4279, 5.1). */
export const IDENTITY = /^\P{Cc}{1,128}$/u;
/** Bytes of a pre-shared key. */
export const LEAST_KEY = 16;
export const LONGEST_KEY = 64;

/** Bytes in hexadecimal digits; undefined for other than `length`. */
export const hexOf =
  (length: number) =>
  (text: string): Buffer | undefined =>
    /^[\da-f]+$/i.test(text) && text.length === 2 * length ? Buffer.from(text, "hex") : undefined;

/** A pre-shared key in hexadecimal digits, or in base64 where it is not; undefined for one out of bounds. */
export function keyOf(text: string): Buffer | undefined {
  const isHex = /^([\da-f]{2})+$/i.test(text);
  if (!isHex && !/^[\w+/-]+=*$/.test(text)) return undefined;
  const key = Buffer.from(text, isHex ? "hex" : "base64");
  return key.length < LEAST_KEY || key.length > LONGEST_KEY ? undefined : key;
}

const whole = (text: string): string | undefined => (IDENTITY.test(text) ? text : undefined);

/** How a certificate is named, by what it is recognized by. */
export const CERTIFICATE_VALUES = {
  uri: { of: whole, expects: "a URI of the certificate's subjectAltName" },
  dns: {
    of: (text: string) => (/^[\w.-]+$/.test(text) ? text.toLowerCase() : undefined),
    expects: "a DNS name of the certificate's subjectAltName, without wildcard",
  },
  commonName: { of: whole, expects: "the common name of the certificate's subject" },
  fingerprint: {
    of: (text: string) => hexOf(32)(text.replaceAll(":", ""))?.toString("hex"),
    expects: "the SHA-256 fingerprint of the certificate in 64 hexadecimal digits",
  },
} as const;
