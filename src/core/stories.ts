import type { Clock, EpochMs } from "../base/clock.ts";
import type { FailureCode } from "../base/errors.ts";
import { LONGEST, RecordRing, type Value } from "../base/record-ring.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { Operation, RequestPrimitive } from "../primitive/primitive.ts";
import type { Outcome } from "./hold-store.ts";
import type { Observer } from "./ports.ts";
import type { Route } from "./route.ts";
import type { Step } from "./steps.ts";

/** A step as it is remembered: without the primitives, which may be large. */
export interface Note {
  readonly at: EpochMs;
  readonly is: Step["is"];
  readonly registree?: EntityId | undefined;
  readonly face?: string | undefined;
  readonly by?: string | undefined;
  readonly via?: string | undefined;
  readonly rsc?: number | undefined;
  readonly code?: FailureCode | undefined;
  readonly sequence?: number | undefined;
  readonly expires?: EpochMs | undefined;
  readonly stored?: boolean | undefined;
  readonly outcome?: Outcome | undefined;
  readonly why?: string | undefined;
}

/** What became of one request primitive, as far as that is known. */
export interface Story {
  readonly originator: string | undefined;
  readonly requestIdentifier: string;
  readonly operation: Operation;
  readonly to: string;
  readonly notes: readonly Note[];
}

/** Steps of one primitive that are told: its first ones, and the latest. */
const NOTES = 32;
/** Stories that are told of one Request Identifier: some hosts use one for all requests. */
const STORIES = 100;
/** What a primitive takes: about five steps of a hundred bytes, and as many of the next one that gives it way. */
const BYTES_EACH = 1_024;

/** What is remembered of each step besides when it was. */
const FACTS = {
  received: ["face", "by"],
  routed: ["via", "registree", "code"],
  sent: ["registree", "by"],
  failed: ["registree", "code"],
  answered: ["registree", "rsc", "code"],
  held: ["registree", "sequence", "expires", "stored"],
  settled: ["registree", "outcome", "why"],
  replied: ["registree", "rsc", "code"],
} as const satisfies Record<Step["is"], readonly (keyof Note)[]>;
/** Of a record: see `Stories.stepped`. */
const VALUES = 7 + Math.max(...Object.values(FACTS).map((facts) => facts.length));

/**
 * Remembers what became of the latest request primitives. In memory, and bounded: the oldest give way.
 *
 * Request Identifiers are unique per originator only; one that is used again begins another story.
 */
export class Stories implements Partial<Observer> {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #records: RecordRing;
  #begun = 0;

  /** @param capacity how many are remembered at most; with 0 none */
  constructor(clock: Clock, capacity: number) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#records = new RecordRing(capacity * BYTES_EACH, VALUES);
  }

  stepped({ from, operation, requestIdentifier, to }: RequestPrimitive, step: Step): void {
    if (this.#capacity === 0) return;
    if (step.is === "received") this.#begun += 1;
    const note = noteOf(step, this.#clock.now());
    const record: Value[] = [requestIdentifier, from, operation, to, this.#begun, note.is, note.at];
    for (const fact of FACTS[note.is]) record.push(note[fact]);
    this.#records.append(record);
  }

  /** The latest with this Request Identifier, the newest first. @param originator as it wrote itself; undefined for any */
  find(requestIdentifier: string, originator: string | undefined): readonly Story[] {
    const drafts: Draft[] = [];
    const newest = new Map<string | undefined, Draft>();
    const wanted = originator?.slice(0, LONGEST);
    for (const record of this.#records.startingWith(requestIdentifier.slice(0, LONGEST))) {
      const [rqi, from, operation, to, begun, ...noted] = record as Recorded;
      if (wanted !== undefined && from !== wanted) continue;
      let draft = noted[0] === "received" ? undefined : newest.get(from);
      if (draft === undefined) {
        draft = { originator: from, requestIdentifier: rqi, operation, to, begun, noted: [] };
        drafts.push(draft);
        newest.set(from, draft);
      }
      draft.noted.push(noted);
    }
    return drafts
      .slice(-STORIES)
      .filter(({ begun }) => begun > this.#begun - this.#capacity)
      .reverse()
      .map(({ begun: _, noted, ...about }) => ({
        ...about,
        notes: firstAndLatest(noted).map(noteIn),
      }));
  }
}

/** What the values of a record are. */
type Recorded = [string, string | undefined, Operation, string, number, ...Noted];
type Noted = [Step["is"], EpochMs, ...Value[]];

interface Draft extends Omit<Story, "notes"> {
  /** How many stories had begun when this one did. */
  readonly begun: number;
  readonly noted: Noted[];
}

function noteIn([is, at, ...facts]: Noted): Note {
  const named = FACTS[is].map((fact, index) => [fact, facts[index]] as const);
  return { at, is, ...Object.fromEntries(named.filter(([, value]) => value !== undefined)) };
}

/** The first ones say how it began. */
const firstAndLatest = (notes: readonly Noted[]): readonly Noted[] =>
  notes.length <= NOTES
    ? notes
    : [...notes.slice(0, NOTES / 2), ...notes.slice(notes.length - NOTES / 2)];

/** What is remembered of a step. */
export function noteOf(step: Step, at: EpochMs): Note {
  switch (step.is) {
    case "received":
      return { at, is: step.is, face: step.face, by: step.by };
    case "routed": {
      const { route } = step;
      const code = route.via === "refuse" ? route.code : undefined;
      return { at, is: step.is, via: route.via, registree: registreeOf(route), code };
    }
    case "answered":
    case "replied": {
      const { responseStatusCode: rsc, failure: code } = step.response;
      const registree = step.is === "answered" ? step.registree : registreeOf(step.route);
      return { at, is: step.is, registree, rsc, code };
    }
    case "sent":
    case "failed":
    case "held":
    case "settled":
      return { at, ...step };
  }
}

const registreeOf = (route: Route | undefined): EntityId | undefined =>
  route?.via === "registree" ? route.registree : undefined;
