import type { Config } from "../../config/schema.ts";
import type { Way } from "./way.ts";

/** What to change where whoever answers at `cse.url` wants to know who asks: the gateway can show a certificate. */
export function proofWanted({ isSecure, isWebSocket }: Way, { cse }: Config): string {
  if (isSecure && cse.tls.certificate !== undefined) {
    return "have the certificate in cse.tls.certificate known there; at an m2mgw it is asked for by tls.clientCertificates, and stands in credentials.file";
  }
  const scheme = isSecure ? "" : `${isWebSocket ? "wss" : "https"}:// in cse.url, and `;
  return `the gateway proves who it is with ${scheme}a certificate that is known there in cse.tls.certificate and cse.tls.key`;
}
