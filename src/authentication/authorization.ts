import { AccessRefused } from "../core/access-refused.ts";

/** Credentials of HTTP (RFC 9110, 11.6.2), of the schemes that are known here. */
export type HttpCredentials =
  | { readonly scheme: "Basic"; readonly user: string; readonly password: Buffer }
  | { readonly scheme: "Bearer"; readonly token: string };

const CREDENTIALS = /^(basic|bearer) +([\w.~+/-]+=*) *$/i;

/**
 * Reads an Authorization value.
 *
 * @returns undefined for other schemes, and for the bare Tokens of TS-0009, 6.4.19, which prove nothing at this hop
 * @throws AccessRefused GW_CREDENTIALS_REFUSED for a user and password that cannot be read (RFC 7617, 2)
 */
export function readAuthorization(value: string): HttpCredentials | undefined {
  const parts = CREDENTIALS.exec(value);
  if (parts === null) return undefined;
  const [, scheme = "", text = ""] = parts;
  if (scheme.toLowerCase() === "bearer") return { scheme: "Bearer", token: text };
  const bytes = Buffer.from(text, "base64");
  const colon = bytes.indexOf(":");
  if (colon < 0) {
    throw new AccessRefused("GW_CREDENTIALS_REFUSED", { shown: "basic", why: "unreadable" });
  }
  return {
    scheme: "Basic",
    user: bytes.toString("utf8", 0, colon),
    password: bytes.subarray(colon + 1),
  };
}
