import type { CloseReason } from "../../core/ports.ts";

/** RFC 6455, 7.4.1, and from 4000 on our own. */
export const CloseCode = {
  PROTOCOL_ERROR: 1002,
  UNSUPPORTED_DATA: 1003,
  INVALID_DATA: 1007,
  POLICY: 1008,
  TOO_BIG: 1009,
  TRY_AGAIN_LATER: 1013,
} as const;

/** What the core's reasons are on the wire. */
export const CLOSES: Record<CloseReason, { readonly code: number; readonly text: string }> = {
  denied: { code: CloseCode.POLICY, text: "not permitted any more" },
  restart: { code: 1012, text: "the gateway restarts; come back in a while" },
  shutdown: { code: 1001, text: "going away" },
  unidentified: { code: CloseCode.POLICY, text: "no registration and no known originator" },
  expired: { code: CloseCode.POLICY, text: "the credentials have expired" },
  crowded: { code: CloseCode.POLICY, text: "too many connections with this credential" },
  overloaded: { code: CloseCode.TRY_AGAIN_LATER, text: "too much to do; try again later" },
  superseded: { code: 4001, text: "superseded by a newer connection" },
  idle: { code: 1000, text: "idle" },
  kicked: { code: 4003, text: "closed by an operator" },
  deregistered: { code: 4002, text: "deregistered and idle" },
};

/** What `ws` closes with when a frame breaks the protocol. */
export function protocolFaultOf(error: Error): number | undefined {
  if (!("code" in error) || typeof error.code !== "string" || !error.code.startsWith("WS_ERR_")) {
    return undefined;
  }
  if (error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return CloseCode.TOO_BIG;
  return error.code === "WS_ERR_INVALID_UTF8" ? CloseCode.INVALID_DATA : CloseCode.PROTOCOL_ERROR;
}
