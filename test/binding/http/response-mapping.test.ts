import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FailureCode } from "../../../src/base/errors.ts";
import { httpFromResponse, responseFromHttp } from "../../../src/binding/http/response-mapping.ts";
import { rscOf, statusOf } from "../../../src/binding/http/status-table.ts";
import { MadeContent, type Tree } from "../../../src/primitive/content.ts";
import { PARAMETERS } from "../../../src/primitive/parameters.ts";
import {
  NOTHING_CARRIED,
  OPERATIONS,
  type Operation,
  type ResponsePrimitive,
  type ResponseType,
  requestId,
} from "../../../src/primitive/primitive.ts";

/** TS-0009, table 6.3.2-1, by HTTP status; from Release 4 on as deployed CSEs have it. */
const STATUSES: readonly [number, readonly number[]][] = [
  [200, [2000, 2002, 2004]],
  [201, [2001]],
  [202, [1000, 1001, 1002]],
  [
    400,
    [
      4000, 4102, 4110, 4120, 4122, 4123, 4131, 4133, 4134, 4137, 4142, 4143, 6010, 6022, 6023,
      6024,
    ],
  ],
  [
    403,
    [
      4101, 4103, 4106, 4107, 4108, 4109, 4111, 4112, 4113, 4114, 4115, 4116, 4117, 4126, 4127,
      4128, 4135, 4136, 4138, 4139, 5105, 5203, 5205, 5208, 5214, 5215, 5218, 5222, 6034,
    ],
  ],
  [404, [4004, 4118, 4119, 4121, 4130, 4132, 5103, 5107, 6003, 6005]],
  [405, [4005]],
  [406, [5207]],
  [409, [4104, 4105, 4124, 4140, 5106, 5219, 5220, 6028, 6029]],
  [415, [4015]],
  [
    500,
    [
      5000, 5204, 5209, 5210, 5211, 5212, 5216, 5217, 5221, 5230, 5231, 5232, 6020, 6021, 6025,
      6026, 6033,
    ],
  ],
  [501, [4001, 4125, 5001, 5206]],
  [504, [4008, 6030, 6031]],
];

function response(members: Partial<ResponsePrimitive>): ResponsePrimitive {
  return {
    kind: "response",
    requestIdentifier: requestId("r1"),
    responseStatusCode: 2000,
    releaseVersion: "3",
    content: undefined,
    carried: NOTHING_CARRIED,
    failure: undefined,
    ...members,
  };
}

const write = (
  members: Partial<ResponsePrimitive>,
  operation: Operation | undefined = "retrieve",
): ReturnType<typeof httpFromResponse> =>
  httpFromResponse(response(members), { operation, mediaType: "application/json" });

interface Received {
  readonly status?: number;
  readonly headers?: readonly string[];
  readonly body?: Tree;
  readonly operation?: Operation;
  readonly responseType?: ResponseType;
}

const read = ({
  status = 200,
  headers = ["X-M2M-RSC", "2000", "X-M2M-RI", "r1"],
  body,
  operation = "retrieve",
  responseType,
}: Received): ReturnType<typeof responseFromHttp> =>
  responseFromHttp(
    { status, rawHeaders: headers },
    body === undefined ? undefined : new MadeContent(body),
    { operation, responseType, requestIdentifier: requestId("r1") },
  );

describe("the HTTP status (TS-0009, table 6.3.2-1)", () => {
  test.each(STATUSES)("%i is that of %j", (status, codes) => {
    for (const rsc of codes) expect(statusOf(rsc), String(rsc)).toBe(status);
  });

  test.each([
    [1999, 202],
    [2999, 200],
    [4999, 400],
    [5999, 500],
    [6999, 500],
    [9999, 500],
    [3000, 500],
    [0, 500],
    [6011, 400],
    [6101, 400],
    [4230, 423],
  ])("of the code %i, which no table has, is %i", (rsc, status) => {
    expect(statusOf(rsc)).toBe(status);
  });

  test.each<[FailureCode, number, number, string[]]>([
    ["GW_CONTENT_TOO_LARGE", 4000, 413, []],
    ["GW_OVERLOADED", 5103, 503, ["Retry-After", "1"]],
    ["GW_DRAINING", 5103, 503, ["Retry-After", "1"]],
    ["GW_METHOD_NOT_ALLOWED", 4005, 405, ["Allow", "GET, POST, PUT, DELETE"]],
    ["GW_TARGET_OFFLINE", 5103, 404, []],
  ])("of the failure %s with %i is %i", (failure, responseStatusCode, status, headers) => {
    const written = write({ failure, responseStatusCode });
    expect(written.status).toBe(status);
    expect(written.headers.slice(6)).toEqual(headers);
  });
});

describe("the code of an answer without X-M2M-RSC", () => {
  const blocking = { operation: "retrieve", responseType: "blocking" } as const;

  test.each([
    [201, 2001],
    [202, 1000],
    [301, 5103],
    [400, 4000],
    [401, 5105],
    [403, 4103],
    [404, 4004],
    [405, 4005],
    [406, 5207],
    [407, 5105],
    [408, 4008],
    [409, 4105],
    [410, 4000],
    [415, 4015],
    [429, 5103],
    [500, 5000],
    [501, 5001],
    [502, 5103],
    [503, 5103],
    [504, 4008],
    [505, 5000],
  ])("HTTP %i reads as %i", (status, rsc) => {
    expect(rscOf(status, blocking)).toBe(rsc);
  });

  test.each([
    ["create", 2001],
    ["retrieve", 2000],
    ["update", 2004],
    ["delete", 2002],
    ["notify", 2000],
  ] as const)("success of %s reads as %i", (operation, rsc) => {
    for (const status of [200, 204, 299]) {
      expect(rscOf(status, { operation, responseType: undefined })).toBe(rsc);
    }
  });

  test.each([
    ["nonBlockingSynch", 1001],
    ["nonBlockingAsynch", 1002],
    ["flexBlocking", 1000],
    [undefined, 1000],
  ] as const)("an acknowledgement of %s reads as %i", (responseType, rsc) => {
    expect(rscOf(202, { operation: "create", responseType })).toBe(rsc);
  });
});

describe("writing a response", () => {
  test("code and request identifier are always there, the release where it is known and not 1", () => {
    expect(write({}).headers).toEqual(["X-M2M-RSC", "2000", "X-M2M-RI", "r1", "X-M2M-RVI", "3"]);
    for (const releaseVersion of ["1", undefined]) {
      expect(write({ releaseVersion }).headers).toEqual(["X-M2M-RSC", "2000", "X-M2M-RI", "r1"]);
    }
    expect(write({ requestIdentifier: requestId(""), releaseVersion: undefined }).headers).toEqual([
      "X-M2M-RSC",
      "2000",
      "X-M2M-RI",
      "",
    ]);
  });

  test("every response parameter has its header field, but To has none (TS-0009, 6.4)", () => {
    const carried = new Map<string, unknown>([
      ["fr", "/id-in"],
      ["to", "CAE1"],
      ["ot", "20260101T000000"],
      ["rset", 5000],
      ["ec", 2],
      [
        "ati",
        {
          ltia: [
            { lti: "a", tkid: "1@x:y" },
            { lti: "b", tkid: "2" },
          ],
        },
      ],
      ["cnst", 1],
      ["cnot", 11],
      ["vsi", "v"],
      ["asri", true],
      ["gid", "not in responses"],
      ["unknown", "x"],
    ]);
    expect(write({ carried }).headers.slice(6)).toEqual([
      ...["X-M2M-Origin", "/id-in", "X-M2M-OT", "20260101T000000", "X-M2M-RST", "5000"],
      ...["X-M2M-EC", "2", "X-M2M-ATI", "a:1@x:y+b:2", "X-M2M-CTS", "1", "X-M2M-CTO", "11"],
      ...["X-M2M-VSI", "v", "X-M2M-ASRI", "true"],
    ]);
  });

  test("what a header field cannot hold is left out, and the rest still goes", () => {
    const carried = new Map<string, unknown>([
      ["vsi", "a\r\nX-M2M-RSC: 4000"],
      ["fr", "\u7d44"],
      ["ec", {}],
      ["ati", { ltia: [{ lti: "a:b", tkid: "c" }] }],
      ["ot", "20260101T000000"],
    ]);
    expect(write({ carried }).headers.slice(6)).toEqual(["X-M2M-OT", "20260101T000000"]);
  });

  test("content has its media type alone, and no content none", () => {
    const content = new MadeContent({ "m2m:cnt": {} });
    expect(write({ content }).headers).toContain("application/json");
    expect(write({ content }).content).toBe(content);
    expect(write({}).headers).not.toContain("Content-Type");
  });

  test.each<[string, Operation, number, Tree, string | undefined]>([
    ["the URI", "create", 2001, { "m2m:uri": "cse-in/a" }, "cse-in/a"],
    [
      "the URI beside attributes",
      "create",
      2001,
      { "m2m:rce": { uri: "cse-in/a", "m2m:cnt": {} } },
      "cse-in/a",
    ],
    ["attributes alone", "create", 2001, { "m2m:cnt": { uri: "x" } }, undefined],
    ["a reference to the request", "create", 1002, { "m2m:uri": "req1" }, undefined],
    ["a URI on Retrieve", "retrieve", 2000, { "m2m:uri": "cse-in/a" }, undefined],
    ["a URI that is no text", "create", 2001, { "m2m:uri": 7 }, undefined],
    ["a URI with a line break", "create", 2001, { "m2m:uri": "a\r\nb" }, undefined],
  ])(
    "Content-Location for %s on %s, %i (TS-0009, 6.4.4)",
    (_title, operation, responseStatusCode, body, uri) => {
      const { headers } = write({ responseStatusCode, content: new MadeContent(body) }, operation);
      const at = headers.indexOf("Content-Location");
      expect(at < 0 ? undefined : headers[at + 1]).toBe(uri);
    },
  );

  test("Token Request Information is the body, and nothing else is (TS-0009, 6.5)", () => {
    const tokenRequest = { dasi: [{ uri: "http://das" }] };
    const written = write({
      responseStatusCode: 4103,
      content: new MadeContent({ "m2m:dbg": "no" }),
      carried: new Map([["tqf", tokenRequest]]),
    });
    expect(written.content?.tree()).toEqual({ "m2m:tqf": tokenRequest });
    expect(written.headers).toContain("Content-Type");
  });
});

describe("reading a response", () => {
  test("X-M2M-RSC decides, whatever the status says", () => {
    const headers = ["x-m2m-rsc", "4004", "X-M2M-RI", "r1"];
    expect(read({ status: 200, headers }).response.responseStatusCode).toBe(4004);
  });

  test.each([["abc"], [""], ["20000"], ["2000 "]])(
    "%j is no code, so that the status decides",
    (text) => {
      const headers = ["X-M2M-RSC", text, "X-M2M-RI", "r1"];
      expect(read({ status: 404, headers }).response.responseStatusCode).toBe(4004);
    },
  );

  test("every header field of a response becomes its parameter with its type (TS-0009, 6.4)", () => {
    const headers = [
      ...["X-M2M-RSC", "4103", "X-M2M-RI", "r1", "X-M2M-RVI", "2a", "x-m2m-origin", "/id-in"],
      ...["X-M2M-OT", "20260101T000000", "X-M2M-RST", "5000", "X-M2M-EC", "2", "X-M2M-VSI", "v"],
      ...["X-M2M-ATI", "a:1@x:y + b:2", "X-M2M-CTS", "1", "X-M2M-CTO", "11", "X-M2M-ASRI", "1"],
      ...["X-M2M-GID", "not in responses", "Server", "s"],
    ];
    const { response: answer } = read({ headers });
    expect(answer).toMatchObject({ requestIdentifier: "r1", releaseVersion: "2a" });
    expect(Object.fromEntries(answer.carried)).toEqual({
      fr: "/id-in",
      ot: "20260101T000000",
      rset: "5000",
      ec: 2,
      vsi: "v",
      ati: {
        ltia: [
          { lti: "a", tkid: "1@x:y" },
          { lti: "b", tkid: "2" },
        ],
      },
      cnst: 1,
      cnot: 11,
      asri: true,
    });
  });

  test("header fields that cannot be read are left out", () => {
    const headers = ["X-M2M-RSC", "2000", "X-M2M-EC", "x", "X-M2M-ASRI", "no", "X-M2M-ATI", "a"];
    const { response: answer, fault } = read({ headers });
    expect(answer.carried).toBe(NOTHING_CARRIED);
    expect(fault).toBeUndefined();
  });

  test.each<[string, readonly string[], string | undefined]>([
    ["the same identifier", ["X-M2M-RSC", "2000", "X-M2M-RI", "r1"], undefined],
    ["no identifier", ["X-M2M-RSC", "2000"], undefined],
    [
      "None, as ACME writes before it has read one",
      ["X-M2M-RSC", "4000", "X-M2M-RI", "None"],
      undefined,
    ],
    ["another identifier", ["X-M2M-RSC", "2000", "X-M2M-RI", "r2"], "not that of the request"],
    ["two codes", ["X-M2M-RSC", "2000", "x-m2m-rsc", "4000"], "X-M2M-RSC occurs twice"],
  ])(
    "an answer with %s keeps the identifier of the request and says what is wrong with it",
    (_title, headers, fault) => {
      const answer = read({ headers });
      expect(answer.response.requestIdentifier).toBe("r1");
      if (fault === undefined) expect(answer.fault).toBeUndefined();
      else expect(answer.fault).toContain(fault);
    },
  );

  test("Content-Location is ignored (TS-0009, 6.4.4)", () => {
    const headers = ["X-M2M-RSC", "2001", "Content-Location", "/id-in/x"];
    expect(read({ headers }).response.carried).toBe(NOTHING_CARRIED);
  });

  test.each<[string, Tree, boolean]>([
    ["a proxy's JSON error", { error: "bad gateway" }, false],
    ["a text", "oops", false],
    ["oneM2M content", { "m2m:dbg": "no" }, true],
    ["a specialization", { "cod:binSh": {} }, true],
  ])("%s without any oneM2M header field is content: %j %s", (_title, body, isContent) => {
    const { response: answer } = read({ status: 502, headers: ["Server", "x"], body });
    expect(answer.content !== undefined).toBe(isContent);
    expect(answer.responseStatusCode).toBe(5103);
  });

  test.each<[string, Tree]>([
    ["with a name", { "m2m:tqf": { dasi: [] } }],
    ["with a name without prefix", { tqf: { dasi: [] } }],
    ["bare", { dasi: [] }],
  ])(
    "Token Request Information %s is a parameter, and no content (TS-0009, 6.5)",
    (_title, body) => {
      const { response: answer } = read({ headers: ["X-M2M-RSC", "4103"], body });
      expect(answer.carried.get("tqf")).toEqual({ dasi: [] });
      expect(answer.content).toBeUndefined();
    },
  );

  test("debug information of the same code stays content", () => {
    const { response: answer } = read({
      headers: ["X-M2M-RSC", "4103"],
      body: { "m2m:dbg": "no" },
    });
    expect(answer.carried).toBe(NOTHING_CARRIED);
    expect(answer.content?.tree()).toEqual({ "m2m:dbg": "no" });
  });
});

test("every parameter of a response comes back as it went", () => {
  const text = fc.stringMatching(/^[!-~](?:[ -~]{0,10}[!-~])?$/);
  const token = fc.stringMatching(/^[A-Za-z0-9_@.-]{1,8}$/);
  const pairs = fc.array(fc.record({ lti: token, tkid: token }), { minLength: 1, maxLength: 3 });
  const values: Record<string, fc.Arbitrary<unknown>> = {
    text,
    time: text,
    number: fc.nat(),
    boolean: fc.boolean(),
    assignedTokens: fc.record({ ltia: pairs }),
    tokenRequest: fc.record({ dasi: fc.array(fc.record({ uri: text })) }),
  };
  const own = new Set(["rqi", "rsc", "rvi", "pc", "to"]);
  const placed = PARAMETERS.filter(
    ({ short, occurs, header }) =>
      !own.has(short) && occurs !== "request" && (header !== undefined || short === "tqf"),
  );
  expect(placed.map(({ short }) => short).sort()).toEqual([
    "asri",
    "ati",
    "cnot",
    "cnst",
    "ec",
    "fr",
    "ot",
    "rset",
    "tqf",
    "vsi",
  ]);
  const carried = fc.record(
    Object.fromEntries(placed.map(({ short, type }) => [short, values[type] ?? fc.constant("")])),
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(carried, text, fc.constantFrom(...OPERATIONS), (others, rqi, operation) => {
      const responseStatusCode = 4103;
      const requestIdentifier = requestId(rqi);
      const sent = response({
        requestIdentifier,
        responseStatusCode,
        carried: new Map(Object.entries(others)),
      });
      const http = httpFromResponse(sent, { operation, mediaType: "application/json" });
      const { response: received, fault } = responseFromHttp(
        { status: http.status, rawHeaders: http.headers },
        http.content,
        { operation, requestIdentifier, responseType: undefined },
      );
      expect(fault).toBeUndefined();
      expect(Object.fromEntries(received.carried)).toEqual(others);
      expect({ ...received, carried: sent.carried }).toEqual(sent);
    }),
  );
});
