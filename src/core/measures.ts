import { PROXY_RESULTS } from "../base/proxy.ts";

/** What the gateway itself does for an exchange; a closed set, for labels. */
export const STAGES = [
  /** Reading a message or a body: from bytes to a checked primitive. */
  "read",
  /** From a primitive to what has been handed to the next one: the route, the rules, and writing it. */
  "forward",
  /** Waiting for a place in the window of a connection; only what has to wait is counted. */
  "queue",
  /** Writing an answer to whoever asked. */
  "answer",
] as const;
export type Stage = (typeof STAGES)[number];

/** What a peer shows to prove who it is; `bearer` also for JSON Web Tokens. A closed set, for labels. */
export const SHOWN = ["certificate", "psk", "basic", "bearer", "nothing"] as const;
export type ShownAs = (typeof SHOWN)[number];

/** What came of it: `unchecked` when too much was being checked already. A closed set, for labels. */
export const PROOF_RESULTS = ["proven", "none", "refused", "unchecked"] as const;
export type ProofResult = (typeof PROOF_RESULTS)[number];

/** What became of an attempt to connect to the registrar; a closed set, for labels. */
export const DIAL_RESULTS = [
  "connected",
  "name-unknown",
  "refused",
  "unreachable",
  "timeout",
  "tls",
  "not-upgraded",
  "bad-subprotocol",
  ...PROXY_RESULTS.map((result) => `proxy-${result}` as const),
] as const;
export type DialResult = (typeof DIAL_RESULTS)[number];

/** Limits of connections, rates and watching, each named as what it limits; a closed set, for labels. */
export const LIMIT_NAMES = [
  "connections",
  "connections-per-address",
  "connections-per-credential",
  "handshakes",
  "handshakes-per-address",
  "rate",
  "pipelined",
  "head-time",
  "tls-time",
  "head-size",
  "slow-reader",
  "watchers",
  "traces",
  "event-loop",
] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

/** What became of a WebSocket handshake; a closed set, for labels. */
export const HANDSHAKE_RESULTS = [
  "accepted",
  "bad-request",
  "bad-subprotocol",
  "wrong-target",
  "wrong-method",
  "wrong-version",
  "not-upgrade",
  "origin-refused",
  "credentials-needed",
  "credentials-refused",
  "originator-refused",
  "host-refused",
  "full",
  "too-many",
  "overloaded",
  "draining",
] as const;
export type HandshakeResult = (typeof HANDSHAKE_RESULTS)[number];
