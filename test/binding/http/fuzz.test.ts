import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/base/errors.ts";
import { chooseAccepted } from "../../../src/binding/http/accept.ts";
import { classify } from "../../../src/binding/http/classify.ts";
import { parseContentType } from "../../../src/binding/http/content-type.ts";
import { operationOf } from "../../../src/binding/http/methods.ts";
import { readQuery } from "../../../src/binding/http/query.ts";
import {
  type HttpRequest,
  httpFromRequest,
  requestFromHttp,
} from "../../../src/binding/http/request-mapping.ts";
import { originForm, splitTarget, targetOf } from "../../../src/binding/http/target.ts";
import type { Route } from "../../../src/core/route.ts";
import { MadeContent } from "../../../src/primitive/content.ts";
import { FILTER_FIELDS, PARAMETERS } from "../../../src/primitive/parameters.ts";
import { type RequestPrimitive, targetId } from "../../../src/primitive/primitive.ts";

const SEED = 20_260_102;
const PREFIX = "/poa";
const JSON_BODY = { mediaType: "application/json" };
const applications = {
  routeOf: (): Route => ({ via: "cse" }),
  targetBehind: (token: string) => (token === "known" ? targetId("CAE1") : undefined),
};

const piecesOf = (maxLength: number, ...pieces: readonly string[]): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 12, arbitrary: fc.constantFrom(...pieces) },
        // What node lets through in a head: one byte each, no controls but the tab.
        fc
          .integer({ min: 0x20, max: 0xff })
          .filter((code) => code !== 0x7f)
          .map((code) => String.fromCharCode(code)),
      ),
      { maxLength },
    )
    .map((parts) => parts.join(""));

const ESCAPES = "%7E %5F %2F %2f %00 %23 % %C3 %C3%A9 %ED%A0%80 %ZZ %25 %2B %0D%0A".split(" ");
const path = piecesOf(
  8,
  ...ESCAPES,
  ..."/ / // ~ /~/ /_/ _ . .. /./ id-in CAE1 cse-in /poa/ known # #lbl %23lbl -".split(" "),
);
const QUERY_NAMES = [
  ...PARAMETERS.flatMap(({ query }) => (query === undefined ? [] : [query])),
  ...FILTER_FIELDS.map(({ short }) => short),
  ..."atrl c.rn p.lbl x __proto__ constructor".split(" "),
];
const VALUES = [
  "",
  ..."0 1 3 -1 true false 1e3 99999999999999999999 20240101T000000 20240101T250000 1000".split(" "),
  ...'a a+b a,b "a" CAE1:x *'.split(" "),
  ...ESCAPES,
];
const field = fc
  .tuple(
    fc.constantFrom(...QUERY_NAMES),
    fc.constantFrom("=", "=", "=", "", "=="),
    fc.oneof(fc.constantFrom(...VALUES), piecesOf(4, ...VALUES, "+", "&", "=")),
  )
  .map((parts) => parts.join(""));
const query = fc.oneof(
  fc.array(field, { maxLength: 5 }).map((fields) => fields.join("&")),
  piecesOf(8, ...QUERY_NAMES, ...VALUES, "&", "=", "+", "?"),
);
const target = fc
  .tuple(
    fc.constantFrom("", ..."/ / / /~/ /_/ /poa/ /poa/known http://host http:// *".split(" ")),
    path,
    fc.option(query, { nil: undefined }),
  )
  .map(([start, rest, fields]) => start + rest + (fields === undefined ? "" : `?${fields}`));

const contentType = fc.option(
  fc.oneof(
    fc.constantFrom(
      "application/json",
      "application/json;ty=4",
      "application/xml; charset=utf-8",
      "application/vnd.onem2m-res+cbor;ty=2",
    ),
    piecesOf(
      8,
      ...'application/ json xml cbor vnd.onem2m- ntfy+ ; ty TY= = 4 "4" " \\ charset= utf-8 ,'.split(
        " ",
      ),
      " ",
      "999999999999",
    ),
  ),
  { nil: undefined },
);
const accept = fc.option(
  piecesOf(
    10,
    ..."application/json application/xml application/cbor */* application/* text/html".split(" "),
    ...', ;q= 0 1 0.5 -1 1e9 NaN Infinity ; " \\ q ='.split(" "),
    ", ",
  ),
  { nil: undefined },
);

const headerNames = PARAMETERS.flatMap(({ header }) => (header === undefined ? [] : [header]));
const header = fc
  .tuple(
    fc.oneof(fc.constantFrom(...headerNames), fc.constantFrom("X-M2M-Unknown", "Host", "")),
    fc.boolean(),
    fc.oneof(
      fc.constantFrom(...VALUES),
      piecesOf(5, ...VALUES, "Bearer ", " ", "\t", "/", ":", ";", "&"),
    ),
  )
  .map(([name, isLower, text]) => [isLower ? name.toLowerCase() : name, text]);
const rawHeaders = fc
  .tuple(
    fc.constantFrom([], ["X-M2M-RI", "r1"], ["X-M2M-Origin", "CAE1", "X-M2M-RI", "r1"]),
    fc.array(header, { maxLength: 5 }),
  )
  .map(([own, others]) => [...own, ...others.flat()]);
const method = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("GET", "POST", "PUT", "DELETE") },
  fc.constantFrom("PATCH", "HEAD", "OPTIONS", "get", "", "CONNECT"),
);
const content = fc.constantFrom(
  undefined,
  new MadeContent({ "m2m:sgn": { sur: "s" } }),
  new MadeContent({ "m2m:cin": { con: "1" } }),
  new MadeContent({ "m2m:atrl": ["lbl"] }),
  new MadeContent(null),
);
type Head = typeof head extends fc.Arbitrary<infer T> ? T : never;
const head = fc.record({
  method,
  target,
  contentType,
  accept,
  rawHeaders,
  content,
  mayPass: fc.boolean(),
});

/** What `make` gives; undefined when it refuses with a Response Status Code and a sentence. */
function unlessRefused<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    expect(error.rsc).toBeGreaterThanOrEqual(4000);
    expect(error.message).toMatch(/\S{3}/);
    return undefined;
  }
}

/** The primitive of a request, by the way the server goes. */
function received({
  method,
  target: url,
  contentType,
  rawHeaders,
  content,
  mayPass,
}: Head): RequestPrimitive | undefined {
  const classified = classify({ method, url, contentType }, PREFIX, applications, mayPass);
  if (classified?.operation === undefined) return undefined;
  const { operation, to, query, contentType: type } = classified;
  return requestFromHttp({ operation, to, query, rawHeaders, contentType: type }, content);
}

/** The primitive that the next gateway makes of a request written here. */
function readAgain({ method, target, headers, content }: HttpRequest): RequestPrimitive {
  const { path, query } = splitTarget(target);
  const at = headers.indexOf("Content-Type");
  const contentType = parseContentType(at < 0 ? undefined : headers[at + 1]);
  const operation = operationOf(method, contentType.resourceType);
  if (operation === undefined) throw new Error(`no operation for ${method}`);
  const to = targetOf(path);
  return requestFromHttp({ operation, to, query, rawHeaders: headers, contentType }, content);
}

const holds = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number, check: (value: T) => void): void =>
  fc.assert(fc.property(arbitrary, check), { seed: SEED, numRuns });

describe("whatever the head of an HTTP request has,", () => {
  test("it is understood, or refused with a Response Status Code and a sentence", () => {
    holds(head, 6000, (sent) => {
      unlessRefused(() => originForm(sent.target));
      unlessRefused(() => received(sent));
    });
  });

  test("what is understood says the same when it is written as HTTP again", () => {
    holds(head, 6000, (sent) => {
      const primitive = unlessRefused(() => received(sent));
      // A slash at the end means nothing, and one is taken off on each way.
      if (primitive === undefined || /\/(?:#.*)?$/.test(primitive.to)) return;
      const written = unlessRefused(() => httpFromRequest(primitive, JSON_BODY));
      if (written === undefined) return;
      const again = readAgain(written);
      expect(again.carried).toEqual(primitive.carried);
      expect(httpFromRequest(again, JSON_BODY)).toEqual(written);
    });
  });

  test("a query is read or refused", () => {
    holds(query, 4000, (text) => {
      const read = unlessRefused(() => readQuery(text));
      if (read !== undefined)
        expect(Object.getPrototypeOf(read.carried.get("fc") ?? {})).toBe(Object.prototype);
    });
  });

  test("a Content-Type is read or refused", () => {
    holds(contentType, 2000, (text) => {
      const type = unlessRefused(() => parseContentType(text));
      expect([undefined, "json", "xml", "cbor"]).toContain(type?.serialization);
    });
  });

  test("an Accept leads to what is available, or to none of it", () => {
    const available = fc.subarray(["json", "xml", "cbor"] as const, { minLength: 1 });
    holds(fc.tuple(accept, available), 3000, ([text, there]) => {
      expect([...there, "no-preference", "not-acceptable"]).toContain(chooseAccepted(text, there));
    });
  });
});
