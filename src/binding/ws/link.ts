import type { Duplex } from "node:stream";
import type { RawData, WebSocket } from "ws";
import { type Clock, type EpochMs, later, type Millis, type Timer } from "../../base/clock.ts";
import { type FailureCode, GatewayError } from "../../base/errors.ts";
import type { Codec } from "../../codec/codec.ts";
import type { CloseReason, Link, LinkService, Observer } from "../../core/ports.ts";
import type { Dialect } from "../../dialect/dialect.ts";
import type { EntityId } from "../../primitive/identifiers.ts";
import {
  answersWithNull,
  type Primitive,
  type RequestPrimitive,
  type ResponsePrimitive,
} from "../../primitive/primitive.ts";
import { NO_REQUEST, respondFailure } from "../../primitive/respond.ts";
import { CLOSES, CloseCode, protocolFaultOf } from "./close-codes.ts";
import { Conversation, type ConversationOptions } from "./conversation.ts";
import type { Corks } from "./corks.ts";
import { Inbox } from "./inbox.ts";
import { Liveness } from "./liveness.ts";
import { Outbox } from "./outbox.ts";
import type { LineLimits } from "./waiting-line.ts";

/** A peer that keeps sending what is no primitive is shut out at this one. */
const MALFORMED_LIMIT = 10;

/** What waits in each direction is bounded; more is refused. */
export interface LinkLimits extends LineLimits {
  /** Requests in flight in each direction; more wait. */
  readonly window: number;
  /** Silence after which a ping is sent. */
  readonly pingAfter: Millis;
  /** How long its pong may take. */
  readonly pongWithin: Millis;
  /** How long a closing link waits for what is under way. */
  readonly drain: Millis;
}

export interface LinkOptions {
  readonly id: string;
  readonly codec: Codec;
  readonly owesNulls: ConversationOptions["owesNulls"];
  readonly dialect: Dialect;
  readonly lenient: boolean;
  readonly trusted: boolean;
  readonly secured: boolean;
  readonly peerAddress?: string | undefined;
  readonly limits: LinkLimits;
  /** Shared by the links of one server. */
  readonly corks: Corks;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly host: LinkService;
}

type LinkState =
  | { readonly at: "open" }
  | { readonly at: "draining"; readonly reason: CloseReason; readonly timer: Timer }
  | { readonly at: "closed" };

/** One WebSocket as a Link: messages, what waits for answers, liveness and closing. Owns the socket. */
export class WsLink implements Link {
  readonly id: string;
  readonly trusted: boolean;
  readonly secured: boolean;
  readonly peerAddress: string | undefined;
  readonly #socket: WebSocket;
  readonly #options: LinkOptions;
  readonly #transport: Duplex;
  readonly #liveness: Liveness;
  readonly #conversation: Conversation;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  #malformed = 0;
  #state: LinkState = { at: "open" };
  #closing: Timer | undefined;
  /** The close code that was sent for a fault of the peer's frames, which it does not echo. */
  #fault: number | undefined;

  /** @param transport the stream below `socket`, for writing several frames at once */
  constructor(socket: WebSocket, transport: Duplex, options: LinkOptions) {
    this.id = options.id;
    this.trusted = options.trusted;
    this.secured = options.secured;
    this.peerAddress = options.peerAddress;
    this.#socket = socket;
    this.#options = options;
    this.#conversation = new Conversation({
      codec: options.codec,
      dialect: options.dialect,
      lenient: options.lenient,
      asked: (rqi) => this.#outbox.asked(rqi),
      owesNulls: options.owesNulls,
    });
    this.#outbox = new Outbox({
      limits: options.limits,
      clock: options.clock,
      send: (request, wireId) => this.#write(request, wireId),
      isSlow: () => this.#isSlow(),
      ended: () => this.#progress(),
    });
    this.#inbox = new Inbox({
      limits: options.limits,
      clock: options.clock,
      serve: (request, arrived) => options.host.receive(request, this, arrived),
      answer: (request, response, arrived) => this.#answerServed(request, response, arrived),
      isSlow: () => this.#isSlow(),
      ended: () => this.#progress(),
      failed: (error) => options.observer.warn("a link failed", { link: this.id, error }),
    });
    this.#transport = transport;
    this.#liveness = new Liveness(options.clock, options.limits, {
      ping: (mark) => socket.ping(mark),
      dead: () => socket.terminate(),
    });
    socket.on("error", (error) => {
      this.#fault = protocolFaultOf(error);
    });
    socket.on("message", (data, isBinary) => this.#message(data, isBinary));
    socket.on("ping", () => this.#liveness.heard());
    socket.on("pong", (mark) => this.#liveness.ponged(String(mark)));
    socket.on("close", (code) => this.#closed(code));
    transport.on("drain", () => this.#progress());
  }

  get open(): boolean {
    return this.#state.at === "open" && this.#socket.readyState === this.#socket.OPEN;
  }

  deliver(
    request: RequestPrimitive,
    deadline: EpochMs,
    registree: EntityId,
  ): Promise<ResponsePrimitive> {
    if (!this.open) return Promise.reject(new GatewayError("GW_TARGET_OFFLINE"));
    return this.#outbox.deliver(request, deadline, registree);
  }

  inherit(other: Link, registree: EntityId): void {
    if (other instanceof WsLink) this.#outbox.inherit(other.#outbox, registree);
  }

  abandon(registree: EntityId): void {
    this.#outbox.abandon(registree);
  }

  answer(request: RequestPrimitive, response: ResponsePrimitive): void {
    this.#answer(response, answersWithNull(request));
  }

  probe(): Promise<boolean> {
    return this.#liveness.probe();
  }

  close(reason: CloseReason): void {
    if (this.#state.at !== "open") return;
    const { clock, limits } = this.#options;
    const timer = clock.at(later(clock.now(), limits.drain), () => this.#finish(reason));
    this.#state = { at: "draining", reason, timer };
    this.#outbox.refuseQueued();
    this.#progress();
  }

  /** Ends the connection at once; what is under way fails. */
  terminate(): void {
    this.#socket.terminate();
  }

  #write(
    primitive: Primitive,
    requestIdentifier = primitive.requestIdentifier,
    emptyIsNull = false,
  ): void {
    const { payload, binary } = this.#conversation.write(primitive, requestIdentifier, emptyIsNull);
    this.#options.corks.cork(this.#transport);
    this.#socket.send(payload, { binary });
  }

  #message(data: RawData, isBinary: boolean): void {
    this.#liveness.heard();
    // What comes behind our own Close is not for us any more (RFC 6455, 7.1.7).
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const bytes = bytesOf(data);
    const { observer } = this.#options;
    const reading = this.#conversation.read(bytes, isBinary);
    if ("malformed" in reading) {
      observer.malformed(this, reading.malformed);
      this.#malformed += 1;
      // An answer to what cannot be read at all goes out once: a peer may take it for a request and answer it in turn.
      const answerable = reading.mayAnswer && (!reading.unreadable || this.#malformed === 1);
      if (reading.unreadable && !this.#conversation.expects(isBinary)) {
        this.#socket.close(CloseCode.UNSUPPORTED_DATA, "not the opcode of the subprotocol");
      } else if (this.#malformed >= MALFORMED_LIMIT) {
        this.#socket.close(CloseCode.POLICY, "too many messages that are no primitives");
      } else if (answerable) {
        const failure = new GatewayError("GW_PRIMITIVE_MALFORMED", reading.malformed);
        const requestIdentifier = reading.requestIdentifier ?? NO_REQUEST.requestIdentifier;
        this.#answer(respondFailure({ ...NO_REQUEST, requestIdentifier }, failure));
      }
      return;
    }
    const { primitive } = reading;
    if (primitive.kind === "response") {
      if (!this.#outbox.settle(primitive)) observer.unmatched(this);
      return;
    }
    this.#request(primitive, bytes.length);
  }

  #request(request: RequestPrimitive, bytes: number): void {
    if (this.#state.at !== "open") this.#refuse(request, "GW_DRAINING");
    else if (!this.#inbox.take(request, bytes)) this.#refuse(request, "GW_OVERLOADED");
  }

  #refuse(request: RequestPrimitive, code: FailureCode): void {
    this.#options.observer.refused(code);
    if (this.#isSlow()) {
      // It asks and asks and does not read what it is answered; another answer would only add to the heap.
      this.#socket.close(CloseCode.POLICY, "reads too slowly");
      return;
    }
    this.#answer(respondFailure(request, new GatewayError(code)));
  }

  /** More waits to be read by the peer than it is granted. */
  #isSlow(): boolean {
    return this.#socket.bufferedAmount > this.#options.limits.maxBuffered;
  }

  #answerServed(request: RequestPrimitive, response: ResponsePrimitive, arrived: EpochMs): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.answer(request, response);
    else this.#options.host.unanswered(request, response, arrived);
  }

  /** A result that the peer's serialization cannot say must not leave it without an answer. Never throws. */
  #answer(response: ResponsePrimitive, emptyIsNull = false): void {
    try {
      this.#write(response, response.requestIdentifier, emptyIsNull);
    } catch (cause) {
      const detail = cause instanceof GatewayError ? cause.message : "it cannot be written";
      const failure = new GatewayError("GW_NOT_ACCEPTABLE", { detail, cause });
      if (response.failure === undefined) this.#answer(respondFailure(response, failure));
      else
        this.#options.observer.warn("an answer cannot be written", { link: this.id, error: cause });
    }
  }

  /** After anything ended: takes up what waited, or closes when draining is done. */
  #progress(): void {
    this.#inbox.progress();
    if (this.#state.at === "draining") {
      if (this.#outbox.isIdle && this.#inbox.isIdle) this.#finish(this.#state.reason);
      return;
    }
    // While it closes nothing can be sent any more; what waits has not been, and is told so when it has closed.
    if (this.open) this.#outbox.progress();
  }

  #finish(reason: CloseReason): void {
    // A peer that still owes answers has had its time; whoever waits for them is told now.
    this.#outbox.lose();
    const { code, text } = CLOSES[reason];
    this.#socket.close(code, text);
    const { clock, limits } = this.#options;
    // Whoever leaves a Close unanswered for as long as a ping may be is gone.
    this.#closing ??= clock.at(later(clock.now(), limits.pongWithin), () => this.terminate());
  }

  #closed(code: number): void {
    if (this.#state.at === "closed") return;
    if (this.#state.at === "draining") this.#state.timer.cancel();
    this.#state = { at: "closed" };
    this.#closing?.cancel();
    this.#liveness.stop();
    // Out of routing first: nobody may be sent to a link whose requests are being failed.
    this.#options.host.closed(this);
    this.#outbox.refuseQueued();
    this.#outbox.lose();
    this.#inbox.forget();
    this.#options.observer.linkClosed(this, String(this.#fault ?? code));
  }
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
