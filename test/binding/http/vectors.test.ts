import { describe, expect, test } from "vitest";
import { parseContentType } from "../../../src/binding/http/content-type.ts";
import { operationOf } from "../../../src/binding/http/methods.ts";
import { httpFromRequest, requestFromHttp } from "../../../src/binding/http/request-mapping.ts";
import { httpFromResponse, responseFromHttp } from "../../../src/binding/http/response-mapping.ts";
import { splitTarget, targetOf } from "../../../src/binding/http/target.ts";
import { jsonCodec } from "../../../src/codec/json/json.ts";
import { type Content, MadeContent, type Tree } from "../../../src/primitive/content.ts";
import {
  operationNumber,
  operationOf as operationOfNumber,
  type RequestPrimitive,
  type ResponsePrimitive,
  requestId,
  targetId,
} from "../../../src/primitive/primitive.ts";
import examples from "../../vectors/http-examples.json" with { type: "json" };

type ShortNames = Record<string, unknown>;
interface Example {
  readonly name: string;
  readonly kind: string;
  readonly direction: string;
  readonly http: {
    readonly method?: string;
    readonly target?: string;
    readonly status?: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: unknown;
  };
  readonly primitive: ShortNames;
}

const EXAMPLES = examples as unknown as readonly Example[];
const IGNORED = new Set(["host", "accept", "content-length", "date", "server", "connection"]);
const LIST_FIELDS = new Set(["ty", "lbl", "cty", "atrl", "rids", "tids", "ltids"]);

const chosen = (kind: string, direction: string): readonly Example[] =>
  EXAMPLES.filter(
    (example) =>
      isJson(example.http.body) &&
      example.kind === kind &&
      (example.direction === "both" || example.direction === direction),
  );

test("the examples are all there, those of JSON or without a body in each direction", () => {
  expect(EXAMPLES).toHaveLength(74);
  const directions = ["request", "response"].flatMap((kind) =>
    ["decode", "encode"].map((direction) => chosen(kind, direction).length),
  );
  expect(directions).toEqual([38, 33, 29, 29]);
});

describe("request primitives from HTTP", () => {
  test.each(chosen("request", "decode"))("the request $name is read", ({ http, primitive }) => {
    const { path, query } = splitTarget(http.target ?? "");
    const contentType = parseContentType(headerOf(http.headers, "content-type"));
    const operation = operationOf(http.method ?? "", contentType.resourceType);
    if (operation === undefined) throw new Error(`no operation for ${http.method}`);
    const request = requestFromHttp(
      { operation, to: targetOf(path), query, rawHeaders: rawOf(http.headers), contentType },
      receivedContent(http.body),
    );
    expect(shortNamesOfRequest(request)).toEqual(primitive);
  });
});

describe("request primitives to HTTP", () => {
  test.each(chosen("request", "encode"))("the request $name is written", ({ http, primitive }) => {
    const written = httpFromRequest(requestOf(primitive), { mediaType: mediaTypeOf(http.headers) });
    expect(written.method).toBe(http.method);
    expect(comparable(written.target)).toEqual(comparable(http.target ?? ""));
    expect(fieldsOf(written.headers)).toEqual(fieldsOf(rawOf(http.headers)));
    expect(sentBody(written.content)).toEqual(http.body);
  });
});

describe("response primitives from HTTP", () => {
  test.each(chosen("response", "decode"))("the response $name is read", ({ http, primitive }) => {
    const { response, fault } = responseFromHttp(
      { status: http.status ?? 0, rawHeaders: rawOf(http.headers) },
      receivedContent(http.body),
      {
        operation: "retrieve",
        requestIdentifier: requestId(String(primitive["rqi"])),
        responseType: "blocking",
      },
    );
    expect(fault).toBeUndefined();
    expect(shortNamesOfResponse(response)).toEqual(primitive);
  });
});

describe("response primitives to HTTP", () => {
  test.each(chosen("response", "encode"))(
    "the response $name is written",
    ({ http, primitive }) => {
      const written = httpFromResponse(responseOf(primitive), {
        operation: http.status === 201 ? "create" : "retrieve",
        mediaType: mediaTypeOf(http.headers),
      });
      expect(written.status).toBe(http.status);
      expect(fieldsOf(written.headers)).toEqual(fieldsOf(rawOf(http.headers)));
      expect(sentBody(written.content)).toEqual(http.body);
    },
  );
});

/** XML stands as a text in the vectors, and CBOR as `$hex`. */
function isJson(body: unknown): boolean {
  return body === null || (typeof body === "object" && !("$hex" in body));
}

function receivedContent(body: unknown): Content | undefined {
  return body === null
    ? undefined
    : jsonCodec.decodeContent(Buffer.from(JSON.stringify(body)), { emptyIsNull: false });
}

function sentBody(content: Content | undefined): unknown {
  return content === undefined
    ? null
    : JSON.parse(String(jsonCodec.encodeContent(content, { emptyIsNull: false })));
}

function contentOf({ pc }: ShortNames): Content | undefined {
  return pc === undefined ? undefined : new MadeContent(pc as Tree);
}

function requestOf(primitive: ShortNames): RequestPrimitive {
  const { op, to, fr, rqi, ty, rvi, pc: _, ...others } = primitive;
  const operation = operationOfNumber(op as number);
  if (operation === undefined) throw new Error(`no operation ${op}`);
  return {
    kind: "request",
    operation,
    to: targetId(to as string),
    from: fr as string | undefined,
    requestIdentifier: requestId(rqi as string),
    resourceType: ty as number | undefined,
    releaseVersion: rvi as string | undefined,
    content: contentOf(primitive),
    carried: new Map(Object.entries(others)),
  };
}

function responseOf(primitive: ShortNames): ResponsePrimitive {
  const { rsc, rqi, rvi, pc: _, ...others } = primitive;
  return {
    kind: "response",
    responseStatusCode: rsc as number,
    requestIdentifier: requestId(rqi as string),
    releaseVersion: rvi as string | undefined,
    content: contentOf(primitive),
    carried: new Map(Object.entries(others)),
    failure: undefined,
  };
}

function shortNamesOfRequest(request: RequestPrimitive): ShortNames {
  return defined({
    op: operationNumber(request.operation),
    to: request.to,
    fr: request.from,
    rqi: request.requestIdentifier,
    ty: request.resourceType,
    rvi: request.releaseVersion,
    pc: request.content?.tree(),
    ...Object.fromEntries(request.carried),
  });
}

function shortNamesOfResponse(response: ResponsePrimitive): ShortNames {
  return defined({
    rsc: response.responseStatusCode,
    rqi: response.requestIdentifier,
    rvi: response.releaseVersion,
    pc: response.content?.tree(),
    ...Object.fromEntries(response.carried),
  });
}

const defined = (names: ShortNames): ShortNames =>
  Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined));

const rawOf = (headers: Readonly<Record<string, string>>): string[] =>
  Object.entries(headers).flat();

function headerOf(
  headers: Readonly<Record<string, string>>,
  lowerCaseName: string,
): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === lowerCaseName)?.[1];
}

const mediaTypeOf = (headers: Readonly<Record<string, string>>): string =>
  headerOf(headers, "content-type")?.split(";")[0] ?? "application/json";

/** Header fields in the spelling they have, without those that say nothing about the primitive. */
function fieldsOf(raw: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string;
    if (!IGNORED.has(name.toLowerCase())) fields[name] = raw[at + 1] as string;
  }
  return fields;
}

/** The path, and every field of the query with its decoded values, in an order of their own. */
function comparable(target: string): { path: string; fields: string[] } {
  const { path, query } = splitTarget(target);
  const fields = query.split("&").flatMap((field) => {
    const [name = "", value = ""] = field.split("=");
    const items = LIST_FIELDS.has(name) ? value.split("+") : [value];
    return items.map((item) => `${name}=${decodeURIComponent(item)}`);
  });
  return { path, fields: fields.sort() };
}
