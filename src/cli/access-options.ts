import type { OptionSpec } from "./arguments.ts";

/** Of commands that connect over TLS. */
export const TLS_OPTIONS = {
  "tls.ca": { value: "FILE", text: "Certificates (PEM) that vouch for the gateway's." },
  "tls.certificate": { value: "FILE", text: "Certificate (PEM) to show the gateway." },
  "tls.key": { value: "FILE", text: "Its key (PEM), where that is not in the same file." },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Of commands that act as a client of a gateway. Secrets are in none: other users see a command line. */
export const ACCESS_OPTIONS = {
  credentials: {
    value: "FILE",
    text: "Holds user:password, or a token; else the variable M2M_CREDENTIALS.",
  },
  ...TLS_OPTIONS,
} as const satisfies Readonly<Record<string, OptionSpec>>;
