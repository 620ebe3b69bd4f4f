import { GatewayError } from "../../base/errors.ts";
import {
  type Content,
  isTreeObject,
  MadeContent,
  type Serialization,
} from "../../primitive/content.ts";
import { headerOf, misplacedParameter, parameterByShort } from "../../primitive/parameters.ts";
import {
  type Carried,
  NOTHING_CARRIED,
  type Operation,
  type RequestPrimitive,
  requestId,
  type TargetId,
} from "../../primitive/primitive.ts";
import type { Trace } from "../../primitive/trace.ts";
import { isToken, tokensOf } from "./authorization.ts";
import { type ContentType, writeContentType } from "./content-type.ts";
import {
  carriedOf,
  formatTargets,
  isFieldValue,
  parseTargets,
  readHeaderFields,
  writeHeaderValue,
} from "./header-fields.ts";
import { isBodyless, methodOf } from "./methods.ts";
import { readQuery, writeQuery } from "./query.ts";
import { pathOf, splitAttribute } from "./target.ts";

/** An HTTP request without its body, its method and path already understood. */
export interface HttpRequestHead {
  readonly operation: Operation;
  readonly to: TargetId;
  /** Percent-encoded, without `?`; "" when there is none. */
  readonly query: string;
  /** Names and values in turn, as node gives them. */
  readonly rawHeaders: readonly string[];
  readonly contentType: ContentType;
  /** What the originator reads the answer in; undefined when it takes any. */
  readonly answerIn?: Serialization | undefined;
  readonly trace?: Trace | undefined;
}

/** A request primitive as HTTP. The caller adds Host, Content-Length and Accept. */
export interface HttpRequest {
  readonly method: string;
  /** Origin-form: path and query. */
  readonly target: string;
  /** Names and values in turn, names in the spelling of TS-0009. */
  readonly headers: string[];
  /** What to write as body; undefined for none, as of a Retrieve, whose content is in the query. */
  readonly content: Content | undefined;
}

const AE = 2;
const NOTIFY_ROOTS: ReadonlySet<string | undefined> = new Set([
  "m2m:sgn",
  "m2m:agn",
  "m2m:rsp",
  "m2m:seci",
]);
const ATTRIBUTE_LIST_ROOTS: ReadonlySet<string | undefined> = new Set(["m2m:atrl", "atrl"]);
const NO_ATTRIBUTES: readonly string[] = [];
/** Parameters of a header field that have a member of their own in a request, or need more than that field. */
const OWN: ReadonlySet<string> = new Set(["fr", "rqi", "rvi", "rt", "tkns"]);

/**
 * The request primitive of an HTTP request (TS-0009, 6.2 and 6.4).
 *
 * @param content the body, decoded; ignored for GET and DELETE, which have none
 * @param options `releaseVersion` stands for a missing X-M2M-RVI, which only Release 1 leaves out (TS-0004, 7.3.2.1)
 * @throws GatewayError GW_REQUEST_INVALID, GW_ORIGINATOR_MISSING
 */
export function requestFromHttp(
  head: HttpRequestHead,
  content: Content | undefined,
  options: {
    readonly releaseVersion: string | undefined;
    readonly laterHeaders?: boolean;
  } = { releaseVersion: "1" },
): RequestPrimitive {
  const { operation, to } = head;
  const { resourceType } = head.contentType;
  if (operation !== "create" && resourceType !== undefined) {
    throw invalid("only a POST may have ty in its Content-Type");
  }

  const { texts, repeated } = readHeaderFields(
    head.rawHeaders,
    "request",
    options.laterHeaders ?? false,
  );
  if (repeated !== undefined) throw invalid(`the header ${repeated} occurs twice`);
  const requestIdentifier = texts.get("rqi");
  if (requestIdentifier === undefined) throw invalid("the header X-M2M-RI is missing");
  const from = texts.get("fr");
  if (from === undefined && resourceType !== AE) throw new GatewayError("GW_ORIGINATOR_MISSING");

  const { carried, attributeList } = carriedFrom(texts, head.query);
  if (operation !== "retrieve" && attributeList.length > 0) {
    throw invalid("only a GET may have the query field atrl");
  }
  checkPlaces(operation, carried);
  return {
    kind: "request",
    operation,
    to,
    from,
    requestIdentifier: requestId(requestIdentifier),
    resourceType,
    releaseVersion: texts.get("rvi") ?? options.releaseVersion,
    content: contentOf(operation, content, attributeList),
    carried,
    answerIn: head.answerIn,
    trace: head.trace,
  };
}

function checkPlaces(operation: Operation, carried: Carried): void {
  if (carried.size === 0) return;
  const misplaced = misplacedParameter(operation, carried);
  if (misplaced === undefined) return;
  // Any query field without a meaning of its own is one (TS-0009, 6.2.2.2).
  const hint = carried.has("fc") ? "; a query field that is no parameter counts as a filter" : "";
  throw invalid(misplaced + hint);
}

function carriedFrom(
  texts: ReadonlyMap<string, string>,
  query: string,
): { carried: Carried; attributeList: readonly string[] } {
  const { carried: fromHeaders, malformed } = carriedOf(texts, OWN);
  const [bad] = malformed;
  if (bad !== undefined) {
    throw invalid(`the header ${parameterByShort(bad)?.header} has a value that is not valid`);
  }
  const { carried: fromQuery, attributeList } =
    query === "" ? { carried: undefined, attributeList: NO_ATTRIBUTES } : readQuery(query);
  const tokens = tokensOf(texts.get("tkns"));
  if (fromHeaders === undefined && fromQuery === undefined && tokens === undefined) {
    return { carried: NOTHING_CARRIED, attributeList };
  }
  const carried = fromQuery ?? new Map<string, unknown>();
  for (const [short, value] of fromHeaders ?? []) carried.set(short, value);
  if (tokens !== undefined) carried.set("tkns", tokens);
  addTargets(carried, texts.get("rt"));
  return { carried, attributeList };
}

/** Without a response type nobody is ever notified, so the list alone means nothing. */
function addTargets(carried: Map<string, unknown>, text: string | undefined): void {
  const responseType = carried.get("rt");
  if (text === undefined || typeof responseType !== "object") return;
  const targets = parseTargets(text);
  if (targets === undefined) throw invalid("the header X-M2M-RTU has an empty item");
  carried.set("rt", { ...responseType, nu: targets });
}

function contentOf(
  operation: Operation,
  content: Content | undefined,
  attributeList: readonly string[],
): Content | undefined {
  switch (operation) {
    case "retrieve":
      return attributeList.length === 0
        ? undefined
        : new MadeContent({ "m2m:atrl": attributeList });
    case "delete":
      return undefined;
    case "notify":
      if (content !== undefined && !NOTIFY_ROOTS.has(content.root())) {
        throw invalid(
          "its content is no notification; to create a resource, add its type to Content-Type, as in application/json;ty=4",
        );
      }
      return required(content);
    case "create":
    case "update":
      return required(content);
  }
}

function required(content: Content | undefined): Content {
  if (content === undefined) throw invalid("POST and PUT need content");
  return content;
}

/**
 * A request primitive as HTTP (TS-0009, 6.2 and 6.4).
 *
 * Parameters for which HTTP has no place are left out, and so is a release version of 1, which has no header field.
 *
 * @param options `mediaType` is what the content will be written in, without parameters
 * @throws GatewayError GW_REQUEST_INVALID for what would become another request, such as a line break in a header field
 */
export function httpFromRequest(
  request: RequestPrimitive,
  {
    mediaType,
    laterHeaders = false,
  }: { readonly mediaType: string; readonly laterHeaders?: boolean },
): HttpRequest {
  const { operation, carried } = request;
  checkPlaces(operation, carried);
  const headers: string[] = [];
  if (request.from !== undefined) writeHeader(headers, "X-M2M-Origin", request.from);
  writeHeader(headers, "X-M2M-RI", request.requestIdentifier);
  if (request.releaseVersion !== undefined && request.releaseVersion !== "1") {
    writeHeader(headers, "X-M2M-RVI", request.releaseVersion);
  }
  const content = isBodyless(operation) ? undefined : request.content;
  writeMediaType(headers, request, content, mediaType);
  for (const [short, value] of carried) writeCarried(headers, short, value, laterHeaders);

  const path = pathOf(request.to);
  const query = writeQuery(carried, attributeListOf(request));
  return {
    method: methodOf(operation),
    target: query === "" ? path : `${path}?${query}`,
    headers,
    content,
  };
}

/** `ty` travels in Content-Type alone: a Create without it, or without a body, would arrive as a Notify. */
function writeMediaType(
  headers: string[],
  { operation, resourceType }: RequestPrimitive,
  content: Content | undefined,
  mediaType: string,
): void {
  if (operation === "create" && (resourceType === undefined || content === undefined)) {
    throw invalid("a Create needs a resource type and content");
  }
  if (content === undefined) return;
  const type = operation === "create" ? resourceType : undefined;
  headers.push("Content-Type", writeContentType(mediaType, type));
}

/** `#attr` of To and the content of a Retrieve, which has no body in HTTP (TS-0009, 6.2.2.2). */
function attributeListOf({ operation, to, content }: RequestPrimitive): readonly string[] {
  const { attribute } = splitAttribute(to);
  if (operation !== "retrieve") {
    if (attribute !== undefined) throw invalid("only a Retrieve may address an attribute");
    return NO_ATTRIBUTES;
  }
  const listed = listedAttributesOf(content);
  return attribute === undefined ? listed : [attribute, ...listed];
}

function listedAttributesOf(content: Content | undefined): readonly string[] {
  const root = content?.root();
  if (content === undefined || root === undefined || !ATTRIBUTE_LIST_ROOTS.has(root)) {
    return NO_ATTRIBUTES;
  }
  const tree = content.tree();
  const list = isTreeObject(tree) ? tree[root] : undefined;
  if (!Array.isArray(list) || !list.every((name) => typeof name === "string")) {
    throw invalid("the attribute list is no list of names");
  }
  return list;
}

function writeCarried(
  headers: string[],
  short: string,
  value: unknown,
  laterHeaders: boolean,
): void {
  const parameter = parameterByShort(short);
  const name = headerOf(parameter, laterHeaders);
  if (parameter === undefined || name === undefined || parameter.occurs === "response") return;
  const isTargets = short === "rt";
  const written = isTargets ? (value as { nu?: unknown } | null)?.nu : value;
  // No targets are not the same as an empty list of them.
  if (isTargets && written === undefined) return;
  const text = isTargets ? formatTargets(written) : writeHeaderValue(parameter.type, written);
  if (text === undefined || (short === "tkns" && !(written as unknown[]).every(isToken))) {
    throw invalid(`${short} cannot be written in the header ${name}`);
  }
  writeHeader(headers, name, text);
}

function writeHeader(headers: string[], name: string, text: string): void {
  if (!isFieldValue(text))
    throw invalid(`the value for ${name} has characters that HTTP cannot carry`);
  headers.push(name, text);
}

function invalid(detail: string): GatewayError {
  return new GatewayError("GW_REQUEST_INVALID", detail);
}
