import { BucketTable } from "../base/bucket-table.ts";
import { type Clock, type Millis, millis } from "../base/clock.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { Credential } from "./credential.ts";
import type { Limits } from "./limits.ts";

/** Who sends, as far as what is sent is counted; nothing else is to be made of the text. */
export type Payer = string;

/** How many payers are remembered. */
const PAYERS = 20_000;

/**
 * Who is charged for what a peer sends: its credential, else the registree that it is, else its address.
 *
 * A claim charges nobody: an originator that is only named, as over HTTP, would else pay for whoever names it.
 *
 * @param registree whom the connection is bound to
 * @param address whom its address stands for; undefined where that is exempt
 * @returns undefined for nobody
 */
export function payerOf(
  credential: Pick<Credential, "id"> | undefined,
  registree: EntityId | undefined,
  address: string | undefined,
): Payer | undefined {
  if (credential !== undefined) return `credential ${credential.id}`;
  if (registree !== undefined) return `registree ${registree}`;
  return address === undefined ? undefined : `address ${address}`;
}

/** Counts primitives and bytes of each payer against `limits.primitives` and `limits.bytes`. */
export class Meter {
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #primitives = new BucketTable(PAYERS);
  readonly #bytes = new BucketTable(PAYERS);

  constructor(limits: Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /**
   * Counts what has come already.
   *
   * @returns how long nothing more should be read from the payer
   */
  spend(payer: Payer, primitives: number, bytes: number): Millis {
    const now = this.#clock.now();
    const { current } = this.#limits;
    const many = this.#limits.rateOf(current.primitives);
    const much = this.#limits.rateOf(current.bytes);
    return millis(
      Math.max(
        this.#primitives.of(payer, many, now).spend(primitives, many, now),
        this.#bytes.of(payer, much, now).spend(bytes, much, now),
      ),
    );
  }

  /** Counts a primitive of so many bytes if the payer may send one now. */
  take(payer: Payer, bytes: number): boolean {
    const now = this.#clock.now();
    const { current } = this.#limits;
    const many = this.#limits.rateOf(current.primitives);
    const much = this.#limits.rateOf(current.bytes);
    const sent = this.#bytes.of(payer, much, now);
    // A body larger than the burst has to pass at some time: it may be owed, as long as nothing is.
    if (sent.spend(0, much, now) > 0) return false;
    if (!this.#primitives.of(payer, many, now).take(1, many, now)) return false;
    sent.spend(bytes, much, now);
    return true;
  }
}
