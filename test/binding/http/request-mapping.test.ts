import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseContentType } from "../../../src/binding/http/content-type.ts";
import { operationOf } from "../../../src/binding/http/methods.ts";
import {
  type HttpRequestHead,
  httpFromRequest,
  requestFromHttp,
} from "../../../src/binding/http/request-mapping.ts";
import { splitTarget, targetOf } from "../../../src/binding/http/target.ts";
import { type Content, MadeContent, type Tree } from "../../../src/primitive/content.ts";
import {
  FILTER_FIELDS,
  misplacedParameter,
  PARAMETERS,
} from "../../../src/primitive/parameters.ts";
import {
  NOTHING_CARRIED,
  OPERATIONS,
  type RequestPrimitive,
  requestId,
  targetId,
} from "../../../src/primitive/primitive.ts";

const invalid = expect.objectContaining({ code: "GW_REQUEST_INVALID", rsc: 4000 });
const ORIGIN = ["X-M2M-Origin", "CAE1"];
const MANDATORY = [...ORIGIN, "X-M2M-RI", "r1", "X-M2M-RVI", "3"];
const NOTIFICATION = { "m2m:sgn": { sur: "s" } };

interface Sent {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: readonly string[];
  readonly type?: string;
  readonly body?: Tree;
}

function receive({
  method = "GET",
  target = "/cse-in",
  headers = MANDATORY,
  type,
  body,
}: Sent): RequestPrimitive {
  const contentType = parseContentType(type);
  const operation = operationOf(method, contentType.resourceType);
  if (operation === undefined) throw new Error(`no operation for ${method}`);
  const { path, query } = splitTarget(target);
  return requestFromHttp(
    { operation, to: targetOf(path), query, rawHeaders: headers, contentType },
    body === undefined ? undefined : new MadeContent(body),
  );
}

function request(members: Partial<RequestPrimitive>): RequestPrimitive {
  return {
    kind: "request",
    operation: "retrieve",
    to: targetId("cse-in"),
    from: "CAE1",
    requestIdentifier: requestId("r1"),
    resourceType: undefined,
    releaseVersion: "3",
    content: undefined,
    carried: NOTHING_CARRIED,
    ...members,
  };
}

const send = (members: Partial<RequestPrimitive>): ReturnType<typeof httpFromRequest> =>
  httpFromRequest(request(members), { mediaType: "application/json" });

const carrying = (carried: object): Partial<RequestPrimitive> => ({
  carried: new Map(Object.entries(carried)),
});

describe("the operation (TS-0009, 6.2.1)", () => {
  test.each([
    ["POST", 3, "create"],
    ["POST", undefined, "notify"],
    ["GET", undefined, "retrieve"],
    ["PUT", undefined, "update"],
    ["DELETE", undefined, "delete"],
    ["PATCH", undefined, undefined],
    ["OPTIONS", undefined, undefined],
    ["HEAD", undefined, undefined],
    ["get", undefined, undefined],
  ])("%s with ty %s is %s", (method, resourceType, operation) => {
    expect(operationOf(method, resourceType)).toBe(operation);
  });
});

describe("reading a request", () => {
  test("nothing but the mandatory header fields shares one empty map", () => {
    expect(receive({}).carried).toBe(NOTHING_CARRIED);
  });

  test("every header field becomes its parameter, whatever its case and the blanks in lists (TS-0009, 6.4)", () => {
    const headers = [
      ...MANDATORY,
      ...["x-m2m-gid", "g1", "X-M2M-ot", "20260101T000000", "X-M2M-RST", "20000"],
      ...["X-M2M-RET", "10000", "X-M2M-OET", "PT5S", "X-M2M-EC", "4", "x-M2M-vsi", "a=b"],
      ...["X-M2M-AS", "a== + b", "X-M2M-RTU", "http://a/x?y=1%26z=2&/id-in/CAE2"],
      ...["Host", "h", "X-M2M-RSC", "2000", "X-M2M-NM", "n", "X-Other", "o", "X-M2M-CTS", "1"],
    ];
    expect(Object.fromEntries(receive({ headers, target: "/cse-in?rt=2" }).carried)).toEqual({
      gid: "g1",
      ot: "20260101T000000",
      rset: "20000",
      rqet: "10000",
      oet: "PT5S",
      ec: 4,
      vsi: "a=b",
      aus: ["a==", "b"],
      rt: { rtv: 2, nu: ["http://a/x?y=1&z=2", "/id-in/CAE2"] },
    });
  });

  test("X-M2M-RTU without a response type means nothing", () => {
    expect(receive({ headers: [...MANDATORY, "X-M2M-RTU", "http://a"] }).carried.size).toBe(0);
  });

  test("empty header fields count as absent", () => {
    const { carried, releaseVersion } = receive({
      headers: [...ORIGIN, "X-M2M-RI", "r1", "X-M2M-RVI", "", "X-M2M-EC", ""],
    });
    expect(carried).toBe(NOTHING_CARRIED);
    expect(releaseVersion).toBe("1");
  });

  test.each([["2a"], [undefined]])(
    "a missing X-M2M-RVI stands for %s where that is set",
    (releaseVersion) => {
      const contentType = parseContentType(undefined);
      const head = {
        operation: "retrieve" as const,
        to: targetId("cse-in"),
        query: "",
        rawHeaders: [...ORIGIN, "X-M2M-RI", "r1"],
        contentType,
      };
      expect(requestFromHttp(head, undefined, { releaseVersion }).releaseVersion).toBe(
        releaseVersion,
      );
    },
  );

  test("a body of GET or DELETE is ignored", () => {
    expect(receive({ body: { a: 1 } }).content).toBeUndefined();
    expect(receive({ method: "DELETE", body: { a: 1 } }).content).toBeUndefined();
  });

  test.each([["m2m:sgn"], ["m2m:agn"], ["m2m:rsp"], ["m2m:seci"]])(
    "POST without ty is a Notify when its content is %s",
    (root) => {
      const body = { [root]: {} };
      expect(receive({ method: "POST", body })).toMatchObject({
        operation: "notify",
        resourceType: undefined,
      });
    },
  );

  test.each([["Basic dXNlcjpwYXNz"], ["Bearer a.b.c"], ["bearer abc"], ["Digest username=x"]])(
    "the credential %s of HTTP is no Token",
    (value) => {
      expect(receive({ headers: [...MANDATORY, "Authorization", value] }).carried.size).toBe(0);
    },
  );

  test("bare JWS and JWE are Tokens, blanks after + or not (TS-0009, 6.4.19)", () => {
    const { carried } = receive({
      headers: [...MANDATORY, "authorization", "a-_.b.c+ d.e.f.g.h+x..y..z"],
    });
    expect(carried.get("tkns")).toEqual(["a-_.b.c", "d.e.f.g.h", "x..y..z"]);
  });

  test("an AE may register without originator, and nobody else may leave it out (TS-0004, 7.2.1.1)", () => {
    const headers = ["X-M2M-RI", "r1", "X-M2M-Origin", ""];
    const ae = { method: "POST", type: "application/json;ty=2", body: { "m2m:ae": {} }, headers };
    expect(receive(ae).from).toBeUndefined();
    for (const other of [
      { headers },
      { ...ae, type: "application/json;ty=3" },
      { ...ae, type: "application/json", body: NOTIFICATION },
    ]) {
      expect(() => receive(other)).toThrow(
        expect.objectContaining({ code: "GW_ORIGINATOR_MISSING" }),
      );
    }
  });

  test.each<[string, Sent, string]>([
    ["no request identifier", { headers: ORIGIN }, "X-M2M-RI"],
    ["an empty one", { headers: [...ORIGIN, "X-M2M-RI", ""] }, "X-M2M-RI"],
    ["a header field twice", { headers: [...MANDATORY, "x-m2m-ri", "r1"] }, "X-M2M-RI"],
    ["the originator twice", { headers: [...MANDATORY, "X-M2M-ORIGIN", "C2"] }, "X-M2M-Origin"],
    ["a list twice", { headers: [...MANDATORY, "X-M2M-AS", "a", "X-M2M-AS", "b"] }, "X-M2M-AS"],
    [
      "Authorization twice",
      { headers: [...MANDATORY, "Authorization", "Basic a", "Authorization", "a.b.c"] },
      "Authorization",
    ],
    ["a category that is no number", { headers: [...MANDATORY, "X-M2M-EC", "now"] }, "X-M2M-EC"],
    ["an empty item", { headers: [...MANDATORY, "X-M2M-AS", "a+"] }, "X-M2M-AS"],
    [
      "an empty target",
      { target: "/a?rt=2", headers: [...MANDATORY, "X-M2M-RTU", "a&"] },
      "X-M2M-RTU",
    ],
    [
      "an unknown credential",
      { headers: [...MANDATORY, "Authorization", "secret"] },
      "Authorization",
    ],
    ["ty on GET", { type: "application/json;ty=3" }, "ty"],
    ["ty on PUT", { method: "PUT", type: "application/json;ty=3", body: { "m2m:cnt": {} } }, "ty"],
    ["ty on DELETE", { method: "DELETE", type: "application/json;ty=3" }, "ty"],
    ["PUT without content", { method: "PUT" }, "content"],
    ["Create without content", { method: "POST", type: "application/json;ty=3" }, "content"],
    ["Notify without content", { method: "POST" }, "content"],
    ["a Create whose ty was forgotten", { method: "POST", body: { "m2m:cin": {} } }, "ty=4"],
    ["content of two roots", { method: "POST", body: { "m2m:sgn": {}, x: 1 } }, "ty=4"],
    [
      "a filter on Create",
      {
        method: "POST",
        target: "/a?lbl=x",
        type: "application/json;ty=3",
        body: { "m2m:cnt": {} },
      },
      "filter",
    ],
    ["a filter on Notify", { method: "POST", target: "/a?fu=1", body: NOTIFICATION }, "filter"],
    [
      "an unknown field on Notify",
      { method: "POST", target: "/a?x=1", body: NOTIFICATION },
      "filter",
    ],
    ["atrl on PUT", { method: "PUT", target: "/a?atrl=ri", body: { "m2m:cnt": {} } }, "atrl"],
    ["atrl on DELETE", { method: "DELETE", target: "/a?atrl=ri" }, "atrl"],
    ["atrl on POST", { method: "POST", target: "/a?atrl=ri", body: NOTIFICATION }, "atrl"],
    ["a field twice", { target: "/a?rcn=1&rcn=1" }, "rcn"],
  ])("%s is refused, and the answer says so", (_title, sent, word) => {
    expect(() => receive(sent)).toThrow(invalid);
    expect(() => receive(sent)).toThrow(word);
  });

  test("a credential is not repeated in the refusal", () => {
    const headers = [...MANDATORY, "Authorization", "s3cret value"];
    expect(() => receive({ headers })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("s3cret") }),
    );
  });
});

describe("writing a request", () => {
  test.each([["1"], [undefined]])(
    "a release version of %s is not sent (TS-0009, 6.4)",
    (releaseVersion) => {
      expect(send({ releaseVersion }).headers).toEqual([...ORIGIN, "X-M2M-RI", "r1"]);
    },
  );

  test("targets of a result notification are absent, empty or listed", () => {
    const headersFor = (rt: object): string[] => send(carrying({ rt })).headers.slice(6);
    expect(headersFor({ rtv: 2 })).toEqual([]);
    expect(headersFor({ rtv: 2, nu: [] })).toEqual(["X-M2M-RTU", ""]);
    expect(headersFor({ rtv: 2, nu: ["http://a/?x&y", "/id-in/C"] })).toEqual([
      "X-M2M-RTU",
      "http://a/?x%26y&/id-in/C",
    ]);
  });

  test("a relative time written as number is sent in digits (TS-0004, 6.3.3)", () => {
    expect(send(carrying({ rqet: 10_000 })).headers).toContain("10000");
  });

  test("an attribute and an attribute list become atrl, and no body (TS-0009, 6.2.2.2)", () => {
    const to = targetId("cse-in/a#ri");
    const content = new MadeContent({ atrl: ["lbl"] });
    expect(send({ to, content })).toMatchObject({
      target: "/cse-in/a?atrl=ri+lbl",
      content: undefined,
    });
  });

  test("other content of a Retrieve or Delete, which must not be there, is left out", () => {
    for (const operation of ["retrieve", "delete"] as const) {
      const sent = send({ operation, content: new MadeContent({ "m2m:cnt": {} }) });
      expect(sent).toMatchObject({ target: "/cse-in", content: undefined });
      expect(sent.headers).not.toContain("Content-Type");
    }
  });

  test("ty is sent with Create alone", () => {
    const content = new MadeContent({ "m2m:cnt": {} });
    expect(send({ operation: "create", resourceType: 3, content }).headers).toContain(
      "application/json;ty=3",
    );
    expect(send({ operation: "update", resourceType: 3, content }).headers).toContain(
      "application/json",
    );
  });

  test("parameters that HTTP has no place for, and unknown ones, are left out", () => {
    const sent = send(carrying({ prpi: "p", msu: "u", gstn: 1, cnst: 1, xyz: { a: 1 } }));
    expect(sent).toMatchObject({ target: "/cse-in", headers: MANDATORY });
  });

  const update = { operation: "update", content: new MadeContent({ "m2m:cnt": {} }) } as const;
  test.each<[string, Partial<RequestPrimitive>]>([
    ["a line break in the originator", { from: "CAE1\r\nX-M2M-RSC: 2000" }],
    ["a line feed in the request identifier", { requestIdentifier: requestId("a\nb") }],
    ["NUL in the release version", { releaseVersion: "3\0" }],
    ["a blank before the originator", { from: " CAE1" }],
    ["a line break in vendor information", carrying({ vsi: "a\r\n\r\nb" })],
    ["a line break in a target", carrying({ rt: { rtv: 2, nu: ["http://a\r\nX: y"] } })],
    ["characters beyond Latin-1", carrying({ gid: "組" })],
    ["+ inside an item of a list", carrying({ aus: ["a+b"] })],
    ["an empty item of a list", carrying({ aus: [""] })],
    ["an empty list of tokens", carrying({ tkns: [] })],
    ["a token that would be a credential", carrying({ tkns: ["Basic dXNlcg"] })],
    ["a category that is no number", carrying({ ec: "now" })],
    ["targets that are no list", carrying({ rt: { rtv: 2, nu: "http://a" } })],
    ["targets that are no texts", carrying({ rt: { rtv: 2, nu: [1] } })],
    ["a Create without resource type", { ...update, operation: "create" }],
    ["a Create without content", { operation: "create", resourceType: 3 }],
    ["filter criteria on Notify", { ...update, operation: "notify", ...carrying({ fc: {} }) }],
    ["an attribute on Update", { ...update, to: targetId("cse-in#lbl") }],
    ["an attribute list of numbers", { content: new MadeContent({ "m2m:atrl": [1] }) }],
  ])("%s is refused", (_title, members) => {
    expect(() => send(members)).toThrow(invalid);
  });
});

describe("there and back", () => {
  const token = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,8}$/);
  const fieldText = fc.stringMatching(/^[!-~](?:[ -~]{0,10}[!-~])?$/);
  const anyText = fc.string({ unit: "grapheme", minLength: 1, maxLength: 10 });
  const few = <T>(items: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
    fc.array(items, { minLength: 1, maxLength: 3 });
  const taken = new Set(["atrl", ...FILTER_FIELDS.map(({ short }) => short)]);
  for (const { query } of PARAMETERS) if (query !== undefined) taken.add(query);
  const attribute = anyText.filter((name) => !taken.has(name) && !/^[cp]\./.test(name));

  /** Values for a query, where every character can be escaped, or for a header field, where few can stand. */
  function valueFor(type: string, text: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
    switch (type) {
      case "number":
        return fc.nat();
      case "boolean":
        return fc.boolean();
      case "numbers":
        return few(fc.nat());
      case "texts":
        return few(text === anyText ? anyText : token);
      case "statements":
        return few(anyText);
      case "conditions":
        return few(fc.record({ nm: attribute, val: fc.string({ unit: "grapheme" }) }));
      case "responseType":
        return fc.record(
          {
            rtv: fc.integer({ min: 1, max: 5 }),
            nu: fc.array(
              fieldText.filter((uri) => !uri.includes("%26")),
              { maxLength: 3 },
            ),
          },
          { requiredKeys: ["rtv"] },
        );
      case "filterCriteria":
        return fc
          .record(
            Object.fromEntries(
              FILTER_FIELDS.map((field) => [field.short, valueFor(field.type, anyText)]),
            ),
            { requiredKeys: [] },
          )
          .filter((filter) => Object.keys(filter).length > 0);
      default:
        return text;
    }
  }

  const own = new Set(["op", "to", "fr", "rqi", "ty", "pc", "rvi"]);
  const placed = PARAMETERS.filter(
    ({ short, occurs, header, query }) =>
      !own.has(short) &&
      occurs !== "response" &&
      (header !== undefined || query !== undefined || short === "fc"),
  );
  const jose = fc.tuple(token, token, token).map((parts) => parts.join("."));
  const carried = fc.record(
    Object.fromEntries(
      placed.map(({ short, type, header }) => [
        short,
        short === "tkns" ? few(jose) : valueFor(type, header === undefined ? anyText : fieldText),
      ]),
    ),
    { requiredKeys: [] },
  );

  const primitive = fc
    .record({
      operation: fc.constantFrom(...OPERATIONS),
      to: fc.tuple(fc.constantFrom("", "/", "//"), few(token)),
      from: fieldText,
      requestIdentifier: fieldText,
      releaseVersion: fc.constantFrom("2", "2a", "3", "4", "5"),
      resourceType: fc.integer({ min: 1, max: 70 }),
      attributes: few(anyText),
      carried,
    })
    .map((made): RequestPrimitive => {
      const others = new Map(Object.entries(made.carried));
      for (const short of others.keys()) {
        if (misplacedParameter(made.operation, new Map([[short, 0]]))) others.delete(short);
      }
      return request({
        ...made,
        to: targetId(made.to[0] + made.to[1].join("/")),
        requestIdentifier: requestId(made.requestIdentifier),
        resourceType: made.operation === "create" ? made.resourceType : undefined,
        content: contentFor(made.operation, made.attributes),
        carried: others,
      });
    });

  function contentFor(
    operation: RequestPrimitive["operation"],
    attributes: readonly string[],
  ): Content | undefined {
    if (operation === "delete") return undefined;
    if (operation === "retrieve") return new MadeContent({ "m2m:atrl": attributes });
    return new MadeContent(NOTIFICATION);
  }

  const comparable = ({ content, ...members }: RequestPrimitive): object => ({
    ...members,
    tree: content?.tree(),
    carried: Object.fromEntries(members.carried),
  });

  test("every parameter of a request comes back as it went", () => {
    expect(placed.length).toBeGreaterThan(20);
    fc.assert(
      fc.property(primitive, (sent) => {
        const http = httpFromRequest(sent, { mediaType: "application/json" });
        const type = http.headers.indexOf("Content-Type");
        const received = receive({
          method: http.method,
          target: http.target,
          headers: http.headers,
          ...(type < 0 ? {} : { type: http.headers[type + 1] as string }),
          ...(http.content === undefined ? {} : { body: http.content.tree() }),
        });
        const { attributes: _, ...expected } = comparable(sent) as Record<string, unknown>;
        expect(comparable(received)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("no text in any place of a primitive makes a header field or a request line of its own", () => {
    const nasty = fc.string({
      unit: fc.constantFrom("\r", "\n", "\0", " ", "a", "&", "?", "#", "é"),
    });
    fc.assert(
      fc.property(nasty, nasty, nasty, nasty, (to, from, vsi, label) => {
        try {
          const { target, headers } = send({
            to: targetId(to),
            from,
            ...carrying({ vsi, fc: { lbl: [label] } }),
          });
          expect(target).toMatch(/^\/[!-~]*$/);
          for (const text of headers) expect(text).toMatch(/^[\t\x20-\x7e\x80-\xff]*$/);
        } catch (error) {
          expect(error).toEqual(invalid);
        }
      }),
    );
  });
});

describe("header fields of later releases (http-binding 4.1)", () => {
  const later = new Map<string, unknown>([
    ["prpi", "p1"],
    ["omr", ["/id-in/o1", "/id-in/o2"]],
    ["msu", "user"],
  ]);
  const fields = [
    ["X-M2M-PRPI", "p1"],
    ["X-M2M-OMR", "/id-in/o1+/id-in/o2"],
    ["X-M2M-MSU", "user"],
  ];
  const head = (names: readonly (readonly string[])[]): HttpRequestHead => ({
    operation: "retrieve",
    to: targetId("cse-in"),
    query: "",
    rawHeaders: ["X-M2M-Origin", "C", "X-M2M-RI", "r", ...names.flat()],
    contentType: { serialization: undefined, resourceType: undefined },
  });

  test("go out and come in where they are asked for", () => {
    const { headers } = httpFromRequest(request({ carried: later }), {
      mediaType: "application/json",
      laterHeaders: true,
    });
    expect(headers).toEqual(expect.arrayContaining(fields.flat()));
    const options = { releaseVersion: "1", laterHeaders: true };
    expect(requestFromHttp(head(fields), undefined, options).carried).toEqual(later);
    const alias = requestFromHttp(head([["x-m2m-user", "user"]]), undefined, options);
    expect(alias.carried.get("msu")).toBe("user");
  });

  test("are nobody's otherwise", () => {
    const { headers } = httpFromRequest(request({ carried: later }), {
      mediaType: "application/json",
    });
    expect(headers.some((name) => /PRPI|OMR|MSU/.test(name))).toBe(false);
    expect(requestFromHttp(head(fields), undefined).carried.size).toBe(0);
  });
});
