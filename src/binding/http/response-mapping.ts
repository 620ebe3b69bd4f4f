import type { FailureCode } from "../../base/errors.ts";
import { Rsc } from "../../base/response-status-code.ts";
import type { HttpScheme } from "../../core/credential.ts";
import { type Content, isTreeObject, MadeContent, type Tree } from "../../primitive/content.ts";
import { headerOf, parameterByShort } from "../../primitive/parameters.ts";
import {
  NOTHING_CARRIED,
  type Operation,
  type RequestId,
  type ResponsePrimitive,
} from "../../primitive/primitive.ts";
import { challengesFor } from "../challenges.ts";
import { writeContentType } from "./content-type.ts";
import { carriedOf, isFieldValue, readHeaderFields, writeHeaderValue } from "./header-fields.ts";
import { type Asked, rscOf, statusOf } from "./status-table.ts";

/** A response primitive as HTTP. The caller adds Content-Length. */
export interface HttpResponse {
  readonly status: number;
  /** Names and values in turn, names in the spelling of TS-0009. */
  readonly headers: string[];
  /** What to write as body; undefined for none. */
  readonly content: Content | undefined;
}

/** An HTTP response read as the answer to a request. */
export interface HttpAnswer {
  readonly response: ResponsePrimitive;
  /** Why it cannot be the answer to that request, in words; undefined when nothing speaks against it. */
  readonly fault: string | undefined;
}

/** Failures whose HTTP status says more than that of their Response Status Code, with what HTTP then asks for. */
const FAILURE_STATUSES: ReadonlyMap<
  FailureCode | undefined,
  { readonly status: number; readonly headers: readonly string[] }
> = new Map([
  ["GW_CONTENT_TOO_LARGE", { status: 413, headers: [] }],
  ["GW_METHOD_NOT_ALLOWED", { status: 405, headers: ["Allow", "GET, POST, PUT, DELETE"] }],
  ["GW_HEAD_TOO_LARGE", { status: 431, headers: [] }],
  ["GW_TARGET_TOO_LONG", { status: 414, headers: [] }],
  ["GW_TOO_SLOW", { status: 408, headers: [] }],
  // RFC 9110, 15.5.16.
  ["GW_CONTENT_CODING_UNSUPPORTED", { status: 415, headers: ["Accept-Encoding", "identity"] }],
  ["GW_TOO_FAST", { status: 429, headers: ["Retry-After", "1"] }],
  ["GW_TOO_MANY_CONNECTIONS", { status: 429, headers: ["Retry-After", "5"] }],
  ["GW_TOO_MANY_REGISTREES", { status: 503, headers: ["Retry-After", "60"] }],
  ["GW_OVERLOADED", { status: 503, headers: ["Retry-After", "1"] }],
  ["GW_DRAINING", { status: 503, headers: ["Retry-After", "1"] }],
]);

/** Parameters of a header field that have a member of their own in a response. */
const OWN: ReadonlySet<string> = new Set(["rqi", "rsc", "rvi"]);
const TOKEN_REQUEST_ROOT = "m2m:tqf";

/**
 * A response primitive as HTTP (TS-0009, 6.3 and 6.4).
 *
 * A parameter whose value no header field can hold is left out: an answer without it is better than none.
 *
 * @param options `operation` is that of the request, where it has one; `mediaType` is what the content will be written in
 */
export function httpFromResponse(
  response: ResponsePrimitive,
  {
    operation,
    mediaType,
    laterHeaders = false,
    schemes = [],
  }: {
    readonly operation: Operation | undefined;
    readonly mediaType: string;
    readonly laterHeaders?: boolean;
    /** What credentials can be shown by. */
    readonly schemes?: readonly HttpScheme[];
  },
): HttpResponse {
  const rsc = response.responseStatusCode;
  const headers = ["X-M2M-RSC", String(rsc)];
  // Empty where the request was too broken to have one.
  writeHeader(headers, "X-M2M-RI", response.requestIdentifier);
  if (response.releaseVersion !== "1") writeHeader(headers, "X-M2M-RVI", response.releaseVersion);
  for (const [short, value] of response.carried) {
    const parameter = parameterByShort(short);
    const name = headerOf(parameter, laterHeaders);
    if (parameter === undefined || name === undefined || parameter.occurs === "request") continue;
    writeHeader(headers, name, writeHeaderValue(parameter.type, value));
  }
  const content = bodyOf(response);
  if (content !== undefined) {
    headers.push("Content-Type", writeContentType(mediaType, undefined));
  }
  if (operation === "create" && rsc === Rsc.CREATED) {
    writeHeader(headers, "Content-Location", createdUriOf(content));
  }
  const special = FAILURE_STATUSES.get(response.failure);
  if (special !== undefined) headers.push(...special.headers);
  const challenges = challengesFor(response.failure, schemes);
  headers.push(...challenges);
  const status = challenges.length > 0 ? 401 : (special?.status ?? statusOf(rsc));
  return { status, headers, content };
}

function writeHeader(headers: string[], name: string, text: string | undefined): void {
  if (text !== undefined && isFieldValue(text)) headers.push(name, text);
}

/** Token Request Information takes the place of all other content (TS-0009, 6.5). */
function bodyOf(response: ResponsePrimitive): Content | undefined {
  const tokenRequest = response.carried.get("tqf");
  return tokenRequest === undefined
    ? response.content
    : new MadeContent({ [TOKEN_REQUEST_ROOT]: tokenRequest as Tree });
}

/** The URI that a Create with rcn 2 or 3 answers (TS-0009, 6.4.4). */
function createdUriOf(content: Content | undefined): string | undefined {
  const root = content?.root();
  if (content === undefined || (root !== "m2m:uri" && root !== "m2m:rce")) return undefined;
  const value = memberOf(content.tree(), root);
  const uri = root === "m2m:uri" ? value : memberOf(value, "uri");
  return typeof uri === "string" ? uri : undefined;
}

const memberOf = (tree: Tree | undefined, name: string): Tree | undefined =>
  isTreeObject(tree) ? tree[name] : undefined;

/**
 * Reads an HTTP response (TS-0009, 6.3 and 6.4). Its X-M2M-RSC decides; without one its status does.
 *
 * Header fields that cannot be read are left out. The response bears the identifier of the request in any case.
 *
 * @param content the body, decoded; undefined when it is none of oneM2M's serializations
 */
export function responseFromHttp(
  { status, rawHeaders }: { readonly status: number; readonly rawHeaders: readonly string[] },
  content: Content | undefined,
  asked: Asked & {
    readonly requestIdentifier: RequestId;
    /** For an answer that is none of a CSE, such as a proxy's error page. */
    readonly releaseVersion?: string | undefined;
    readonly laterHeaders?: boolean;
  },
): HttpAnswer {
  const { texts, repeated } = readHeaderFields(rawHeaders, "response", asked.laterHeaders ?? false);
  const code = texts.get("rsc");
  const isCode = code !== undefined && /^\d{4}$/.test(code);
  const rsc = isCode ? Number(code) : rscOf(status, asked);
  const { carried } = carriedOf(texts, OWN);
  const body = texts.size === 0 ? onlyOneM2m(content) : content;
  const tokenRequest = rsc === Rsc.ORIGINATOR_HAS_NO_PRIVILEGE ? tokenRequestOf(body) : undefined;
  const response: ResponsePrimitive = {
    kind: "response",
    requestIdentifier: asked.requestIdentifier,
    responseStatusCode: rsc,
    releaseVersion: texts.size === 0 ? asked.releaseVersion : texts.get("rvi"),
    content: tokenRequest === undefined ? body : undefined,
    carried:
      tokenRequest === undefined
        ? (carried ?? NOTHING_CARRIED)
        : new Map([...(carried ?? NOTHING_CARRIED), ["tqf", tokenRequest]]),
    failure: undefined,
  };
  return { response, fault: faultOf(texts.get("rqi"), repeated, asked.requestIdentifier) };
}

function faultOf(
  answered: string | undefined,
  repeated: string | undefined,
  asked: RequestId,
): string | undefined {
  if (repeated !== undefined) return `the header ${repeated} occurs twice`;
  // ACME writes "None" when it fails before it has read the identifier; without one, the connection tells.
  if (answered === undefined || answered === asked || answered === "None") return undefined;
  return "X-M2M-RI is not that of the request";
}

/** Without any oneM2M header field the answer may be a proxy's own, in JSON by chance; names of oneM2M have a prefix. */
const onlyOneM2m = (content: Content | undefined): Content | undefined =>
  content?.root()?.includes(":") ? content : undefined;

/** Token Request Information; with or without a name of its own, as TS-0009, 6.5 names none. */
function tokenRequestOf(content: Content | undefined): Tree | undefined {
  const root = content?.root();
  if (content === undefined || root === undefined) return undefined;
  if (root === "dasi") return content.tree();
  return root === TOKEN_REQUEST_ROOT || root === "tqf" ? memberOf(content.tree(), root) : undefined;
}
