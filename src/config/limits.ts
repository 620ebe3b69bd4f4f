import { Type } from "@sinclair/typebox";
import { Count, Duration, Networks, Size } from "./leaf.ts";

/** What strangers and registrees are granted, beside the limits of each face and of what is held. */
export const LIMITS = Type.Object({
  exempt: Networks({
    default: ["127.0.0.0/8", "::1"],
    description:
      "Networks whose addresses are not limited one by one, since many stand behind each: reverse proxies, NATs, a CSE; the totals hold for them too.",
  }),
  connectionsPerAddress: Count({
    default: 1000,
    minimum: 1,
    maximum: 1_000_000,
    description:
      "Connections of one address (IPv6: one /64) at both faces together; past it the first few are told 429, more are cut.",
  }),
  connectionsPerCredential: Count({
    default: 1000,
    minimum: 1,
    maximum: 1_000_000,
    description: "WebSockets with one credential; past it a new one is closed with 1008.",
  }),
  handshakes: Count({
    default: 500,
    minimum: 1,
    maximum: 1_000_000,
    description:
      "WebSocket and TLS handshakes per second; past it the first are refused with 503, the others cut.",
  }),
  handshakesPerAddress: Count({
    default: 20,
    minimum: 1,
    maximum: 1_000_000,
    description: "The same of one address (IPv6: one /64), refused with 429.",
  }),
  primitives: Count({
    default: 2000,
    minimum: 1,
    maximum: 10_000_000,
    description:
      "Requests per second of one credential, else of one registree's WebSocket, else of one address; past it no more is read from a WebSocket for a while, and a request over HTTP is refused with 429.",
  }),
  bytes: Size({
    default: "16MiB",
    minimum: "64B",
    maximum: "64GiB",
    description: "Bytes of messages and bodies per second, counted and refused in the same way.",
  }),
  burst: Duration({
    default: "5s",
    minimum: "1ms",
    maximum: "1h",
    description:
      "What may come at once after a silence: as much as each limit per second lets through in this time.",
  }),
  inFlight: Count({
    default: 10_000,
    minimum: 1,
    maximum: 10_000_000,
    description:
      "Exchanges under way in both directions together; past it a request is refused with 503 and 5103.",
  }),
  pipelined: Count({
    default: 8,
    minimum: 1,
    maximum: 10_000,
    description:
      "The same on one HTTP connection, whose client sends the next request before it has the answer; past it one is refused with 503, and the connection ends with its answers.",
  }),
  headTimeout: Duration({
    default: "10s",
    minimum: "10ms",
    maximum: "1h",
    description:
      "How long the head of a request or handshake may take to come; then 408, and the connection is closed.",
  }),
  bodyTimeout: Duration({
    default: "30s",
    minimum: "10ms",
    maximum: "1h",
    description: "The same of the body of a request that is not passed through.",
  }),
  requestTimeout: Duration({
    default: "5m",
    minimum: "10ms",
    maximum: "1d",
    description: "The same of any whole request, the longest upload included.",
  }),
  tlsTimeout: Duration({
    default: "10s",
    minimum: "10ms",
    maximum: "1h",
    description: "How long a TLS handshake may take; then it is cut.",
  }),
  writeTimeout: Duration({
    default: "30s",
    minimum: "10ms",
    maximum: "1h",
    description:
      "How long a peer may take to read the end of an HTTP response, or leave more than `ws.maxBuffered` unread on a WebSocket; then it is closed.",
  }),
  headSize: Size({
    default: "16KiB",
    minimum: "1KiB",
    maximum: "1MiB",
    description: "Largest head of a request or handshake; a larger one is answered with 431.",
  }),
  headerFields: Count({
    default: 100,
    minimum: 20,
    maximum: 1000,
    description: "Header fields of one; more are answered with 431.",
  }),
  targetSize: Size({
    default: "8KiB",
    minimum: "64B",
    maximum: "1MiB",
    description: "Longest request-target; a longer one is answered with 414.",
  }),
  nesting: Count({
    default: 64,
    minimum: 8,
    maximum: 256,
    description: "How deep JSON, XML and CBOR may be nested; deeper is answered with 4000.",
  }),
  registrees: Count({
    default: 100_000,
    minimum: 1,
    maximum: 100_000_000,
    description: "Registrees at most; past it another one is refused with 503 and 5103.",
  }),
  points: Count({
    default: 16,
    minimum: 1,
    maximum: 1000,
    description: "Entries of one `poa`; more are answered with 4000.",
  }),
  targets: Count({
    default: 1000,
    minimum: 1,
    maximum: 1_000_000,
    description:
      "Notification targets of one registree's own network that a bridge keeps names for; more are answered with 5103.",
  }),
  watchers: Count({
    default: 64,
    minimum: 1,
    maximum: 10_000,
    description:
      "Connections on which operators watch events (console, `m2mgw trace`), each with 1 MiB unread at most; past it another one is refused with 503.",
  }),
  traces: Count({
    default: 16,
    minimum: 1,
    maximum: 1000,
    description:
      "Traces of registrees at a time (console, `m2mgw trace`); past it another one is refused with 503.",
  }),
  eventLoopDelay: Duration({
    default: "500ms",
    minimum: "10ms",
    maximum: "1m",
    description:
      "How late the event loop may be; past it new requests and handshakes are refused with 503 and 5103 (1013 on a WebSocket of nobody known), until it is below half of this.",
  }),
});
