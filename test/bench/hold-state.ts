import { type EpochMs, epochMs, millis } from "../../src/base/clock.ts";
import type { HeldRequest, HoldStore } from "../../src/core/hold-store.ts";
import type { Registration } from "../../src/core/registration.ts";
import { countingCodecs } from "../../src/observe/counting-codec.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import { requestId, targetId } from "../../src/primitive/primitive.ts";
import { openState, type State } from "../../src/store/lmdb-open.ts";
import { notifyContent } from "./content.ts";

/** AEs `prefix`0, `prefix`1, … that are registered and away. */
export interface Away {
  readonly prefix: string;
  readonly registrees: number;
  /** Held for each. */
  readonly each: number;
  /** When they expire, in milliseconds since 1970; in a day by default. */
  readonly expires?: number;
}

/** Entries that become durable together. */
const PORTION = 2_000;
const DAY_MS = 86_400_000;

const codecs = countingCodecs(
  { transcoded() {}, unknownName() {}, spent() {}, codecFailed() {} },
  new Map(),
);

/** Registers AEs in a state folder and holds Notifies for them, as a gateway would have, in rounds over all AEs. */
export async function fillState(
  dir: string,
  bytes: number,
  groups: readonly Away[],
): Promise<void> {
  const { state, store } = await openHoldStore(dir);
  const table = state.table<Registration>("registrees");
  const entry = entryOf(bytes);
  let waiting: Promise<void>[] = [];
  const add = async (written: Promise<void>) => {
    if (waiting.push(written) < PORTION) return;
    await Promise.all(waiting);
    waiting = [];
  };
  let sequence = store.lastSequence;
  for (const { prefix, registrees, each, expires } of groups) {
    for (let n = 0; n < registrees; n += 1) {
      const name = `${prefix}${n}`;
      await add(table.put(`/id-in/${name}`, registrationOf(name)));
    }
    for (let n = 0; n < each * registrees; n += 1) {
      sequence += 1;
      const name = `${prefix}${n % registrees}`;
      const number = Math.floor(n / registrees);
      await add(store.put(entry(name, number, sequence, expires ?? Date.now() + DAY_MS)));
    }
  }
  await Promise.all(waiting);
  await state.close();
}

/** Writes per second of the store alone, while `inFlight` wait at a time. */
export async function storeRate(
  store: HoldStore,
  {
    bytes,
    inFlight,
    seconds,
    registrees,
  }: {
    readonly bytes: number;
    readonly inFlight: number;
    readonly seconds: number;
    readonly registrees: number;
  },
): Promise<number> {
  const entry = entryOf(bytes);
  const from = performance.now();
  const end = from + 1_000 * seconds;
  let done = 0;
  let sequence = store.lastSequence;
  const writer = async () => {
    while (performance.now() < end) {
      sequence += 1;
      const name = `CS${sequence % registrees}`;
      await store.put(entry(name, sequence, sequence, Date.now() + DAY_MS));
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, writer));
  return (1_000 * done) / (performance.now() - from);
}

export async function openHoldStore(dir: string): Promise<{ state: State; store: HoldStore }> {
  const state = await openState(dir);
  const store = state.holdStore({
    codecs,
    deadLetters: { perRegistree: 100, keptFor: millis(DAY_MS) },
    onUnreadable: (record, error) => console.error(record, error),
  });
  return { state, store };
}

function entryOf(bytes: number) {
  const text = Buffer.from(notifyContent(bytes, "readings"));
  return (name: string, number: number, sequence: number, expires: number): HeldRequest => ({
    registree: `/id-in/${name}` as EntityId,
    sequence,
    request: {
      kind: "request",
      operation: "notify",
      to: targetId(`/id-in/${name}`),
      from: "/id-in",
      requestIdentifier: requestId(`h-${name}-${number}`),
      resourceType: undefined,
      releaseVersion: "3",
      content: codecs.json.decodeContent(text, { emptyIsNull: false }),
      carried: new Map(),
    },
    arrived: epochMs(Date.now()),
    expires: epochMs(expires) as EpochMs,
    bytes: bytes + 256,
    latest: undefined,
    reference: undefined,
    sent: false,
  });
}

const registrationOf = (name: string): Registration => ({
  id: `/id-in/${name}` as EntityId,
  kind: "ae",
  token: `token-${name}`,
  addresses: [`/id-in/${name}`],
  pointsOfAccess: undefined,
  reachable: true,
  expires: undefined,
});
