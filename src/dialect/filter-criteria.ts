import { filterByShort } from "../primitive/parameters.ts";
import type { RequestPrimitive } from "../primitive/primitive.ts";

/** Members of filterCriteria of later releases and of ACME, which are no attributes. */
const EXTENSIONS: ReadonlySet<string> = new Set(["ops", "aq", "gq"]);
const PREFIXES: ReadonlyMap<string, "catr" | "patr"> = new Map([
  ["c.", "catr"],
  ["p.", "patr"],
]);

/** Filter criteria by their members; the values as they came. */
type Criteria = Readonly<Record<string, unknown>>;
interface Condition {
  readonly nm: string;
  readonly val: unknown;
}

/**
 * Whether a request has its attribute conditions among the members of `fc`, as ACME and mobius4 write them
 * (`"fc":{"cr":"Sam"}`); undefined when it has none by which to tell.
 */
export function hasFlatConditions({ carried }: RequestPrimitive): boolean | undefined {
  const criteria = criteriaIn(carried.get("fc"));
  if (criteria === undefined) return undefined;
  const names = Object.keys(criteria);
  if (names.some(isAttribute)) return true;
  return names.some(isConditions) ? false : undefined;
}

/** The request with its attribute conditions in `atr`, `catr` and `patr` (TS-0004, 6.3.5.8). */
export function withConditions(request: RequestPrimitive): RequestPrimitive {
  const criteria = criteriaIn(request.carried.get("fc"));
  if (criteria === undefined || !Object.keys(criteria).some(isAttribute)) return request;
  const members = new Map<string, unknown>();
  const add = (list: string, conditions: readonly unknown[]): void => {
    members.set(list, [...listOf(members.get(list)), ...conditions]);
  };
  for (const [name, value] of Object.entries(criteria)) {
    if (isConditions(name)) {
      add(name, listOf(value));
    } else if (isAttribute(name)) {
      const list = PREFIXES.get(name.slice(0, 2));
      const nm = list === undefined ? name : name.slice(2);
      add(
        list ?? "atr",
        listOf(value).map((val) => ({ nm, val })),
      );
    } else {
      members.set(name, value);
    }
  }
  return withCriteria(request, members);
}

/** The request with its attribute conditions among the members of `fc`. */
export function withFlatConditions(request: RequestPrimitive): RequestPrimitive {
  const criteria = criteriaIn(request.carried.get("fc"));
  if (criteria === undefined || !Object.keys(criteria).some(isConditions)) return request;
  const members = new Map(Object.entries(criteria).filter(([name]) => !isConditions(name)));
  for (const [list, prefix] of [
    ["atr", ""],
    ["catr", "c."],
    ["patr", "p."],
  ] as const) {
    for (const condition of listOf(criteria[list])) {
      // What is no condition cannot be said in the other shape, and is the receiver's to judge.
      if (!isCondition(condition)) return request;
      const name = prefix + condition.nm;
      const others = members.get(name);
      members.set(name, others === undefined ? condition.val : [...listOf(others), condition.val]);
    }
  }
  return withCriteria(request, members);
}

function withCriteria(
  request: RequestPrimitive,
  members: ReadonlyMap<string, unknown>,
): RequestPrimitive {
  const carried = new Map(request.carried);
  carried.set("fc", Object.fromEntries(members));
  return { ...request, carried };
}

function criteriaIn(value: unknown): Criteria | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Criteria)
    : undefined;
}

const isConditions = (name: string): boolean => filterByShort(name)?.type === "conditions";
const isAttribute = (name: string): boolean =>
  filterByShort(name) === undefined && !EXTENSIONS.has(name);

function isCondition(value: unknown): value is Condition {
  return (
    typeof value === "object" &&
    value !== null &&
    "val" in value &&
    "nm" in value &&
    typeof value.nm === "string"
  );
}

const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
