import { setTimeout as delay } from "node:timers/promises";
import { epochMs } from "../../src/base/clock.ts";
import { formatTimestamp } from "../../src/primitive/timestamps.ts";
import type { GatewayProcess } from "./gateway-process.ts";
import { type Call, HttpConnection, type Outcome } from "./http-exchange.ts";
import type { Journal, Operation, Sent } from "./journal.ts";
import type { Random } from "./random.ts";

export interface OriginatorParts {
  /** What its Request Identifiers begin with. */
  readonly id: string;
  /** Of whom it asks everything: AE-ID-Stem or CSE-ID. */
  readonly registree: string;
  readonly gateway: GatewayProcess;
  readonly journal: Journal;
  readonly random: Random;
}

/** From whom all requests come: an AE, which is told results as any other is told news. */
export const ORIGIN = "Cboss";

/** How often which kind of request goes to an AE, and to a CSE. */
const TO_AE = { plain: 16, "plain rt 5": 2, "plain rt 2": 2 } as const;
const TO_CSE: Readonly<Record<`${Operation} rt ${0 | 1 | 2}`, number>> = {
  "create rt 0": 1,
  "create rt 1": 4,
  "create rt 2": 4,
  "update rt 0": 1,
  "update rt 1": 3,
  "update rt 2": 3,
  "delete rt 0": 1,
  "delete rt 1": 3,
  "delete rt 2": 3,
  "retrieve rt 0": 1,
  "retrieve rt 1": 3,
  "retrieve rt 2": 3,
  "notify rt 0": 3,
  "notify rt 1": 0,
  "notify rt 2": 1,
};
/** One in so many names an expiration of its own, so many ms ahead; a few name one that lies beyond the end. */
const EXPIRES = 0.3;
const [SOONEST, LATEST] = [30, 1_500];
const FAR = 3_600_000;
/** Longest pause between two, in ms. */
const PAUSE = { ae: 12, cse: 40 } as const;
const RETRY = 20;

const METHODS = {
  create: "POST",
  retrieve: "GET",
  update: "PUT",
  delete: "DELETE",
  notify: "POST",
} as const;
const BODIES: Readonly<Partial<Record<Operation, string>>> = {
  create: '{"m2m:cnt":{"mni":5}}',
  update: '{"m2m:cnt":{"mni":6}}',
  notify: '{"m2m:sgn":{"nev":{"rep":{"m2m:cin":{"con":"21.5"}},"net":3},"sur":"IDENTIFIER"}}',
};

/** Sends one registree one request after the other, each when the one before is answered or given up. */
export class Originator {
  readonly #parts: OriginatorParts;
  readonly #connection = new HttpConnection();
  /** `<request>` resources whose result has not been seen, oldest first. */
  readonly #open: { readonly sent: Sent; readonly reference: string }[] = [];
  readonly #faults: string[] = [];
  #number = 0;
  #stopped = false;

  constructor(parts: OriginatorParts) {
    this.#parts = parts;
  }

  /** What it saw that must not be: one sentence each. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  /** How many `<request>` resources have not told a result yet. */
  get open(): number {
    return this.#open.length;
  }

  /** Sends until it is stopped; resolves when the last one is answered, or nobody listens. */
  async run(): Promise<void> {
    const { random, registree } = this.#parts;
    const pause = PAUSE[registree.startsWith("/") ? "cse" : "ae"];
    while (!this.#stopped) {
      await this.#send(this.#next());
      if (this.#open.length > 0) await this.look();
      await delay(random.between(0, pause));
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  close(): void {
    this.#connection.close();
  }

  /** Asks for the oldest `<request>` that has told no result; true when it told one. */
  async look(): Promise<boolean> {
    const [oldest] = this.#open;
    if (oldest === undefined) return false;
    const outcome = await this.#exchange({
      method: "GET",
      target: `/${oldest.reference}`,
      headers: this.#headers(`look-${this.#parts.id}`),
    });
    if (outcome.is !== "answered") return false;
    const { status, body } = outcome;
    const result = status === 200 ? JSON.parse(body)["m2m:req"].ors : undefined;
    const isGone = status === 404;
    // It may have no result yet, or the gateway may be about to end.
    if (result === undefined && !isGone) return false;
    this.#open.shift();
    const { identifier } = oldest.sent;
    if (isGone) this.#faults.push(`the <request> of ${identifier} told no result: ${body}`);
    else this.#parts.journal.told(identifier, result.rsc);
    return true;
  }

  #next(): Sent {
    const { id, random, registree } = this.#parts;
    const kind = registree.startsWith("/") ? random.pick(TO_CSE) : random.pick(TO_AE);
    const [first, , type = "0"] = kind.split(" ") as [string, string?, string?];
    const ahead = random.chance(0.1) ? FAR : random.between(SOONEST, LATEST);
    this.#number += 1;
    return {
      identifier: `${id}-${this.#number}`,
      registree,
      number: this.#number,
      operation: first === "plain" ? "notify" : (first as Operation),
      responseType: type === "0" ? undefined : (Number(type) as 1 | 2 | 5),
      expires: random.chance(EXPIRES) ? Math.floor(Date.now() + ahead) : undefined,
      times: 0,
      acknowledged: undefined,
      deliveries: 0,
      deliveredAt: undefined,
      results: [],
    };
  }

  async #send(sent: Sent): Promise<void> {
    const { journal, random } = this.#parts;
    const call = this.#callOf(sent);
    // Whoever sends a Create again may have it executed twice, and that would be the originator's doing.
    const mayRepeat = sent.operation === "notify" || sent.operation === "retrieve";
    while (!this.#stopped) {
      if (this.#parts.gateway.faces !== undefined) journal.sending(sent);
      const outcome = await this.#exchange(call);
      if (outcome.is === "answered") return this.#answered(sent, outcome);
      if (outcome.is === "unanswered") this.#faults.push(`no answer: ${sent.identifier}`);
      if (outcome.is !== "refused" && !(mayRepeat && random.chance(0.5))) return;
      await delay(RETRY);
    }
  }

  #answered(sent: Sent, { status, rsc, body }: Extract<Outcome, { is: "answered" }>): void {
    if (status === 204 && rsc === undefined) sent.acknowledged = "held";
    else if (status === 202) sent.acknowledged = "held";
    else if (status < 300) sent.acknowledged = "relayed";
    if (status === 202 && sent.responseType === 1) {
      this.#open.push({ sent, reference: JSON.parse(body)["m2m:uri"] });
    }
  }

  #callOf({ identifier, registree, operation, responseType, expires }: Sent): Call {
    const isCse = registree.startsWith("/");
    // In the content too: a Notify that is repeated may get a substitute on the wire (architecture, S14).
    const body = BODIES[operation]?.replace("IDENTIFIER", identifier);
    const type = operation === "create" ? ";ty=3" : "";
    const query = responseType === undefined ? "" : `?rt=${responseType}`;
    return {
      method: METHODS[operation],
      target: `${isCse ? `/~${registree}/cse` : `/${registree}`}${query}`,
      headers: {
        ...this.#headers(identifier),
        ...(expires === undefined ? {} : { "X-M2M-RET": formatTimestamp(epochMs(expires)) }),
        ...(body === undefined ? {} : { "Content-Type": `application/json${type}` }),
      },
      ...(body === undefined ? {} : { body }),
    };
  }

  #headers(identifier: string): Readonly<Record<string, string>> {
    return { "X-M2M-Origin": ORIGIN, "X-M2M-RI": identifier, "X-M2M-RVI": "3" };
  }

  #exchange(call: Call): Promise<Outcome> {
    return this.#connection.exchange(this.#parts.gateway.faces?.http, call);
  }
}
