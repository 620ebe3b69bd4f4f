export type Operation = "create" | "retrieve" | "update" | "delete" | "notify";

/** One primitive as those outside of the gateway have seen it. */
export interface Sent {
  readonly identifier: string;
  readonly registree: string;
  /** Its place among those for the same registree: the next is sent when this one has been answered or given up. */
  readonly number: number;
  readonly operation: Operation;
  /** Its originator is to be told the result: by a `<request>` (1), or by a Notify (2). */
  readonly responseType: 1 | 2 | 5 | undefined;
  /** Request Expiration Timestamp, in ms since 1970. */
  readonly expires: number | undefined;
  /** How often its originator sent it: more than once only when a connection broke before the answer came. */
  times: number;
  acknowledged: "held" | "relayed" | undefined;
  deliveries: number;
  /** When it was delivered last. */
  deliveredAt: number | undefined;
  /** Response Status Codes that its originator was told as the result, in order. */
  readonly results: number[];
}

export type Happening = "sent" | "delivered";

/** What the observers outside of the gateway have seen. It lives on when the gateway is killed. */
export class Journal {
  readonly #sent = new Map<string, Sent>();
  /** By registree, in the order in which each arrived there first. */
  readonly #arrivals = new Map<string, Sent[]>();
  /** What nobody is known to have sent. */
  readonly strangers: string[] = [];
  readonly #watchers: Record<Happening, (() => void)[]> = { sent: [], delivered: [] };

  get sent(): Iterable<Sent> {
    return this.#sent.values();
  }

  /** First deliveries by registree, in order. */
  get arrivals(): ReadonlyMap<string, readonly Sent[]> {
    return this.#arrivals;
  }

  /** Resolves when one of these happens next. */
  next(happening: Happening): Promise<void> {
    return new Promise((resolve) => this.#watchers[happening].push(resolve));
  }

  /** It goes out to the gateway now, perhaps not for the first time. */
  sending(sent: Sent): void {
    sent.times += 1;
    this.#sent.set(sent.identifier, sent);
    this.#tell("sent");
  }

  /** A registree has received it. */
  delivered(registree: string, identifier: string, at: number): void {
    const sent = this.#sent.get(identifier);
    if (sent?.registree !== registree) {
      this.strangers.push(`${registree} received ${identifier}`);
      return;
    }
    if (sent.deliveries === 0) {
      const arrivals = this.#arrivals.get(registree);
      if (arrivals === undefined) this.#arrivals.set(registree, [sent]);
      else arrivals.push(sent);
    }
    sent.deliveries += 1;
    sent.deliveredAt = at;
    this.#tell("delivered");
  }

  /** An originator has been told what became of it. */
  told(identifier: string, responseStatusCode: number): void {
    const sent = this.#sent.get(identifier);
    if (sent === undefined) this.strangers.push(`a result of ${identifier}`);
    else sent.results.push(responseStatusCode);
  }

  #tell(happening: Happening): void {
    for (const resolve of this.#watchers[happening].splice(0)) resolve();
  }
}
