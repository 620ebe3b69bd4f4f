import { Type } from "@sinclair/typebox";
import {
  Choice,
  Count,
  Duration,
  Listen,
  NAME,
  Networks,
  OptionalText,
  OptionalUrl,
  Size,
  Switch,
  Text,
  Texts,
} from "./leaf.ts";
import { LISTENER_TLS } from "./tls.ts";

const INSECURE =
  "Allows this listener to leave loopback without TLS: everything travels in the clear and no peer is authenticated.";

export const HTTP = Type.Object({
  listen: Listen({ default: "127.0.0.1:8088", description: "Where the HTTP binding listens." }),
  advertise: OptionalUrl({
    absent: "the listener's own URL",
    example: "http://gateway.example.org:8088",
    description:
      "URL under which the CSE reaches this gateway; required when `cse.url` is not on loopback.",
  }),
  prefix: Text({
    default: "/poa",
    pattern: `^(/${NAME})+$`,
    expects: "an absolute path without a slash at its end, such as /poa",
    description: "Path below which the gateway's points of access lie, `<prefix>/<token>`.",
  }),
  poaNetworks: Networks({
    description:
      "Networks from which points of access may be called, such as the CSE's; an empty list admits all who know a token.",
  }),
  poaCredentials: Texts({
    pattern: "^\\S+$",
    expects: "a list of credentials such as certificate:cse.example.org",
    description:
      "Credentials of which one is needed besides to call a point of access; an empty list asks for none.",
  }),
  maxBody: Size({
    default: "1MiB",
    minimum: "64B",
    maximum: "1GiB",
    description:
      "Largest body of a request, also of one that passes through to the CSE; a larger one is answered with 413.",
  }),
  maxConnections: Count({
    default: 10_000,
    minimum: 1,
    maximum: 1_000_000,
    description:
      "Open connections at most; past it the first few are answered with 503, more are cut. On a port shared with WebSocket both limits together count.",
  }),
  disposition: Switch({
    default: true,
    description: "Says in `X-M2MGW-Disposition` what became of a request for a registree.",
  }),
  laterHeaders: Switch({
    default: false,
    description:
      "Carries `prpi`, `omr` and `msu` of later releases in `X-M2M-PRPI`, `X-M2M-OMR` and `X-M2M-MSU` (also read as `X-M2M-USER`), which no release of TS-0009 at hand confirms.",
  }),
  releaseVersion: Text({
    default: "1",
    pattern: "^[1-9][a-z]?$",
    expects: 'a release version in quotes, such as "2a" or "3"',
    description: "Release version that is assumed where X-M2M-RVI is missing.",
  }),
  tls: LISTENER_TLS,
  insecure: Switch({ default: false, description: INSECURE }),
});

export const WS = Type.Object({
  listen: Listen({
    default: "127.0.0.1:8180",
    description:
      "Where the WebSocket binding listens; the same as `http.listen` puts both on one port.",
  }),
  lenient: Switch({
    default: true,
    description: "Reads common deviations of peers from TS-0020 and answers in the peer's own way.",
  }),
  allowCseOnPlain: Switch({
    default: false,
    description:
      "Laboratory switch: lets a CSE register over a connection without TLS; otherwise it is answered with 4107.",
  }),
  proV1: Switch({
    default: false,
    description: "Accepts the subprotocol name `oneM2M-pro-v1.0` of older clients too.",
  }),
  traceContext: Switch({
    default: false,
    description:
      "Hands the trace of a request on in its Vendor Information (`vsi`), and takes it from there: for two gateways on one connection, or registrees that trace.",
  }),
  deflate: Switch({
    default: false,
    description: "Accepts permessage-deflate; it costs much CPU and memory per connection.",
  }),
  maxMessage: Size({
    default: "1MiB",
    minimum: "64B",
    maximum: "1GiB",
    description: "Largest message; a larger one closes its connection with 1009.",
  }),
  maxConnections: Count({
    default: 10_000,
    minimum: 1,
    maximum: 1_000_000,
    description: "Open connections at most; past it a handshake is refused with 503.",
  }),
  window: Count({
    default: 64,
    minimum: 1,
    maximum: 65_535,
    description:
      "Requests under way on one connection in each direction. One registree or originator alone may have all of them; of several, none more than it leaves free. While one that was alone has them all, the others have half as many again.",
  }),
  queue: Count({
    default: 1024,
    minimum: 0,
    maximum: 1_000_000,
    description:
      "Requests that wait for a place in the window of one connection, shared like the window; past it they are refused with 5103.",
  }),
  maxBuffered: Size({
    default: "4MiB",
    minimum: "64B",
    maximum: "4GiB",
    description:
      "Bytes that wait on one connection in each direction; past it requests wait, then are refused with 5103, and a peer that sends without reading is closed with 1008.",
  }),
  pingAfter: Duration({
    default: "25s",
    minimum: "10ms",
    maximum: "1h",
    description: "How long a connection may be silent before it is pinged.",
  }),
  pongWithin: Duration({
    default: "10s",
    minimum: "10ms",
    maximum: "1h",
    description: "How long the pong may take before the connection counts as gone.",
  }),
  unboundTimeout: Duration({
    default: "30s",
    minimum: "10ms",
    maximum: "1h",
    description: "How long a connection may stay open before it is known who is behind it.",
  }),
  trustOrigin: Choice(["auto", "always", "never"], {
    default: "auto",
    description:
      "Whose X-M2M-Origin in the handshake is believed. `auto`: a loopback peer's on a loopback listener without Forwarded headers, and a peer's in `ws.trustedNetworks`.",
  }),
  trustedNetworks: Networks({
    description: "Networks whose peers are believed who they say they are, under `auto`.",
  }),
  hosts: Texts({
    pattern: "^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(:\\d{1,5})?$",
    expects: "a list of Host values such as gateway.example.org:8180",
    description: "Host values that are served, others get 421; an empty list serves all.",
  }),
  origins: Texts({
    pattern: "^([a-z][a-z0-9+.-]*://[^/\\s]+|null)$",
    expects: "a list of origins such as https://app.example.org",
    description:
      "Origins of web pages that may connect, others get 403; with an empty list no page may. Clients that are no browsers send none.",
  }),
  tls: Type.Object({
    ...LISTENER_TLS.properties,
    pskOnly: Switch({
      default: false,
      description:
        "Turns TLS on without a certificate: only clients with a pre-shared key of `credentials.file` get a connection (TS-0003, 8.2.2.1).",
    }),
  }),
  insecure: Switch({ default: false, description: INSECURE }),
});

export const ADMIN = Type.Object({
  listen: Listen({
    default: "127.0.0.1:9180",
    description: "Where health, readiness and metrics are served, and the API of operators.",
  }),
  tokenFile: OptionalText({
    absent: "no token is asked for on loopback; elsewhere only certificates open the API",
    example: "/etc/m2mgw/admin-token",
    pattern: "\\S",
    expects: "the path of a file",
    description:
      "File with the token that the API asks for (`Authorization: Bearer`), 16 characters or more; beyond loopback it needs that, or client certificates. It is read again on a reload.",
  }),
  primitives: Count({
    default: 10_000,
    minimum: 0,
    maximum: 100_000,
    description:
      "Request primitives that the API can tell the story of (`m2mgw why`): the latest, as far as 1 KiB for each reaches; 0 remembers none.",
  }),
  tls: LISTENER_TLS,
  insecure: Switch({ default: false, description: INSECURE }),
});
