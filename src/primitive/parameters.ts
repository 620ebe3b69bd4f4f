import type { Carried, Operation } from "./primitive.ts";

/** What one value is, in JSON shape (TS-0004, 8.4); lists take it by the item. */
export type ScalarType = "text" | "time" | "number" | "boolean";
export type ValueType =
  | ScalarType
  | "texts"
  | "numbers"
  /** Texts that may hold every character, so that HTTP repeats the field instead of joining a list. */
  | "statements"
  /** Objects of a name and a value, `{nm, val}`. */
  | "conditions"
  | "responseType"
  | "filterCriteria"
  | "assignedTokens"
  | "tokenRequest"
  | "wildcard";

/** One parameter of a primitive, and the place HTTP has for it (TS-0009, 6.2.2.2 and 6.4). */
export interface Parameter {
  readonly name: string;
  readonly short: string;
  readonly occurs: "request" | "response" | "both";
  /** Header field in the spelling that is sent; some peers compare it by the letter. */
  readonly header: string | undefined;
  /** Field of the query; never in responses. */
  readonly query: string | undefined;
  readonly type: ValueType;
  /** Header field that products of later releases use and that no text confirms: for those who ask for it. */
  readonly laterHeader?: string;
}

/** One member of filterCriteria (TS-0004, 6.3.5.8); in HTTP a query field of the same name, except `conditions`. */
export interface FilterField {
  readonly name: string;
  readonly short: string;
  readonly type: ScalarType | "texts" | "numbers" | "statements" | "conditions";
}

/**
 * Every parameter of TS-0004, tables 8.2.2-1; those with neither header nor query have another place in HTTP
 * (`op`, `to`, `ty`, `pc`, `tqf`) or none.
 */
export const PARAMETERS: readonly Parameter[] = [
  elsewhere("op", "operation", "request", "number"),
  elsewhere("to", "to", "both", "text"),
  header("fr", "from", "both", "X-M2M-Origin", "text"),
  header("rqi", "requestIdentifier", "both", "X-M2M-RI", "text"),
  elsewhere("ty", "resourceType", "request", "number"),
  elsewhere("pc", "primitiveContent", "both", "wildcard"),
  header("rsc", "responseStatusCode", "response", "X-M2M-RSC", "number"),
  query("rids", "roleIDs", "texts"),
  header("ot", "originatingTimestamp", "both", "X-M2M-OT", "time"),
  header("rqet", "requestExpirationTimestamp", "request", "X-M2M-RET", "time"),
  header("rset", "resultExpirationTimestamp", "both", "X-M2M-RST", "time"),
  header("oet", "operationExecutionTime", "request", "X-M2M-OET", "time"),
  {
    short: "rt",
    name: "responseType",
    occurs: "request",
    header: "X-M2M-RTU",
    query: "rt",
    type: "responseType",
  },
  query("rp", "resultPersistence", "time"),
  query("rcn", "resultContent", "number"),
  header("ec", "eventCategory", "both", "X-M2M-EC", "number"),
  query("da", "deliveryAggregation", "boolean"),
  header("gid", "groupRequestIdentifier", "request", "X-M2M-GID", "text"),
  elsewhere("fc", "filterCriteria", "request", "filterCriteria"),
  query("drt", "desiredIdentifierResultType", "number"),
  header("tkns", "tokens", "request", "Authorization", "texts"),
  query("tids", "tokenIDs", "texts"),
  query("ltids", "localTokenIDs", "texts"),
  query("tqi", "tokenRequestIndicator", "boolean"),
  // TS-0009 has no place for it. Our choice: a query field, as for the other lists.
  query("grtm", "groupRequestTargetMembers", "texts"),
  elsewhere("gstn", "groupSomecastTargetNumber", "request", "number"),
  query("asi", "authorSignIndicator", "boolean"),
  header("aus", "authorSigns", "request", "X-M2M-AS", "texts"),
  query("auri", "authorRelIndicator", "boolean"),
  query("sqi", "semanticQueryIndicator", "boolean"),
  header("cnst", "contentStatus", "response", "X-M2M-CTS", "number"),
  header("cnot", "contentOffset", "response", "X-M2M-CTO", "number"),
  header("ati", "assignedTokenIdentifiers", "response", "X-M2M-ATI", "assignedTokens"),
  elsewhere("tqf", "tokenRequestInformation", "response", "tokenRequest"),
  header("asri", "authorSignReqInfo", "response", "X-M2M-ASRI", "boolean"),
  header("rvi", "releaseVersionIndicator", "both", "X-M2M-RVI", "text"),
  header("vsi", "vendorInformation", "both", "X-M2M-VSI", "text"),
  {
    ...elsewhere("omr", "ontologyMappingResources", "request", "texts"),
    laterHeader: "X-M2M-OMR",
  },
  {
    ...elsewhere("prpi", "primitiveProfileIdentifier", "request", "text"),
    laterHeader: "X-M2M-PRPI",
  },
  { ...elsewhere("msu", "m2mServiceUser", "both", "text"), laterHeader: "X-M2M-MSU" },
];

/** The members of filterCriteria; any other name is, in HTTP, the name of an attribute (TS-0009, 6.2.2.2). */
export const FILTER_FIELDS: readonly FilterField[] = [
  filter("crb", "createdBefore", "time"),
  filter("cra", "createdAfter", "time"),
  filter("ms", "modifiedSince", "time"),
  filter("us", "unmodifiedSince", "time"),
  filter("sts", "stateTagSmaller", "number"),
  filter("stb", "stateTagBigger", "number"),
  filter("exb", "expireBefore", "time"),
  filter("exa", "expireAfter", "time"),
  filter("lbl", "labels", "texts"),
  filter("clbl", "childLabels", "texts"),
  filter("palb", "parentLabels", "texts"),
  filter("lbq", "labelsQuery", "text"),
  filter("ty", "resourceType", "numbers"),
  filter("chty", "childResourceType", "numbers"),
  filter("pty", "parentResourceType", "numbers"),
  filter("sza", "sizeAbove", "number"),
  filter("szb", "sizeBelow", "number"),
  filter("cty", "contentType", "texts"),
  filter("atr", "attribute", "conditions"),
  filter("catr", "childAttribute", "conditions"),
  filter("patr", "parentAttribute", "conditions"),
  filter("fu", "filterUsage", "number"),
  filter("lim", "limit", "number"),
  filter("smf", "semanticsFilter", "statements"),
  filter("fo", "filterOperation", "number"),
  filter("cfs", "contentFilterSyntax", "number"),
  filter("cfq", "contentFilterQuery", "text"),
  filter("lvl", "level", "number"),
  filter("ofst", "offset", "number"),
  filter("arp", "applyRelativePath", "text"),
  filter("gmty", "geometryType", "number"),
  filter("geom", "geometry", "text"),
  filter("gsf", "geoSpatialFunction", "number"),
];

const NOT_IN_NOTIFY: readonly Operation[] = ["create", "retrieve", "update", "delete"];
/** Operations that may have a parameter, for those that not all may have (TS-0004, table 7.2.1.1-1). */
const ALLOWED: ReadonlyMap<string, readonly Operation[]> = new Map([
  ["fc", ["retrieve", "update", "delete"]],
  ["drt", ["retrieve"]],
  ["sqi", ["retrieve"]],
  ...["rp", "rcn", "grtm", "gstn", "asi", "aus", "auri"].map(
    (short) => [short, NOT_IN_NOTIFY] as const,
  ),
]);

/** Attributes that no attribute condition may name: filterCriteria has members for them (TS-0004, 7.3.3.17.9). */
const NO_CONDITIONS: ReadonlySet<string> = new Set("ct lt st et lbl ty cs cnf".split(" "));

/** The first parameter that `operation` must not have, as a sentence; undefined when there is none. */
export function misplacedParameter(operation: Operation, carried: Carried): string | undefined {
  for (const short of carried.keys()) {
    const allowed = ALLOWED.get(short);
    if (allowed !== undefined && !allowed.includes(operation)) {
      return `${parameterByShort(short)?.name} (${short}) is not for the operation ${operation}`;
    }
  }
  return undefined;
}

/** Whether an attribute condition may name the attribute. */
export const mayBeCondition = (attribute: string): boolean => !NO_CONDITIONS.has(attribute);

const BY_SHORT = new Map(PARAMETERS.map((parameter) => [parameter.short, parameter]));
const BY_QUERY = new Map(
  PARAMETERS.flatMap((parameter) =>
    parameter.query === undefined ? [] : [[parameter.query, parameter] as const],
  ),
);
/** In the canonical and in the lower-case spelling, so that the usual ones need no conversion. */
const BY_HEADER = new Map(
  PARAMETERS.flatMap((parameter) =>
    parameter.header === undefined
      ? []
      : [
          [parameter.header, parameter] as const,
          [parameter.header.toLowerCase(), parameter] as const,
        ],
  ),
);
const BY_LATER_HEADER = new Map(
  PARAMETERS.flatMap((parameter) =>
    parameter.laterHeader === undefined
      ? []
      : [[parameter.laterHeader.toLowerCase(), parameter] as const],
  ),
);
/** What mobius4 calls X-M2M-MSU. */
const SERVICE_USER = "x-m2m-user";
const FILTER_BY_SHORT = new Map(FILTER_FIELDS.map((field) => [field.short, field]));

export const parameterByShort = (short: string): Parameter | undefined => BY_SHORT.get(short);
export const parameterByQuery = (name: string): Parameter | undefined => BY_QUERY.get(name);
export const filterByShort = (short: string): FilterField | undefined => FILTER_BY_SHORT.get(short);

/** The parameter that a header field carries, whatever the case of `name` (TS-0009, 5.1). */
export function parameterByHeader(name: string): Parameter | undefined {
  // Most header fields of a request are none of ours: two letters tell, without a conversion.
  const first = name.charCodeAt(0) | 0x20;
  const isCandidate =
    first === 0x78 ? (name.charCodeAt(2) | 0x20) === 0x6d : first === 0x61 && name.length === 13;
  return isCandidate ? (BY_HEADER.get(name) ?? BY_HEADER.get(name.toLowerCase())) : undefined;
}

/** The same for the header fields of later releases. */
export function parameterByLaterHeader(name: string): Parameter | undefined {
  const key = name.toLowerCase();
  return key === SERVICE_USER ? BY_SHORT.get("msu") : BY_LATER_HEADER.get(key);
}

/** The header field in which a parameter goes out. @param later with those of later releases */
export const headerOf = (parameter: Parameter | undefined, later: boolean): string | undefined =>
  parameter?.header ?? (later ? parameter?.laterHeader : undefined);

const DIGITS = /^\d{1,15}$/;

/** The value that `text` stands for in a header field or query; undefined when it is none of `type`. */
export function parseScalar(type: ScalarType, text: string): string | number | boolean | undefined {
  switch (type) {
    case "text":
    case "time":
      return text;
    case "number":
      return DIGITS.test(text) ? Number(text) : undefined;
    case "boolean":
      if (text === "true" || text === "1") return true;
      return text === "false" || text === "0" ? false : undefined;
  }
}

/**
 * The text of `value` in a header field or query; undefined when it is none of `type`.
 *
 * Numbers and booleans that a peer wrote as strings count, and so do numbers where a text or time belongs.
 */
export function formatScalar(type: ScalarType, value: unknown): string | undefined {
  switch (type) {
    case "text":
    case "time":
      return typeof value === "string" ? value : digitsOf(value);
    case "number":
      return typeof value === "string" && DIGITS.test(value) ? value : digitsOf(value);
    case "boolean": {
      const flag = typeof value === "string" ? parseScalar("boolean", value) : value;
      return typeof flag === "boolean" ? String(flag) : undefined;
    }
  }
}

function digitsOf(value: unknown): string | undefined {
  const isNumber = typeof value === "bigint" || Number.isSafeInteger(value);
  return isNumber && (value as number | bigint) >= 0 ? String(value) : undefined;
}

function header(
  short: string,
  name: string,
  occurs: Parameter["occurs"],
  field: string,
  type: ValueType,
): Parameter {
  return { short, name, occurs, header: field, query: undefined, type };
}

function query(short: string, name: string, type: ValueType): Parameter {
  return { short, name, occurs: "request", header: undefined, query: short, type };
}

function elsewhere(
  short: string,
  name: string,
  occurs: Parameter["occurs"],
  type: ValueType,
): Parameter {
  return { short, name, occurs, header: undefined, query: undefined, type };
}

function filter(short: string, name: string, type: FilterField["type"]): FilterField {
  return { short, name, type };
}
