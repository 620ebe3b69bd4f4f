import { authorityOf } from "../../base/proxy.ts";
import type { Endpoint } from "../../binding/proxy/proxy-error.ts";

/** What was seen of the other side before TLS failed. */
export interface TlsSeen {
  readonly target: Endpoint;
  /** `wss:` or `https:`. */
  readonly scheme: string;
  /** Whom its certificate is for, who has issued the last one of its chain, and when its own is valid. */
  readonly names: string;
  readonly issuer: string;
  readonly from: string;
  readonly until: string;
}

export interface Trouble {
  readonly text: string;
  readonly change: string;
}

/** Why TLS failed, in words, and what to change. @param code of the error, of Node or OpenSSL */
export function tlsTrouble(code: string, message: string, seen: TlsSeen): Trouble {
  const where = authorityOf(seen.target);
  if (UNTRUSTED.has(code)) {
    return {
      text: `${where} has a certificate that nobody known here vouches for: it was issued by ${seen.issuer} (${code})`,
      change: `if that is the CSE's own authority, or a proxy of this network that reads along (TLS inspection), put its certificate in PEM into a file and name that in cse.tls.ca; if not, somebody else answers for the host in cse.url`,
    };
  }
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return {
        text: `the certificate of ${where} is for ${seen.names}, not for ${seen.target.host}`,
        change: "put a host that it is for into cse.url, or have it issued for this one",
      };
    case "CERT_HAS_EXPIRED":
      return {
        text: `a certificate of ${where} has expired: its own is valid until ${seen.until}`,
        change:
          "have it renewed by whoever runs the host in cse.url; or correct this machine's clock",
      };
    case "CERT_NOT_YET_VALID":
      return {
        text: `a certificate of ${where} is not valid yet: its own is from ${seen.from}`,
        change:
          "correct this machine's clock; or have the certificate of the host in cse.url reissued",
      };
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
    case "EPROTO":
      return {
        text: `${where} does not speak TLS`,
        change: `let cse.url begin with ${seen.scheme === "wss:" ? "ws://" : "http://"}, or name a port that speaks TLS`,
      };
    default:
      break;
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/.test(code)) {
    return {
      text: `${where} speaks older versions of TLS than 1.2 only (${code})`,
      change: "have the server at cse.url updated: oneM2M asks for TLS 1.2 (TS-0003, 10.2)",
    };
  }
  if (/CERTIFICATE_REQUIRED|BAD_CERTIFICATE|HANDSHAKE_FAILURE/.test(code)) {
    return {
      text: `${where} refuses the connection (${code}): it may want a certificate of this gateway, or another than it got`,
      change: "name one that the server at cse.url takes in cse.tls.certificate",
    };
  }
  if (code === "ECONNRESET" || message === "closed") {
    return {
      text: `${where} closed the connection in the midst of TLS: as a rule a firewall that does not let this name through, or a server that does not serve it`,
      change: "have the firewall let the host in cse.url through, or correct that host",
    };
  }
  return {
    text: `TLS with ${where} failed: ${message}`,
    change: "check that cse.url is right about host, port and scheme",
  };
}

const UNTRUSTED = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);
