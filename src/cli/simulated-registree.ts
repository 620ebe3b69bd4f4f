import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import { type Clock, later, type Millis, millis } from "../base/clock.ts";
import { Rsc } from "../base/response-status-code.ts";
import { accessHint, type ClientAccess } from "./client-access.ts";
import {
  assignedId,
  gistOf,
  lineOf,
  type Message,
  messageOf,
  shortened,
  wantsAnswer,
} from "./message.ts";

export interface SimulatedRegistreeOptions {
  /** AE-ID-Stem, also the resource name. */
  readonly ae: string;
  readonly url: string;
  /** CSEBase to register at. */
  readonly cse: string;
  /** One whose primitives are JSON. */
  readonly subprotocol: string;
  /** From a request to its answer. */
  readonly delay: Millis;
  readonly deregister: boolean;
  readonly access: ClientAccess;
  /** What it subscribes to once it is registered. */
  readonly subscribesTo?: string | undefined;
  /** Given what arrives; without it, the gist of that is printed. */
  readonly arrived?: ((request: Message) => void) | undefined;
  readonly clock: Clock;
  /** For what went as it should. */
  readonly print: (line: string) => void;
  /** For what did not. */
  readonly complain: (line: string) => void;
}

/** `unreachable`: never connected at all. `refused`: told to go, so that coming back would change nothing. */
export type SimulationEnd = "ended" | "unreachable" | "refused";

/** How far one connection came: `dropped` was open but did not get to register, `lost` did. */
type ConnectionEnd = "never-opened" | "dropped" | "lost" | "refused";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** The gateway's close code for a connection whose identity another one took over. */
const SUPERSEDED = 4001;
const PATIENCE = millis(10_000);

/**
 * A registree as it runs in the field: dials out, registers, answers what it is asked, and comes back when dropped.
 *
 * It speaks primitives in JSON by itself, without the gateway's codec: what tests a gateway shares no faults with it.
 */
export class SimulatedRegistree {
  readonly #options: SimulatedRegistreeOptions;
  #answered = 0;
  #opened = false;

  constructor(options: SimulatedRegistreeOptions) {
    this.#options = options;
  }

  /** Requests answered so far. */
  get answered(): number {
    return this.#answered;
  }

  /** Runs until `stop`, reconnecting with growing pauses. May be called once. */
  async run(stop: AbortSignal): Promise<SimulationEnd> {
    let wait = FIRST_WAIT;
    while (!stop.aborted) {
      const connection = new Connection(this.#options, stop, () => {
        this.#answered += 1;
      });
      const end = await connection.run();
      if (end === "refused") return "refused";
      if (end === "never-opened" && !this.#opened) return stop.aborted ? "ended" : "unreachable";
      this.#opened = true;
      if (end === "lost") wait = FIRST_WAIT;
      if (!stop.aborted) {
        // Many registrees that lost one gateway must not all come back in the same instant.
        await this.#pause(millis(Math.round(wait * (0.5 + Math.random() / 2))), stop);
        wait = Math.min(wait * 2, LONGEST_WAIT);
      }
    }
    return "ended";
  }

  #pause(length: Millis, stop: AbortSignal): Promise<void> {
    const { clock, ae, print } = this.#options;
    print(`${ae}: connecting again in ${length} ms`);
    return new Promise((resolve) => {
      const timer = clock.at(later(clock.now(), length), () => {
        stop.removeEventListener("abort", done);
        resolve();
      });
      const done = (): void => {
        timer.cancel();
        resolve();
      };
      stop.addEventListener("abort", done, { once: true });
    });
  }
}

/** One WebSocket of a registree, from dialling to its close. */
class Connection {
  readonly #options: SimulatedRegistreeOptions;
  readonly #stop: AbortSignal;
  readonly #onAnswered: () => void;
  readonly #socket: WebSocket;
  readonly #prefix = randomBytes(4).toString("hex");
  #end: ConnectionEnd = "never-opened";
  /** The person has been told why the handshake failed. */
  #explained = false;

  constructor(options: SimulatedRegistreeOptions, stop: AbortSignal, onAnswered: () => void) {
    this.#options = options;
    this.#stop = stop;
    this.#onAnswered = onAnswered;
    this.#socket = new WebSocket(options.url, [options.subprotocol], {
      ...options.access.secured,
      headers: { "X-M2M-Origin": options.ae, ...options.access.headers },
      handshakeTimeout: PATIENCE,
      perMessageDeflate: false,
    }).on("error", (error) => {
      // A connection that was open also says so by its close; why it never opened is said here only.
      const known = this.#explained || stop.aborted || this.#end !== "never-opened";
      if (!known) this.#complain(`${options.url}: ${error.message}`);
    });
  }

  run(): Promise<ConnectionEnd> {
    const leave = (): void => this.#leave();
    this.#stop.addEventListener("abort", leave, { once: true });
    return new Promise((resolve) => {
      this.#socket
        .on("open", () => this.#opened())
        .on("message", (data, binary) => this.#received(data.toString(), binary))
        .on("unexpected-response", (_, response) => this.#notUpgraded(response))
        .on("close", (code, reason) => {
          this.#stop.removeEventListener("abort", leave);
          this.#closed(code, reason.toString());
          resolve(this.#end);
        });
    });
  }

  #opened(): void {
    const { ae, cse, url } = this.#options;
    this.#end = "dropped";
    this.#print(`connected to ${url} (${this.#socket.protocol})`);
    this.#send("m2m:rqp", {
      op: 1,
      ty: 2,
      to: cse,
      fr: ae,
      rqi: this.#requestIdentifier("register"),
      rvi: "3",
      pc: {
        "m2m:ae": { rn: ae, api: "N.m2mgw.sim", rr: true, srv: ["3"], poa: ["ws://default"] },
      },
    });
  }

  #received(text: string, binary: boolean): void {
    const message = binary ? undefined : messageOf(text);
    if (message === undefined) this.#complain(`not a primitive in JSON: ${shortened(text)}`);
    else if ("op" in message) this.#request(message);
    else if (message["rqi"] === this.#requestIdentifier("register")) this.#registered(message);
    else if (message["rqi"] === this.#requestIdentifier("deregister")) this.#deregistered(message);
    else if (message["rqi"] === this.#requestIdentifier("subscribe")) this.#subscribed(message);
    else this.#complain(`an answer to nothing: ${shortened(text)}`);
  }

  #request(message: Message): void {
    const { clock, delay } = this.#options;
    if (this.#options.arrived !== undefined) this.#options.arrived(message);
    else this.#print(lineOf(message));
    if (!wantsAnswer(message)) return;
    const answer = (): void => {
      if (this.#socket.readyState !== WebSocket.OPEN) return;
      const { rqi, rvi = "3" } = message;
      this.#send("m2m:rsp", { rsc: Rsc.OK, rqi, rvi });
      this.#onAnswered();
    };
    if (delay === 0) answer();
    else clock.at(later(clock.now(), delay), answer);
  }

  #registered({ rsc, pc }: Message): void {
    this.#end = "lost";
    if (rsc === Rsc.CREATED) {
      this.#print(`registered as ${assignedId(pc) ?? this.#options.ae}`);
      this.#subscribe();
    } else if (rsc === Rsc.ORIGINATOR_HAS_ALREADY_REGISTERED || rsc === Rsc.CONFLICT) {
      this.#print(`was registered already (${rsc}), carrying on`);
      this.#subscribe();
    } else {
      this.#complain(`registration failed: ${rsc} ${gistOf(pc)}`);
      // 5xxx are troubles of the moment, a later try may do better; 5001 is for good.
      this.#end =
        Number(rsc) <= Rsc.NOT_IMPLEMENTED && rsc !== Rsc.INTERNAL_SERVER_ERROR
          ? "refused"
          : "dropped";
      this.#socket.close(1000);
    }
  }

  /** To its own connection, whatever way that has come (TS-0020, 6.2.1). */
  #subscribe(): void {
    const { ae, subscribesTo: to } = this.#options;
    if (to === undefined) return;
    const rqi = this.#requestIdentifier("subscribe");
    const sub = { rn: `listen-${ae}`, nu: ["ws://default"], enc: { net: [1, 2, 3, 4] }, nct: 1 };
    this.#send("m2m:rqp", { op: 1, ty: 23, to, fr: ae, rqi, rvi: "3", pc: { "m2m:sub": sub } });
  }

  #subscribed({ rsc, pc }: Message): void {
    const { subscribesTo: to } = this.#options;
    if (rsc === Rsc.CREATED) this.#print(`subscribed to ${to}`);
    else if (rsc === Rsc.CONFLICT) this.#print(`was subscribed to ${to} already`);
    else this.#complain(`the subscription to ${to} failed: ${rsc} ${gistOf(pc)}`);
  }

  #deregistered({ rsc, pc }: Message): void {
    if (rsc === Rsc.DELETED) this.#print("deregistered");
    else this.#complain(`deregistration failed: ${rsc} ${gistOf(pc)}`);
    this.#socket.close(1000);
  }

  #closed(code: number, reason: string): void {
    if (this.#end === "never-opened" || this.#stop.aborted) return;
    const why = [code, reason].join(" ").trim();
    if (code === SUPERSEDED) {
      // Coming back would only take the identity away from the other one again.
      this.#end = "refused";
      this.#complain(`another connection took over (${why})`);
    } else this.#print(`disconnected (${why})`);
  }

  #leave(): void {
    const { ae, clock, deregister } = this.#options;
    if (this.#socket.readyState !== WebSocket.OPEN || !deregister) {
      this.#socket.close(1000);
      return;
    }
    const rqi = this.#requestIdentifier("deregister");
    this.#send("m2m:rqp", { op: 4, to: ae, fr: ae, rqi, rvi: "3" });
    clock.at(later(clock.now(), PATIENCE), () => this.#socket.close(1000));
  }

  #notUpgraded(response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    if (status < 500 && status !== 429) this.#end = "refused";
    const parts: Buffer[] = [];
    response
      .on("error", (error) => this.#complain(error.message))
      .on("data", (part: Buffer) => parts.push(part))
      .on("end", () => {
        const body = shortened(Buffer.concat(parts).toString("utf8"));
        this.#explained = true;
        this.#complain(`the handshake was answered with ${status}: ${body}${accessHint(status)}`);
        this.#socket.terminate();
      });
  }

  #requestIdentifier(what: "register" | "deregister" | "subscribe"): string {
    return `${what}-${this.#prefix}`;
  }

  #send(wrapper: "m2m:rqp" | "m2m:rsp", message: Message): void {
    // Only the oldest clients wrapped their primitives, and only under this name.
    const wrapped = this.#options.subprotocol.toLowerCase() === "onem2m-pro-v1.0";
    this.#socket.send(JSON.stringify(wrapped ? { [wrapper]: message } : message));
  }

  #print(line: string): void {
    this.#options.print(`${this.#options.ae}: ${line}`);
  }

  #complain(line: string): void {
    this.#options.complain(`${this.#options.ae}: ${line}`);
  }
}
