import { GatewayError } from "../../base/errors.ts";
import {
  type FilterField,
  filterByShort,
  formatScalar,
  mayBeCondition,
  type Parameter,
  parameterByQuery,
  parameterByShort,
  parseScalar,
  type ScalarType,
} from "../../primitive/parameters.ts";
import type { Carried } from "../../primitive/primitive.ts";

/** What a query says, in the shapes of a primitive. */
export interface Query {
  /** Parameters by short name, `fc` included; of `rt` only the number. */
  readonly carried: Map<string, unknown>;
  /** Attributes to retrieve (`atrl`); empty without that field. */
  readonly attributeList: readonly string[];
}

type Type = Parameter["type"] | FilterField["type"];
type Members = Map<string, unknown>;

const ATTRIBUTE_LIST = "atrl";
/** Attribute conditions on the resource itself, on its children and on its parent (TS-0009, 6.2.2.2). */
const CONDITIONS = [
  { short: "catr", prefix: "c." },
  { short: "patr", prefix: "p." },
  { short: "atr", prefix: "" },
] as const;

/**
 * Reads a query (TS-0009, table 6.2.2.2-1); a name that is not in that table is an attribute condition.
 *
 * Lists come joined by `+`, as repeated fields, or both. In other values `+` is a space, as form encoders write it.
 *
 * @param query percent-encoded, without `?`
 * @throws GatewayError GW_REQUEST_INVALID
 */
export function readQuery(query: string): Query {
  const carried: Members = new Map();
  const filter: Members = new Map();
  const attributes: Members = new Map();
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    if (equals < 0) throw invalid(`the query field ${shown(pair)} has no value`);
    const name = decoded(pair.slice(0, equals));
    const raw = pair.slice(equals + 1);
    const parameter = parameterByQuery(name);
    const field = filterByShort(name);
    if (parameter !== undefined) readField(carried, name, parameter.type, raw);
    else if (name === ATTRIBUTE_LIST) readField(attributes, name, "texts", raw);
    else if (field === undefined || field.type === "conditions") readCondition(filter, name, raw);
    else readField(filter, name, field.type, raw);
  }
  if (filter.size > 0) carried.set("fc", Object.fromEntries(filter));
  return { carried, attributeList: (attributes.get(ATTRIBUTE_LIST) ?? []) as string[] };
}

function readField(into: Members, name: string, type: Type, raw: string): void {
  switch (type) {
    case "texts":
      addItems(into, name, "text", raw.split("+"));
      break;
    case "numbers":
      addItems(into, name, "number", raw.split("+"));
      break;
    case "statements":
      append(into, name, textOf(raw));
      break;
    case "responseType":
      setOnce(into, name, { rtv: scalarOf(name, "number", textOf(raw)) });
      break;
    default:
      setOnce(into, name, scalarOf(name, type as ScalarType, textOf(raw)));
  }
}

function addItems(into: Members, name: string, type: ScalarType, items: readonly string[]): void {
  for (const item of items) {
    if (item === "") throw invalid(`the query field ${name} has an empty item`);
    append(into, name, scalarOf(name, type, decoded(item)));
  }
}

function readCondition(filter: Members, name: string, raw: string): void {
  // The last one has no prefix, so that one is always found.
  const { short, prefix } =
    CONDITIONS.find((kind) => name.startsWith(kind.prefix)) ?? CONDITIONS[2];
  const attribute = name.slice(prefix.length);
  if (attribute === "") throw invalid("a query field has no name");
  checkCondition(attribute);
  append(filter, short, { nm: attribute, val: textOf(raw) });
}

function checkCondition(attribute: string): void {
  if (mayBeCondition(attribute)) return;
  throw invalid(`the attribute ${attribute} cannot be a condition; filter criteria have their own`);
}

function append(into: Members, name: string, item: unknown): void {
  const list = into.get(name);
  if (Array.isArray(list)) list.push(item);
  else into.set(name, [item]);
}

function setOnce(into: Members, name: string, value: unknown): void {
  if (into.has(name)) throw invalid(`the query field ${name} occurs twice`);
  into.set(name, value);
}

function scalarOf(name: string, type: ScalarType, text: string): unknown {
  const value = parseScalar(type, text);
  if (value === undefined) {
    throw invalid(`the query field ${name} must be a ${type}, not ${shown(text)}`);
  }
  return value;
}

const textOf = (raw: string): string => decoded(raw.includes("+") ? raw.replaceAll("+", " ") : raw);

function decoded(raw: string): string {
  if (!raw.includes("%")) return raw;
  try {
    return decodeURIComponent(raw);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new GatewayError("GW_REQUEST_INVALID", {
      detail: "the query has a malformed percent-escape",
      cause: error,
    });
  }
}

/**
 * Writes the query for what `carried` holds, without `?`; "" when none of it belongs there.
 *
 * Filter Criteria may have their attribute conditions in `atr`, `catr` and `patr` (TS-0004, 6.3.5.8) or, as ACME
 * and mobius4 write them, among their own members.
 *
 * @throws GatewayError GW_REQUEST_INVALID for a value that is not of its parameter's type
 */
export function writeQuery(carried: Carried, attributeList: readonly string[]): string {
  if (carried.size === 0 && attributeList.length === 0) return "";
  const fields: string[] = [];
  for (const [short, value] of carried) {
    if (short === "fc") writeFilter(fields, value);
    const parameter = parameterByShort(short);
    if (parameter?.query !== undefined) writeField(fields, short, parameter.type, value);
  }
  writeField(fields, ATTRIBUTE_LIST, "texts", attributeList);
  return fields.join("&");
}

function writeFilter(fields: string[], filter: unknown): void {
  for (const [name, value] of Object.entries(objectOf("fc", filter))) {
    const kind = CONDITIONS.find(({ short }) => short === name);
    const field = filterByShort(name);
    if (kind !== undefined) writeConditions(fields, kind.prefix, value);
    else if (field !== undefined) writeField(fields, name, field.type, value);
    else for (const item of listOf(value)) writeCondition(fields, "", name, item);
  }
}

function writeConditions(fields: string[], prefix: string, conditions: unknown): void {
  for (const condition of listOf(conditions)) {
    const { nm, val } = objectOf("an attribute condition", condition);
    writeCondition(fields, prefix, nm, val);
  }
}

function writeCondition(fields: string[], prefix: string, name: unknown, value: unknown): void {
  if (typeof name !== "string" || name === "") throw invalid("an attribute condition has no name");
  checkCondition(name.replace(/^[cp]\./, ""));
  // As a query field it would be that parameter or filter instead.
  if (prefix === "" && isTaken(name)) {
    throw invalid(`an attribute named ${name} cannot be a condition in HTTP`);
  }
  const text = typeof value === "boolean" ? String(value) : formatScalar("text", value);
  if (text === undefined) throw invalid(`the condition on ${shown(name)} has no simple value`);
  fields.push(`${encoded(prefix + name)}=${encoded(text)}`);
}

function isTaken(name: string): boolean {
  const field = filterByShort(name);
  return (
    name === ATTRIBUTE_LIST ||
    parameterByQuery(name) !== undefined ||
    (field !== undefined && field.type !== "conditions")
  );
}

function writeField(fields: string[], name: string, type: Type, value: unknown): void {
  switch (type) {
    case "texts":
    case "numbers": {
      const itemType = type === "texts" ? "text" : "number";
      const items = listOf(value).map((item) => encoded(formatted(name, itemType, item)));
      if (items.length > 0) fields.push(`${name}=${items.join("+")}`);
      break;
    }
    case "statements":
      for (const item of listOf(value)) {
        fields.push(`${name}=${encoded(formatted(name, "text", item))}`);
      }
      break;
    case "responseType":
      fields.push(`${name}=${formatted(name, "number", objectOf(name, value)["rtv"])}`);
      break;
    default:
      fields.push(`${name}=${encoded(formatted(name, type as ScalarType, value))}`);
  }
}

function formatted(name: string, type: ScalarType, value: unknown): string {
  const text = formatScalar(type, value);
  if (text === undefined) throw invalid(`${name} is not a ${type}`);
  return text;
}

/** A single value is a list of one: ACME's clients write filters so. */
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

function objectOf(name: string, value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw invalid(`${name} is not an object`);
}

function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new GatewayError("GW_REQUEST_INVALID", {
      detail: "a value for the query has half of a surrogate pair",
      cause: error,
    });
  }
}

/** A peer's own words in an error, no longer than a person needs to find them. */
const shown = (text: string): string => JSON.stringify(text.slice(0, 40));

function invalid(detail: string): GatewayError {
  return new GatewayError("GW_REQUEST_INVALID", detail);
}

/**
 * Of a query, the fields that are request parameters. A point of access is called with whatever query its registree
 * gave it, `?ct=json` for one (TS-0004, 7.5.1.2.2), and that is no condition of the request.
 */
export function parametersIn(query: string): string {
  if (query === "") return query;
  const fields = query.split("&");
  return fields.filter((field) => parameterByQuery(field.replace(/=.*/s, ""))).join("&");
}
