import { Rsc } from "./response-status-code.ts";

interface FailureRow {
  readonly rsc: number;
  /** What an originator is told; a detail may follow it after a colon. */
  readonly text: string;
}

/**
 * Every way an exchange can fail, and what its originator is told.
 *
 * 4008 says the originator's own time passed or that the operation may have been executed; 5103 says that nothing
 * was ever sent, so repeating is safe (TS-0004, 7.3.1.3 and 7.3.3.9.1).
 */
export const FAILURES = {
  GW_PRIMITIVE_MALFORMED: row(Rsc.BAD_REQUEST, "this is not a oneM2M primitive"),
  GW_CONTENT_MALFORMED: row(Rsc.BAD_REQUEST, "the content cannot be read"),
  GW_CONTENT_NOT_TRANSCODABLE: row(
    Rsc.BAD_REQUEST,
    "the content cannot be said in the serialization of its receiver",
  ),
  GW_CONTENT_TOO_LARGE: row(Rsc.BAD_REQUEST, "the content is larger than this gateway takes"),
  GW_CONTENT_CODING_UNSUPPORTED: row(
    Rsc.UNSUPPORTED_MEDIA_TYPE,
    "the content is compressed (Content-Encoding), which this gateway does not read",
  ),
  GW_HEAD_TOO_LARGE: row(
    Rsc.BAD_REQUEST,
    "the request has more or larger header fields than this gateway takes",
  ),
  GW_TARGET_TOO_LONG: row(Rsc.BAD_REQUEST, "the request-target is longer than this gateway takes"),
  GW_TOO_SLOW: row(Rsc.BAD_REQUEST, "the request did not come in time"),
  GW_TOO_MANY_POINTS: row(
    Rsc.BAD_REQUEST,
    "the registration names more points of access than this gateway keeps",
  ),
  GW_REQUEST_INVALID: row(Rsc.BAD_REQUEST, "the request is not valid"),
  GW_REQUEST_IDENTIFIER_IN_USE: row(
    Rsc.BAD_REQUEST,
    "an earlier request of this originator with the same request identifier is still being answered",
  ),
  GW_MEDIA_TYPE_UNSUPPORTED: row(
    Rsc.UNSUPPORTED_MEDIA_TYPE,
    "the content's media type is not supported",
  ),
  GW_NOT_ACCEPTABLE: row(Rsc.NOT_ACCEPTABLE, "none of the accepted media types can be produced"),
  GW_METHOD_NOT_ALLOWED: row(
    Rsc.OPERATION_NOT_ALLOWED,
    "this HTTP method has no oneM2M operation: use GET, POST, PUT or DELETE",
  ),
  GW_TARGET_UNKNOWN: row(Rsc.NOT_FOUND, "no registree has this point of access"),
  GW_TARGET_OFFLINE: row(
    Rsc.TARGET_NOT_REACHABLE,
    "the registree is not connected and cannot be reached otherwise; nothing was sent",
  ),
  GW_NOT_CALLABLE: row(
    Rsc.TARGET_NOT_REACHABLE,
    "this gateway does not call that address (calls.networks); nothing was sent",
  ),
  GW_TARGET_NOT_REACHABLE_BY_REQUEST: row(
    Rsc.TARGET_NOT_REACHABLE,
    "the registree takes no requests (requestReachability is false); nothing was sent",
  ),
  GW_ONLY_NOTIFY_TO_AE: row(
    Rsc.OPERATION_NOT_ALLOWED,
    "only Notify can be sent to an AE; address its resource at the CSE instead",
  ),
  GW_LINK_BUSY: row(
    Rsc.TARGET_NOT_REACHABLE,
    "the registree has too many requests waiting; nothing was sent",
  ),
  GW_NOT_SENT_IN_TIME: row(
    Rsc.TARGET_NOT_REACHABLE,
    "the time for this request passed while it waited for its turn; nothing was sent",
  ),
  GW_HOLD_FULL: row(
    Rsc.TARGET_NOT_REACHABLE,
    "too much is held for the registree already; nothing was sent",
  ),
  GW_HOLD_FAILED: row(
    Rsc.TARGET_NOT_REACHABLE,
    "the registree is away and the gateway cannot store anything now; nothing was sent",
  ),
  GW_SUPERSEDED: row(
    Rsc.TARGET_NOT_REACHABLE,
    "a later request of event category latest took its place; nothing was sent",
  ),
  GW_DROPPED: row(
    Rsc.TARGET_NOT_REACHABLE,
    "an operator of the gateway dropped it while it waited for the registree",
  ),
  GW_EVICTED: row(
    Rsc.TARGET_NOT_REACHABLE,
    "it made room for a request of higher storage priority; nothing was sent",
  ),
  GW_ORIGINATOR_GONE: row(Rsc.TARGET_NOT_REACHABLE, "the originator did not wait for the answer"),
  GW_REQUEST_EXPIRED: row(
    Rsc.REQUEST_TIMEOUT,
    "the expiration timestamp of the request has passed",
  ),
  GW_NO_ANSWER: row(
    Rsc.REQUEST_TIMEOUT,
    "the registree did not answer in time; it may have executed the request",
  ),
  GW_LINK_LOST: row(
    Rsc.REQUEST_TIMEOUT,
    "the registree's connection closed before it answered; it may have executed the request",
  ),
  GW_ORIGINATOR_MISSING: row(Rsc.BAD_REQUEST, "the originator (fr, X-M2M-Origin) is missing"),
  GW_ORIGINATOR_UNKNOWN: row(
    Rsc.ORIGINATOR_NOT_AUTHENTICATED,
    "the originator is not registered; register first",
  ),
  GW_ORIGINATOR_NOT_YOURS: row(
    Rsc.ORIGINATOR_NOT_AUTHENTICATED,
    "this connection may not speak for that originator",
  ),
  GW_CREDENTIALS_NEEDED: row(
    Rsc.ORIGINATOR_NOT_AUTHENTICATED,
    "credentials are needed here: a client certificate, a pre-shared key or Authorization",
  ),
  GW_CREDENTIALS_REFUSED: row(
    Rsc.ORIGINATOR_NOT_AUTHENTICATED,
    "these credentials are not valid here",
  ),
  GW_NOT_PERMITTED: row(
    Rsc.ORIGINATOR_HAS_NO_PRIVILEGE,
    "no rule of this gateway permits this originator the request",
  ),
  GW_IDENTITY_TAKEN: row(
    Rsc.ORIGINATOR_NOT_AUTHENTICATED,
    "another connection holds this identity and is alive",
  ),
  GW_CSE_NEEDS_TLS: row(
    Rsc.SECURITY_ASSOCIATION_REQUIRED,
    "a CSE must come over TLS and with credentials of its own (ws.allowCseOnPlain is the laboratory switch)",
  ),
  GW_CSE_UNREACHABLE: row(Rsc.TARGET_NOT_REACHABLE, "the CSE cannot be reached; nothing was sent"),
  GW_CSE_NO_ANSWER: row(
    Rsc.REQUEST_TIMEOUT,
    "the CSE did not answer in time; it may have executed the request",
  ),
  GW_CSE_CONNECTION_LOST: row(
    Rsc.REQUEST_TIMEOUT,
    "the connection to the CSE broke before it answered; it may have executed the request",
  ),
  GW_CSE_ANSWER_UNREADABLE: row(
    Rsc.TARGET_NOT_REACHABLE,
    "the CSE's answer is not a oneM2M response",
  ),
  GW_CSE_BUSY: row(
    Rsc.TARGET_NOT_REACHABLE,
    "too many requests wait for the CSE; nothing was sent",
  ),
  GW_NO_CSE: row(
    Rsc.NOT_IMPLEMENTED,
    "this gateway runs standalone and knows registrations only; this request needs a CSE behind it",
  ),
  GW_REQUEST_UNKNOWN: row(
    Rsc.NOT_FOUND,
    "there is no such <request>; its result is kept for a while only",
  ),
  GW_REQUEST_NOT_CHANGED: row(
    Rsc.OPERATION_NOT_ALLOWED,
    "a <request> of the gateway can be retrieved and deleted only",
  ),
  GW_REQUEST_OF_ANOTHER: row(
    Rsc.ORIGINATOR_HAS_NO_PRIVILEGE,
    "a <request> is for the originator of its request only",
  ),
  GW_REQUEST_ON_ITS_WAY: row(
    Rsc.UNABLE_TO_RECALL_REQUEST,
    "the request has been sent to the registree and cannot be taken back",
  ),
  GW_TOO_MANY_TARGETS: row(
    Rsc.TARGET_NOT_REACHABLE,
    "the registree has named too many notification targets in its own network; nothing was sent",
  ),
  GW_OVERLOADED: row(Rsc.TARGET_NOT_REACHABLE, "the gateway is at its limit; try again later"),
  GW_TOO_MANY_REGISTREES: row(
    Rsc.TARGET_NOT_REACHABLE,
    "this gateway serves as many registrees as it takes; nothing was sent",
  ),
  GW_TOO_FAST: row(
    Rsc.TARGET_NOT_REACHABLE,
    "this peer has sent as much as it may for now; nothing was sent, try again later",
  ),
  GW_TOO_MANY_CONNECTIONS: row(
    Rsc.TARGET_NOT_REACHABLE,
    "this address has as many connections as it may; nothing was sent, try again later",
  ),
  GW_DRAINING: row(Rsc.TARGET_NOT_REACHABLE, "the gateway is shutting down; try again later"),
  GW_STORE_FAILED: row(Rsc.INTERNAL_SERVER_ERROR, "the gateway cannot use its state"),
  GW_INTERNAL: row(Rsc.INTERNAL_SERVER_ERROR, "the gateway failed on this request"),
} as const;

export type FailureCode = keyof typeof FAILURES;

/**
 * The only error this program throws on purpose.
 *
 * @param about what was wrong with this very request, in words for its originator; a `cause` stays inside
 */
export class GatewayError extends Error {
  readonly code: FailureCode;
  readonly rsc: number;

  constructor(code: FailureCode, about?: string | { detail?: string; cause: unknown }) {
    const { text, rsc } = FAILURES[code];
    const { detail, cause } =
      typeof about === "object" ? about : { detail: about, cause: undefined };
    super(
      detail === undefined ? text : `${text}: ${sayable(detail)}`,
      cause === undefined ? {} : { cause },
    );
    this.name = "GatewayError";
    this.code = code;
    this.rsc = rsc;
  }
}

/** Whether it tells an originator that nothing was ever sent to a registree, so that repeating is safe. */
export const saysUnsent = (error: unknown): boolean =>
  error instanceof GatewayError && error.rsc === Rsc.TARGET_NOT_REACHABLE;

function row(rsc: number, text: string): FailureRow {
  return { rsc, text };
}

/** Longer details only repeat what a peer has sent. */
const LONGEST_DETAIL = 500;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that XML cannot hold
const UNSAYABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

/** Details quote peers: whatever these wrote, the sentence must go into every serialization. */
const sayable = (detail: string): string =>
  detail.slice(0, LONGEST_DETAIL).replace(UNSAYABLE, "\ufffd");
