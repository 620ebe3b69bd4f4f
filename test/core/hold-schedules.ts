import fc from "fast-check";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import { AE, CSE, DAY, HOUR, MINUTE, SECOND } from "./hold-process.ts";

const sgn = (sub: string) => ({ "m2m:sgn": { sur: `cse-in/${sub}`, nev: { net: 3 } } });

/** What originators send, in short names. */
export const KINDS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  note: { op: "notify", pc: sgn("s") },
  latestA: { op: "notify", pc: sgn("a"), ec: 4 },
  latestB: { op: "notify", pc: sgn("b"), ec: 4 },
  latestBlocking: { op: "notify", pc: sgn("a"), ec: 4, rt: { rtv: 3 } },
  immediate: { op: "notify", pc: sgn("s"), ec: 2 },
  blocking: { op: "notify", pc: sgn("s"), rt: { rtv: 3 } },
  urgent: { op: "notify", pc: sgn("s"), rt: { rtv: 3 }, ec: 100 },
  synch: { op: "notify", pc: sgn("s"), rt: { rtv: 1 } },
  asynch: { op: "notify", pc: sgn("s"), rt: { rtv: 2 }, fr: "CAE7" },
  silent: { op: "notify", pc: sgn("s"), rt: { rtv: 5 } },
  create: { op: "create", ty: 3, pc: { "m2m:cnt": {} } },
  createSynch: { op: "create", ty: 3, pc: { "m2m:cnt": {} }, rt: { rtv: 1 } },
  createAsynch: { op: "create", ty: 3, pc: { "m2m:cnt": {} }, rt: { rtv: 2 }, fr: "CAE7" },
  retrieve: { op: "retrieve" },
  retrieveSynch: { op: "retrieve", rt: { rtv: 1 } },
};
/** An AE is sent Notify only. */
const FOR_AE = Object.keys(KINDS).filter((kind) => KINDS[kind]?.["op"] === "notify");

export type Who = "ae" | "cse";
export const IDS: Readonly<Record<Who, EntityId>> = { ae: AE, cse: CSE };

export type Step =
  | readonly ["send", Who, string, "big" | "small", number | undefined]
  | readonly ["connect" | "drop" | "answer" | "refuse" | "busy" | "deregister", Who]
  | readonly ["pass", number]
  | readonly ["sleep", number]
  | readonly ["leave" | "repeat" | "takeBack", number]
  /** For so many turns of the event loop. */
  | readonly ["wait", number]
  | readonly ["crash" | "stop"];
/** Steps of one group are taken at once. */
export type Schedule = readonly (readonly Step[])[];

const who = fc.constantFrom<Who>("ae", "cse");
const big = fc.constantFrom<"small" | "big">("small", "small", "big");
const ends = fc.constantFrom(undefined, undefined, 1, 500, 12 * SECOND, HOUR, 400 * DAY);
const some = fc.nat(7);
const TIME = [1, 999, SECOND, 5 * SECOND, 8 * SECOND, 10 * SECOND, MINUTE, HOUR, DAY, 8 * DAY];

const send: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constant("send"), fc.constant("ae"), fc.constantFrom(...FOR_AE), big, ends),
  fc.tuple(
    fc.constant("send"),
    fc.constant("cse"),
    fc.constantFrom(...Object.keys(KINDS)),
    big,
    ends,
  ),
) as fc.Arbitrary<Step>;
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: send },
  { weight: 4, arbitrary: fc.tuple(fc.constant("connect" as const), who) },
  {
    weight: 10,
    arbitrary: fc.tuple(
      fc.constantFrom("drop", "answer", "answer", "answer", "refuse", "busy", "deregister"),
      who,
    ) as fc.Arbitrary<Step>,
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant("pass" as const), fc.constantFrom(...TIME)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("sleep" as const), fc.constantFrom(...TIME)) },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.constantFrom("leave" as const, "repeat", "takeBack"), some),
  },
  { weight: 4, arbitrary: fc.tuple(fc.constant("wait" as const), fc.integer({ min: 1, max: 6 })) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom("crash" as const, "stop")),
  },
);
/** Up to 40 groups. */
export const STEPS: fc.Arbitrary<Schedule> = fc.array(
  fc.oneof(fc.tuple(step), fc.tuple(step), fc.array(step, { minLength: 2, maxLength: 4 })),
  { maxLength: 40, size: "max" },
);
