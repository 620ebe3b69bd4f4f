import type { Clock } from "../base/clock.ts";
import type { Tree, TreeObject } from "../primitive/content.ts";
import { isStem } from "../primitive/identifiers.ts";
import { parseTimestamp } from "../primitive/timestamps.ts";

type ValueType = "text" | "texts" | "boolean" | "time" | "any";

interface AttributeRule {
  readonly name: string;
  readonly type: ValueType;
  readonly create: "must" | "may" | "never";
  /** `keep`: may change but not go away. */
  readonly update: "may" | "keep" | "never";
}

export interface ResourceKind {
  readonly type: number;
  readonly root: "m2m:ae" | "m2m:csr";
  /** By short name, in the order of the schema. */
  readonly attributes: ReadonlyMap<string, AttributeRule>;
}

/** Our choice: as long as a resource name or an AE-ID-Stem may be; the standard names no limit. */
const LONGEST_NAME = 255;

const COMMON: readonly AttributeRule[] = [
  { name: "rn", type: "text", create: "may", update: "never" },
  ...["ty", "ri", "pi", "ct", "lt"].map(assigned),
  optional("lbl", "texts"),
  optional("acpi", "texts"),
  { name: "et", type: "time", create: "may", update: "keep" },
  optional("daci", "texts"),
  optional("at", "texts"),
  optional("aa", "texts"),
];

/** `<AE>` (TS-0004, 7.4.5.1), and what Release 4 adds. */
export const AE: ResourceKind = kindOf(2, "m2m:ae", [
  optional("apn", "text"),
  { name: "api", type: "text", create: "must", update: "never" },
  assigned("aei"),
  optional("poa", "texts"),
  optional("or", "text"),
  optional("nl", "text"),
  { name: "rr", type: "boolean", create: "must", update: "keep" },
  optional("csz", "texts"),
  optional("esi"),
  optional("mei", "text"),
  { name: "srv", type: "texts", create: "must", update: "keep" },
  optional("regs"),
  optional("trps", "boolean"),
  optional("scp", "texts"),
  optional("tren", "boolean"),
  ...["ape", "tri", "trn", "cstn", "ast", "loc"].map((name) => optional(name)),
]);

/** `<remoteCSE>` (TS-0004, 7.4.4.1), and what Release 4 adds. */
export const REMOTE_CSE: ResourceKind = kindOf(16, "m2m:csr", [
  optional("cst"),
  optional("poa", "texts"),
  { name: "cb", type: "text", create: "must", update: "never" },
  { name: "csi", type: "text", create: "must", update: "never" },
  optional("mei", "text"),
  optional("tri"),
  { name: "rr", type: "boolean", create: "must", update: "keep" },
  optional("nl", "text"),
  optional("trn"),
  optional("csz", "texts"),
  optional("esi"),
  optional("dcse", "texts"),
  optional("srv", "texts"),
  ...["mtcc", "egid"].map((name) => optional(name)),
  optional("tren", "boolean"),
  ...["ape", "cstn", "ast", "cr", "loc", "spi", "ici"].map((name) => optional(name)),
]);

/** What is wrong with the attributes of a Create, as a sentence; undefined when nothing is. */
export function faultInCreate(
  kind: ResourceKind,
  sent: TreeObject,
  clock: Clock,
): string | undefined {
  const rules = [...kind.attributes.values()];
  const missing = rules.filter(
    ({ name, create }) => create === "must" && !Object.hasOwn(sent, name),
  );
  return (
    unknownIn(kind, sent) ??
    refusedIn(kind, sent, "create") ??
    listing(missing, "must be given") ??
    wrongIn(kind, sent, clock)
  );
}

/** What is wrong with the attributes of an Update, as a sentence; null takes an attribute out (TS-0004, 7.3.3.7). */
export function faultInUpdate(
  kind: ResourceKind,
  sent: TreeObject,
  clock: Clock,
): string | undefined {
  const removed = rulesOf(kind, sent).filter(({ name }) => sent[name] === null);
  const left = Object.entries(sent).filter(([, value]) => value !== null);
  return (
    unknownIn(kind, sent) ??
    refusedIn(kind, sent, "update") ??
    listing(
      removed.filter(({ update }) => update === "keep"),
      "cannot be removed",
    ) ??
    wrongIn(kind, Object.fromEntries(left), clock)
  );
}

/** `members` in the order of the schema, without what is undefined. */
export function ordered(
  kind: ResourceKind,
  members: Readonly<Record<string, Tree | undefined>>,
): TreeObject {
  const out: Record<string, Tree> = {};
  for (const name of kind.attributes.keys()) {
    const value = members[name];
    if (value !== undefined) out[name] = value;
  }
  return out;
}

function unknownIn(kind: ResourceKind, sent: TreeObject): string | undefined {
  const unknown = Object.keys(sent).filter((name) => !kind.attributes.has(name));
  return unknown.length === 0
    ? undefined
    : `${kind.root} has no attribute ${unknown.map((name) => name.slice(0, 32)).join(", ")}`;
}

function refusedIn(
  kind: ResourceKind,
  sent: TreeObject,
  operation: "create" | "update",
): string | undefined {
  const never = rulesOf(kind, sent).filter((rule) => rule[operation] === "never");
  return listing(never, operation === "create" ? "must not be sent" : "cannot be changed");
}

function wrongIn(kind: ResourceKind, sent: TreeObject, clock: Clock): string | undefined {
  for (const { name, type } of rulesOf(kind, sent)) {
    const fault = faultOfValue(name, type, sent[name], clock);
    if (fault !== undefined) return `${name} ${fault}`;
  }
  return undefined;
}

function faultOfValue(
  name: string,
  type: ValueType,
  value: Tree | undefined,
  clock: Clock,
): string | undefined {
  if (value === null || value === undefined) return "cannot be null here";
  switch (type) {
    case "text":
      return typeof value === "string" ? faultOfText(name, value) : "must be a string";
    case "texts":
      return Array.isArray(value) && value.every((entry) => typeof entry === "string")
        ? undefined
        : "must be an array of strings";
    case "boolean":
      return typeof value === "boolean" ? undefined : "must be true or false";
    case "time":
      return faultOfTime(value, clock);
    case "any":
      return undefined;
  }
}

function faultOfText(name: string, value: string): string | undefined {
  if (name === "rn") return isName(value) ? undefined : NAME_RULE;
  if (name !== "api") return undefined;
  // An App-ID is registered (R), registered by a tool (r) or not registered (N) (TS-0004, 7.4.5.2.1).
  return /^[RrN]/.test(value) ? undefined : "must begin with R, r or N";
}

function faultOfTime(value: Tree, clock: Clock): string | undefined {
  const at = typeof value === "string" ? parseTimestamp(value) : undefined;
  if (at === undefined) return "must be a timestamp such as 20300101T000000";
  return at > clock.now() ? undefined : "must not be in the past";
}

/** Characters that names and AE-ID-Stems are made of (TS-0004, 6.2.3), and our limit of their length. */
export const isName = (text: string): boolean => text.length <= LONGEST_NAME && isStem(text);
export const NAME_RULE = `must be at most ${LONGEST_NAME} letters, digits, "-", "." or "_", beginning with a letter or digit`;

/** The rules of those attributes that were sent. */
function rulesOf(kind: ResourceKind, sent: TreeObject): readonly AttributeRule[] {
  return Object.keys(sent).flatMap((name) => kind.attributes.get(name) ?? []);
}

function listing(rules: readonly AttributeRule[], verdict: string): string | undefined {
  return rules.length === 0 ? undefined : `${rules.map(({ name }) => name).join(", ")} ${verdict}`;
}

function assigned(name: string): AttributeRule {
  return { name, type: "any", create: "never", update: "never" };
}

function optional(name: string, type: ValueType = "any"): AttributeRule {
  return { name, type, create: "may", update: "may" };
}

function kindOf(
  type: number,
  root: ResourceKind["root"],
  own: readonly AttributeRule[],
): ResourceKind {
  const rules = [...COMMON, ...own];
  return { type, root, attributes: new Map(rules.map((rule) => [rule.name, rule])) };
}
