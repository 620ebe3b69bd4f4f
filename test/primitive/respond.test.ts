import { expect, test } from "vitest";
import { FAILURES, type FailureCode, GatewayError } from "../../src/base/errors.ts";
import { MadeContent } from "../../src/primitive/content.ts";
import {
  type RequestPrimitive,
  requestId,
  responseTypeOf,
  targetId,
} from "../../src/primitive/primitive.ts";
import {
  asGatewayError,
  NO_REQUEST,
  respond,
  respondFailure,
} from "../../src/primitive/respond.ts";

const REQUEST: RequestPrimitive = {
  kind: "request",
  operation: "notify",
  to: targetId("CAE1"),
  from: "/id-in",
  requestIdentifier: requestId("n1"),
  resourceType: undefined,
  releaseVersion: "4",
  content: undefined,
  carried: new Map([["rt", { rtv: 3 }]]),
};

test("an answer made here repeats identifier and release version, and carries nothing of the request", () => {
  const content = new MadeContent({ "m2m:uri": "a" });
  expect(respond(REQUEST, 2000, content)).toEqual({
    kind: "response",
    requestIdentifier: "n1",
    responseStatusCode: 2000,
    releaseVersion: "4",
    content,
    carried: new Map(),
    failure: undefined,
  });
  expect(respond(REQUEST, 1000).content).toBeUndefined();
});

test.each(Object.keys(FAILURES) as FailureCode[])(
  "%s is answered with its status code and its sentence in m2m:dbg (TS-0004, 7.5.2)",
  (code) => {
    const response = respondFailure(REQUEST, new GatewayError(code, "detail"));
    expect(response).toMatchObject({
      requestIdentifier: "n1",
      responseStatusCode: FAILURES[code].rsc,
      releaseVersion: "4",
      failure: code,
    });
    expect(response.content?.tree()).toEqual({ "m2m:dbg": `${FAILURES[code].text}: detail` });
  },
);

test("what arrived without an identifier is answered with an empty one", () => {
  const response = respondFailure(NO_REQUEST, new GatewayError("GW_PRIMITIVE_MALFORMED"));
  expect(response).toMatchObject({ requestIdentifier: "", responseStatusCode: 4000 });
  expect(response.releaseVersion).toBeUndefined();
});

test.each([new TypeError("secret /etc/m2mgw"), "secret", undefined, { message: "secret" }])(
  "an error that is not ours tells an originator nothing of our insides: %s",
  (error) => {
    const response = respondFailure(REQUEST, error);
    expect(response).toMatchObject({ responseStatusCode: 5000, failure: "GW_INTERNAL" });
    expect(response.content?.tree()).toEqual({ "m2m:dbg": FAILURES.GW_INTERNAL.text });
    expect(asGatewayError(error).cause).toBe(error);
  },
);

test("an error of ours keeps its cause to itself and stays the same error", () => {
  const cause = new Error("secret");
  const error = new GatewayError("GW_CSE_UNREACHABLE", { detail: "port 1", cause });
  expect(asGatewayError(error)).toBe(error);
  expect(error.cause).toBe(cause);
  expect(JSON.stringify(respondFailure(REQUEST, error).content?.tree())).not.toContain("secret");
});

test.each([
  [undefined, "blocking"],
  [{ rtv: 1 }, "nonBlockingSynch"],
  [{ rtv: 2, nu: ["http://a"] }, "nonBlockingAsynch"],
  [{ rtv: 3 }, "blocking"],
  [{ rtv: 4 }, "flexBlocking"],
  [{ rtv: 5 }, "noResponse"],
  [{ rtv: 0 }, undefined],
  [{ rtv: 6 }, undefined],
  [{}, undefined],
  [3, undefined],
  [null, undefined],
])("Response Type %j means %s (TS-0004, 6.3.4.2.6)", (rt, expected) => {
  const carried = new Map(rt === undefined ? [] : [["rt", rt]]);
  expect(responseTypeOf({ ...REQUEST, carried })).toBe(expected);
});
