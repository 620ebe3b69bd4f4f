import { epochMs } from "../../src/base/clock.ts";
import {
  MadeContent,
  rootObjectOf,
  type Tree,
  type TreeObject,
} from "../../src/primitive/content.ts";
import { type EntityId, parseCseId } from "../../src/primitive/identifiers.ts";
import {
  type Operation,
  type RequestPrimitive,
  type ResponsePrimitive,
  requestId,
  targetId,
} from "../../src/primitive/primitive.ts";
import {
  createRegistrar,
  type Registrar,
  type RegistrarOptions,
} from "../../src/registrar/registrar.ts";
import type { StoredResource } from "../../src/registrar/resources.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import { ManualClock } from "../helpers/manual-clock.ts";

export const AE_CONTENT = { api: "Napp", rr: true, srv: ["3"] };
export const CSE_CONTENT = { csi: "/id-mn", cb: "/id-mn/cse-mn", rr: true };

/** A request in short names, as far as a registrar reads one; `pc` is a content or its tree. */
export interface Asked {
  readonly op: Operation;
  readonly to?: string;
  readonly fr?: string | undefined;
  readonly ty?: number;
  readonly pc?: Tree;
  readonly [parameter: string]: unknown;
}

export function requestOf({ op, to = "cse-in", fr, ty, pc, ...carried }: Asked): RequestPrimitive {
  return {
    kind: "request",
    operation: op,
    to: targetId(to),
    from: fr,
    requestIdentifier: requestId("r1"),
    resourceType: ty,
    releaseVersion: "3",
    content: pc === undefined ? undefined : new MadeContent(pc),
    carried: new Map(Object.entries(carried)),
  };
}

/** Create of an `<AE>` with what is mandatory, and `members`; undefined leaves a member out. */
export function createAe(
  fr: string | undefined,
  members: Readonly<Record<string, Tree | undefined>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Asked {
  return { op: "create", ty: 2, fr, pc: { "m2m:ae": present(AE_CONTENT, members) }, ...more };
}

/** Create of a `<remoteCSE>` in the same way. */
export function createCse(
  fr: string | undefined,
  members: Readonly<Record<string, Tree | undefined>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Asked {
  return { op: "create", ty: 16, fr, pc: { "m2m:csr": present(CSE_CONTENT, members) }, ...more };
}

function present(...parts: readonly Readonly<Record<string, Tree | undefined>>[]): TreeObject {
  const members: Record<string, Tree> = {};
  for (const [name, value] of parts.flatMap(Object.entries) as [string, Tree | undefined][]) {
    if (value === undefined) delete members[name];
    else members[name] = value;
  }
  return members;
}

export interface Asking {
  readonly clock: ManualClock;
  readonly registrar: Registrar;
  readonly expired: EntityId[];
  readonly warnings: string[];
  ask(asked: Asked): Promise<ResponsePrimitive>;
}

/** A registrar `/id-in` named `cse-in` of the provider `sp.example`, with time standing still and IDs that count. */
export function startRegistrar(options: Partial<RegistrarOptions> = {}): Asking {
  const clock = options.clock instanceof ManualClock ? options.clock : new ManualClock();
  const expired: EntityId[] = [];
  const warnings: string[] = [];
  let ids = 0;
  const cseId = parseCseId("/id-in");
  if (cseId === undefined) throw new Error("not a CSE-ID");
  const registrar = createRegistrar({
    domain: { cseId, spId: "sp.example", cseName: "cse-in" },
    resources: memoryTable<StoredResource>(),
    onExpired: (entity) => expired.push(entity),
    warn: (message) => warnings.push(message),
    newId: () => `x${++ids}`,
    ...options,
    clock,
  });
  const ask = (asked: Asked) => registrar.request(requestOf(asked), epochMs(clock.now() + 10_000));
  return { clock, registrar, expired, warnings, ask };
}

/** The sentence of a refusal. */
export function sentenceOf(response: ResponsePrimitive): string {
  const tree = response.content?.tree();
  return String((tree as { "m2m:dbg"?: string } | undefined)?.["m2m:dbg"]);
}

/** The attributes in an answer. */
export const membersOf = (response: ResponsePrimitive): TreeObject =>
  rootObjectOf(response.content)?.members ?? {};
