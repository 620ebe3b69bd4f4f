import { Type } from "@sinclair/typebox";
import {
  Choice,
  Choices,
  Count,
  Duration,
  NAME,
  OptionalCseUrl,
  OptionalDuration,
  OptionalText,
  SomeTexts,
  Switch,
  Text,
  Windows,
} from "./leaf.ts";
import { clientTls } from "./tls.ts";

/** The CSE that the gateway stands for, and how it is reached: over HTTP, or as the client of TS-0020. */
export const CSE = Type.Object({
  url: OptionalCseUrl({
    absent: "none: standalone",
    example: "http://127.0.0.1:8080",
    description:
      "Base URL of the CSE behind the gateway; with ws:// or wss:// the gateway is a bridge and dials it. Without one the gateway runs standalone and answers registrations itself.",
  }),
  id: Text({
    default: "/id-in",
    pattern: `^/${NAME}$`,
    expects: "a CSE-ID in SP-relative form such as /id-in",
    description: "CSE-ID of the CSE the gateway stands for.",
  }),
  name: Text({
    default: "cse-in",
    pattern: `^${NAME}$`,
    expects: "a resource name such as cse-in",
    description: "Resource name of its CSEBase; `-` in an address stands for it.",
  }),
  spId: OptionalText({
    absent: "none",
    example: "example.org",
    pattern: "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$",
    expects: "a domain name in lower case without slashes, such as example.org",
    description:
      "M2M-SP-ID of its service provider, by which absolute addresses are known as its own.",
  }),
  originator: OptionalText({
    absent: "none",
    example: "CGateway",
    pattern: `^(//${NAME})?/?${NAME}(/${NAME})?$`,
    expects: "an AE-ID or CSE-ID such as CGateway or /id-in",
    description:
      "Originator the gateway uses when it has to ask or tell something itself; without it the features that need one are off.",
  }),
  serializations: Choices(["json", "xml", "cbor"], {
    default: ["json"],
    description:
      "What the CSE reads and writes, the best first; content in another serialization is transcoded on its way.",
  }),
  targets: Choice(["token", "originator"], {
    default: "token",
    description:
      "Over WebSocket: what stands for a notification target that only the registree's own network knows: a URL with a token, or the originator's ID, for a CSE that finds connections by AE-ID only (ACME).",
  }),
  timeout: Duration({
    default: "20s",
    minimum: "10ms",
    maximum: "1h",
    description: "How long an answer of the CSE is waited for.",
  }),
  connections: Count({
    default: 64,
    minimum: 1,
    maximum: 10_000,
    description:
      "Open connections to the CSE at most; over WebSocket with `cse.links: per-originator`, originators at a time.",
  }),
  maxInFlight: Count({
    default: 1024,
    minimum: 1,
    maximum: 1_000_000,
    description: "Requests that wait for the CSE at most; past it a request is refused with 5103.",
  }),
  links: Choice(["shared", "per-originator"], {
    default: "shared",
    description:
      "Over WebSocket: one connection for all originators, or one for each, which ACME's WebSocket server needs.",
  }),
  connect: Choice(["always", "on-demand"], {
    default: "always",
    description:
      "Over WebSocket: whether connections are opened, and opened again, before they are needed, or when there is a request to send.",
  }),
  idleClose: OptionalDuration({
    absent: "never",
    example: "5m",
    minimum: "1s",
    maximum: "7d",
    description: "Over WebSocket: how long a connection may go unused before it is closed.",
  }),
  windows: Windows({
    description:
      "Over WebSocket: when the CSE may expect the gateway, such as `[Mon-Fri 02:00-04:00, Sun 22:00-06:00]` in UTC. Outside of these times connections are closed, none is opened, and requests find no CSE; without any it is always.",
  }),
  reconnectMax: Duration({
    default: "60s",
    minimum: "1s",
    maximum: "1d",
    description:
      "Over WebSocket: the longest pause between attempts; each is drawn at random from a range that doubles up to this.",
  }),
  connectTimeout: Duration({
    default: "10s",
    minimum: "100ms",
    maximum: "10m",
    description:
      "Over WebSocket: how long an attempt may take, from the name's look-up to the handshake.",
  }),
  subprotocols: SomeTexts({
    default: ["oneM2M.json", "oneM2M.R2.0.json"],
    pattern: "^(?:[oO][nN][eE][mM]2[mM])\\.(?:[rR]2\\.0\\.)?(?:json|xml|cbor|JSON|XML|CBOR)$",
    expects: "a list of names such as oneM2M.json, oneM2M.cbor or oneM2M.R2.0.xml",
    description:
      "Over WebSocket: subprotocols that are offered, the best first; what the CSE chooses is spoken.",
  }),
  handshakeOrigin: Switch({
    default: true,
    description:
      "Over WebSocket: name the originator in the handshake (`X-M2M-Origin`): that of the connection, or `cse.originator` on a shared one.",
  }),
  window: Count({
    default: 64,
    minimum: 1,
    maximum: 65_536,
    description:
      "Over WebSocket: requests without an answer on one connection, in each direction; ACME needs 1.",
  }),
  deflate: Switch({
    default: false,
    description: "Over WebSocket: offer compression (permessage-deflate).",
  }),
  tls: clientTls("the CSE", "/etc/m2mgw/cse"),
});
