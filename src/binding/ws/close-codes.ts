import type { CloseReason } from "../../core/ports.ts";

/** RFC 6455, 7.4.1, and from 4000 on our own. */
export const CloseCode = {
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  INVALID_DATA: 1007,
  POLICY: 1008,
  TOO_BIG: 1009,
} as const;

/** What the core's reasons are on the wire. */
export const CLOSES: Record<CloseReason, { readonly code: number; readonly text: string }> = {
  shutdown: { code: 1001, text: "going away" },
  unidentified: { code: CloseCode.POLICY, text: "no registration and no known originator" },
  superseded: { code: 4001, text: "superseded by a newer connection" },
  deregistered: { code: 4002, text: "deregistered and idle" },
};
