import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { type EpochMs, later, type Timer } from "../../base/clock.ts";
import { type FailureCode, GatewayError } from "../../base/errors.ts";
import type { Malformed } from "../../codec/codec.ts";
import type { Credential } from "../../core/credential.ts";
import type { CloseReason, Link } from "../../core/ports.ts";
import type { EntityId } from "../../primitive/identifiers.ts";
import {
  answersWithNull,
  type Primitive,
  type RequestPrimitive,
  type ResponsePrimitive,
} from "../../primitive/primitive.ts";
import { NO_REQUEST, respondFailure } from "../../primitive/respond.ts";
import { CLOSES, CloseCode, protocolFaultOf } from "./close-codes.ts";
import { Conversation } from "./conversation.ts";
import { Inbox } from "./inbox.ts";
import type { LinkOptions } from "./link-options.ts";
import { Liveness } from "./liveness.ts";
import { Outbox } from "./outbox.ts";
import { Pace } from "./pace.ts";

/** A peer that keeps sending what is no primitive is shut out at this one. */
const MALFORMED_LIMIT = 10;

type LinkState =
  | { readonly at: "open" }
  | { readonly at: "draining"; readonly reason: CloseReason; readonly timer: Timer }
  | { readonly at: "closed" };

/** One WebSocket as a Link: messages, what waits for answers, liveness and closing. Owns the socket. */
export class WsLink implements Link {
  readonly id: string;
  /** Set anew when other rules hold. */
  trusted: boolean;
  readonly secured: boolean;
  readonly credential: Credential | undefined;
  readonly peerAddress: string | undefined;
  readonly otherEnd: string | undefined;
  readonly #socket: WebSocket;
  readonly #options: LinkOptions;
  readonly #transport: Duplex;
  readonly #liveness: Liveness;
  readonly #conversation: Conversation;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #pace: Pace;
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
    this.credential = options.credential;
    this.peerAddress = options.peerAddress;
    this.otherEnd = options.otherEnd;
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
      send: (request, wireId) => this.#write(options.traces.said(request), wireId),
      isSlow: () => this.#pace.isSlow(),
      waited: (seconds) => options.observer.spent("queue", seconds),
      ended: () => this.#progress(),
    });
    this.#inbox = new Inbox({
      limits: options.limits,
      clock: options.clock,
      serve: (request, arrived) =>
        options.traces.served(request, options.host.receive(request, this, arrived)),
      answer: (request, response, arrived) => this.#answerServed(request, response, arrived),
      isSlow: () => this.#pace.isSlow(),
      ended: () => this.#progress(),
      failed: (error) => options.observer.warn("a link failed", { link: this.id, error }),
    });
    this.#transport = transport;
    this.#liveness = new Liveness(options.clock, options.limits, {
      ping: (mark) => socket.ping(mark),
      dead: () => socket.terminate(),
    });
    this.#pace = new Pace(socket, options, {
      deaf: () => this.#liveness.heard(),
      tooSlow: () => this.#end(CloseCode.POLICY, "reads too slowly"),
    });
    socket.on("error", (error) => {
      this.#fault = protocolFaultOf(error);
    });
    // ws gives a Buffer unless its binaryType is set.
    socket.on("message", (data, isBinary) => this.#message(data as Buffer, isBinary));
    socket.on("ping", (data) => {
      this.#liveness.heard();
      this.#pace.pinged(data.length);
    });
    socket.on("pong", (mark) => this.#liveness.ponged(String(mark)));
    socket.on("close", (code) => this.#closed(code));
    transport.on("drain", () => this.#progress());
  }

  get subprotocol(): string {
    return this.#socket.protocol;
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
    const on = { link: this.id, registree };
    return this.#options.traces.delivered(request, on, (under) =>
      this.#outbox.deliver(under, deadline, registree),
    );
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

  #message(bytes: Buffer, isBinary: boolean): void {
    this.#liveness.heard();
    // What comes behind our own Close is not for us any more (RFC 6455, 7.1.7).
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const reading = this.#conversation.read(bytes, isBinary);
    if ("malformed" in reading) {
      this.#pace.count(1, bytes.length);
      this.#notUnderstood(reading, isBinary);
    } else if (reading.primitive.kind === "response") {
      // It was asked for: only its bytes count.
      this.#pace.count(0, bytes.length);
      if (!this.#outbox.settle(reading.primitive)) this.#options.observer.unmatched(this);
    } else {
      this.#pace.count(1, bytes.length);
      this.#request(reading.primitive, bytes.length);
    }
  }

  #notUnderstood(reading: Malformed, isBinary: boolean): void {
    this.#options.observer.malformed(this, reading.malformed);
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
  }

  #request(request: RequestPrimitive, bytes: number): void {
    if (this.#state.at !== "open") this.#refuse(request, "GW_DRAINING");
    else if (this.#options.guard?.isOverloaded() === true) this.#shed(request);
    else {
      const { traces } = this.#options;
      const heard = traces.heard(request, this.id);
      if (this.#inbox.take(heard, bytes)) return;
      traces.refused(heard, "GW_OVERLOADED");
      this.#refuse(heard, "GW_OVERLOADED");
    }
  }

  /** Who is known is told to come again; finding out who else it is would be new work by itself. */
  #shed(request: RequestPrimitive): void {
    this.#options.observer.limitReached("event-loop");
    if (this.#options.guard?.isKnown() === true) this.#refuse(request, "GW_OVERLOADED");
    else this.close("overloaded");
  }

  #refuse(request: RequestPrimitive, code: FailureCode): void {
    this.#options.observer.refused(code);
    if (this.#pace.isSlow()) {
      // It asks and asks and does not read what it is answered; another answer would only add to the heap.
      this.#pace.giveUp();
      return;
    }
    this.#answer(respondFailure(request, new GatewayError(code)));
  }

  #answerServed(request: RequestPrimitive, response: ResponsePrimitive, arrived: EpochMs): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.answer(request, response);
    else this.#options.host.unanswered(request, response, arrived);
  }

  /** A result that the peer's serialization cannot say must not leave it without an answer. Never throws. */
  #answer(response: ResponsePrimitive, emptyIsNull = false): void {
    const started = performance.now();
    try {
      this.#write(response, response.requestIdentifier, emptyIsNull);
      this.#options.observer.spent("answer", (performance.now() - started) / 1000);
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
    this.#end(code, text);
  }

  #end(code: number, text: string): void {
    // Its Close must be read.
    this.#pace.letGo();
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
    this.#pace.stop();
    // Out of routing first: nobody may be sent to a link whose requests are being failed.
    this.#options.host.closed(this);
    this.#outbox.refuseQueued();
    this.#outbox.lose();
    const { observer, traces } = this.#options;
    for (const request of this.#inbox.forget()) traces.refused(request, "GW_ORIGINATOR_GONE");
    observer.linkClosed(this, String(this.#fault ?? code));
  }
}
