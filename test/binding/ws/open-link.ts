import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { later, millis } from "../../../src/base/clock.ts";
import { Corks } from "../../../src/binding/ws/corks.ts";
import { WsLink } from "../../../src/binding/ws/link.ts";
import type { LinkLimits } from "../../../src/binding/ws/link-options.ts";
import { LinkTraces } from "../../../src/binding/ws/link-traces.ts";
import { jsonCodec } from "../../../src/codec/json/json.ts";
import type { Link, LinkHost, Observer } from "../../../src/core/ports.ts";
import { firstDialect } from "../../../src/dialect/dialect.ts";
import type { EntityId } from "../../../src/primitive/identifiers.ts";
import {
  NOTHING_CARRIED,
  type RequestPrimitive,
  type ResponsePrimitive,
  requestId,
  targetId,
} from "../../../src/primitive/primitive.ts";
import { respond } from "../../../src/primitive/respond.ts";
import {
  connectRegistree,
  type Registree,
  type RegistreeOptions,
} from "../../helpers/fake-registree.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";
import { silentObserver } from "../../helpers/silent-observer.ts";

/** The core, as far as a link sees it: it remembers what it was told and answers as told. */
export class ScriptedHost implements LinkHost {
  readonly received: RequestPrimitive[] = [];
  readonly closings: Link[] = [];
  /** Those whose answer found the link closed. */
  readonly unansweredRequests: RequestPrimitive[] = [];
  /** The host answers 2000 unless a test replaces this. */
  answer: (request: RequestPrimitive) => Promise<ResponsePrimitive | undefined> = (request) =>
    Promise.resolve(respond(request, 2000));

  opened(): void {}

  receive(request: RequestPrimitive): Promise<ResponsePrimitive | undefined> {
    this.received.push(request);
    return this.answer(request);
  }

  unanswered(request: RequestPrimitive): void {
    this.unansweredRequests.push(request);
  }

  speakerOn(): undefined {
    return undefined;
  }

  closed(link: Link): void {
    this.closings.push(link);
  }
}

export interface OpenLink {
  readonly link: WsLink;
  readonly host: ScriptedHost;
  readonly clock: ManualClock;
  /** The other end, a real WebSocket. */
  readonly peer: Registree;
  /** The gateway's end, for waiting until something has arrived there. */
  readonly socket: WebSocket;
}

export interface OpenLinkOptions {
  readonly limits?: Partial<LinkLimits>;
  readonly clock?: ManualClock;
  readonly observer?: Partial<Observer>;
  readonly peer?: RegistreeOptions;
}

/** A link on a real socket with a scripted core on one side and a scripted registree on the other. */
export async function openLink(options: OpenLinkOptions = {}): Promise<OpenLink> {
  const { clock = new ManualClock(), limits = {}, observer = {}, peer: peerOptions = {} } = options;
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, "connection") as Promise<[WebSocket, IncomingMessage]>;
  const peer = await connectRegistree(`ws://127.0.0.1:${port}`, peerOptions);
  const [socket, request] = await accepted;
  const host = new ScriptedHost();
  const link = new WsLink(socket, request.socket, {
    id: "l1",
    codec: jsonCodec,
    owesNulls: () => false,
    dialect: firstDialect({ serialization: "json", wrapsFirst: false }),
    lenient: true,
    trusted: false,
    secured: false,
    limits: {
      window: 64,
      queue: 1024,
      maxBuffered: 4_194_304,
      pingAfter: millis(25_000),
      pongWithin: millis(10_000),
      drain: millis(10_000),
      ...limits,
    },
    corks: new Corks(),
    traces: new LinkTraces(undefined, false),
    clock,
    observer: silentObserver(observer),
    host,
  });
  return { link, host, clock, peer, socket };
}

export const AE1 = "/id-in/CAE1" as EntityId;
export const AE2 = "/id-in/CAE2" as EntityId;

/** A Retrieve, which a repeated identifier makes a duplicate; give `operation: "notify"` for one that is never refused. */
export function requestOf(
  rqi: string,
  parts: Partial<Omit<RequestPrimitive, "requestIdentifier">> = {},
): RequestPrimitive {
  return {
    kind: "request",
    operation: "retrieve",
    to: targetId("CAE1"),
    from: "/id-in",
    requestIdentifier: requestId(rqi),
    resourceType: undefined,
    releaseVersion: "3",
    content: undefined,
    carried: NOTHING_CARRIED,
    ...parts,
  };
}

/** Sends `request` on the link with `wait` ms to go. */
export function deliver(
  { link, clock }: OpenLink,
  request: RequestPrimitive,
  { wait = 8_000, registree = AE1 }: { wait?: number; registree?: EntityId } = {},
): Promise<ResponsePrimitive> {
  const answer = link.deliver(request, later(clock.now(), millis(wait)), registree);
  // A test looks at it later; until then its failure is nobody's.
  answer.catch(() => {});
  return answer;
}

/** Resolves when all that the peer has sent so far has been read by the link. */
export async function settled({ peer, socket }: OpenLink): Promise<void> {
  const read = once(socket, "ping");
  peer.socket.ping();
  await read;
}

/** Resolves when the peer has read all that the link has sent so far. */
export async function flushed({ peer, socket }: OpenLink): Promise<void> {
  const read = once(peer.socket, "ping");
  socket.ping();
  await read;
}
