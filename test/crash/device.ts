import { setTimeout as delay } from "node:timers/promises";
import WebSocket from "ws";
import type { Message } from "../helpers/fake-registree.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import type { Journal } from "./journal.ts";
import type { Random } from "./random.ts";

export interface DeviceParts {
  /** AE-ID-Stem, or CSE-ID with its slash. */
  readonly id: string;
  readonly gateway: GatewayProcess;
  readonly journal: Journal;
  readonly random: Random;
}

/** How it answers for as long as a connection lasts; longest stay and longest absence after it, in ms. */
const MANNERS = { prompt: 8, slow: 1, silent: 1 } as const;
const STAYS = 800;
const AWAY = 500;
const SLOW = 60;
const RETRY = 20;
/** A connection that has not opened or closed by then never will. */
const SOCKET_LIMIT = 5_000;

const ANSWERS: Readonly<Record<number, number>> = { 1: 2001, 2: 2000, 3: 2004, 4: 2002, 5: 2000 };

/** A registree that comes and goes, answers or stays silent, and remembers all that it received. */
export class Device {
  readonly id: string;
  readonly #parts: DeviceParts;
  readonly #calm = new AbortController();
  #stopped = false;
  #socket: WebSocket | undefined;
  #asked = 0;

  constructor(parts: DeviceParts) {
    this.id = parts.id;
    this.#parts = parts;
  }

  get #isCse(): boolean {
    return this.id.startsWith("/");
  }

  /** Registers, once for all runs of the gateway. @throws Error when that is refused */
  async register(): Promise<void> {
    const socket = await this.#open({});
    const common = { rr: true, srv: ["3"] };
    const { rsc } = this.#isCse
      ? await this.#ask(socket, {
          op: 1,
          ty: 16,
          pc: { "m2m:csr": { csi: this.id, cb: `${this.id}/cse`, ...common } },
        })
      : await this.#ask(socket, { op: 1, ty: 2, pc: { "m2m:ae": { api: "N.crash", ...common } } });
    if (rsc !== 2001) throw new Error(`${this.id} was registered with ${rsc}`);
    socket.terminate();
  }

  /** Comes and goes until it is told to be calm, then stays until it is stopped. */
  async run(): Promise<void> {
    const { random } = this.#parts;
    while (!this.#stopped) {
      const isCalm = this.#calm.signal.aborted;
      const manner = isCalm ? "prompt" : random.pick(MANNERS);
      const [stays, away, abrupt] = [random.next(), random.next(), random.chance(0.5)];
      try {
        const socket = await this.#open(this.#isCse ? {} : { "X-M2M-Origin": this.id }, manner);
        const closed = new Promise((resolve) => socket.once("close", resolve));
        // The gateway learns who is behind a connection by the first request on it.
        if (this.#isCse) this.#send(socket, { op: 2, to: "cse-in", fr: this.id });
        await (isCalm ? closed : Promise.race([closed, this.#wait(stays * STAYS)]));
        if (abrupt) socket.terminate();
        else socket.close(1000);
        const patience = setTimeout(() => socket.terminate(), SOCKET_LIMIT);
        await closed;
        clearTimeout(patience);
        await this.#wait(away * AWAY);
      } catch {
        // Nobody listens now.
        await delay(RETRY);
      }
    }
  }

  /** From now on it is there and answers. */
  calm(): void {
    this.#calm.abort();
  }

  stop(): void {
    this.#stopped = true;
    this.#socket?.terminate();
  }

  /** @throws Error when nobody listens */
  async #open(
    headers: Readonly<Record<string, string>>,
    manner: keyof typeof MANNERS = "prompt",
  ): Promise<WebSocket> {
    const { faces } = this.#parts.gateway;
    if (faces === undefined) throw new Error("the gateway is down");
    const options = { headers, handshakeTimeout: SOCKET_LIMIT, perMessageDeflate: false };
    const socket = new WebSocket(faces.ws, ["oneM2M.json"], options);
    this.#socket = socket;
    socket.on("message", (bytes) => this.#received(socket, String(bytes), manner));
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.on("error", reject);
    });
    return socket;
  }

  #received(socket: WebSocket, text: string, manner: keyof typeof MANNERS): void {
    const { journal, random } = this.#parts;
    const message = JSON.parse(text) as Message;
    const { op, rqi = "", pc } = message;
    if (op === undefined) return;
    const result = pc?.["m2m:rsp"] as Message | undefined;
    const notification = pc?.["m2m:sgn"] as { readonly sur?: string } | undefined;
    const identifier = notification?.sur ?? rqi;
    if (result === undefined) journal.delivered(this.id, identifier, Date.now());
    else journal.told(result.rqi ?? "", result.rsc ?? 0);
    const answer = { rsc: ANSWERS[op] ?? 4000, rqi, rvi: "3" };
    const late = random.between(0, SLOW);
    if (this.#calm.signal.aborted || manner === "prompt") this.#send(socket, answer);
    else if (manner === "slow") setTimeout(() => this.#send(socket, answer), late);
  }

  #ask(socket: WebSocket, request: Message): Promise<Message> {
    return new Promise((resolve, reject) => {
      socket.once("message", (bytes) => resolve(JSON.parse(String(bytes)) as Message));
      socket.once("close", () => reject(new Error(`${this.id}: closed before it was answered`)));
      this.#send(socket, { to: "cse-in", fr: this.id, ...request });
    });
  }

  #send(socket: WebSocket, message: Message): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    this.#asked += 1;
    const request = message.op === undefined ? {} : { rqi: `${this.id}-${this.#asked}`, rvi: "3" };
    socket.send(JSON.stringify({ ...request, ...message }));
  }

  /** Shorter when it is told to be calm. */
  async #wait(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#calm.signal }).catch(() => {});
  }
}
