import type { ListenerTls } from "../../base/tls.ts";

const TLS_1_3 = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
] as const;

/** Of TLS 1.2, the best first. Those with forward secrecy and authenticated encryption only, as RFC 9325, 4.2 has it. */
const MODERN = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
] as const;
const MODERN_PSK = ["ECDHE-PSK-CHACHA20-POLY1305", "ECDHE-PSK-AES128-CBC-SHA256"] as const;

/** TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 and TLS_PSK_WITH_AES_128_CBC_SHA256 (TS-0003, 10.2). */
const TS_0003 = "ECDHE-ECDSA-AES128-SHA256";
const TS_0003_PSK = "PSK-AES128-CBC-SHA256";

/** The cipher suites that are offered, for OpenSSL. @param psk whether there are pre-shared keys */
export function suitesOf(profile: ListenerTls["profile"], psk: boolean): string {
  const older = profile === "ts-0003" ? [TS_0003, ...(psk ? [TS_0003_PSK] : [])] : [];
  return [...TLS_1_3, ...MODERN, ...(psk ? MODERN_PSK : []), ...older].join(":");
}
