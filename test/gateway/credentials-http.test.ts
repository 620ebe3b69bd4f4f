import { describe, expect, test } from "vitest";
import { BASIC, BEARER, startGuarded, tokenFor, WRONG } from "./credentials-in.ts";
import { asked, ok, startFront, VERIFY } from "./front.ts";

const HEADERS = { "X-M2M-Origin": "CAE1", "X-M2M-RI": "r1", "X-M2M-RVI": "3" };
const retrieve = (headers: Record<string, string>) => ({
  target: "/cse-in/x",
  headers: { ...HEADERS, ...headers },
});

describe("once credentials are configured a request over HTTP", () => {
  test.each([
    ["a password", () => BASIC],
    ["a JSON Web Token", () => tokenFor(["CAE1"])],
  ])("with %s passes, and its credentials end here (RFC 9110, 11.6.2)", async (_what, shown) => {
    const front = await startGuarded();
    const answer = await front.http(retrieve({ Authorization: await shown() }));
    expect(answer.status).toBe(200);
    expect(asked(front.cse)).toEqual(["GET /cse-in/x"]);
    expect(front.cse.requests.at(-1)?.headers).not.toHaveProperty("authorization");
  });

  test.each([
    ["a wrong password", { Authorization: WRONG }],
    ["a token of nobody", { Authorization: "Bearer wrong" }],
    ["no credentials", {}],
    ["credentials for somebody else", { Authorization: "Digest username=gate" }],
  ])("with %s is answered 401 with 4106, and goes nowhere (S19)", async (_what, headers) => {
    const front = await startGuarded();
    const answer = await front.http(retrieve(headers));
    expect(answer).toMatchObject({ status: 401, rsc: 4106 });
    expect(answer.headers).toMatchObject({ "x-m2m-ri": "r1" });
    expect(answer.headers["www-authenticate"]).toBe(
      'Basic realm="m2mgw", charset="UTF-8", Bearer realm="m2mgw"',
    );
    expect(asked(front.cse)).toEqual([]);
  });

  test("of an originator that its credential does not allow is answered 403 with 4106 (SE-06)", async () => {
    const front = await startGuarded();
    const answer = await front.http(retrieve({ Authorization: BEARER, "X-M2M-Origin": "CEvil" }));
    expect(answer).toMatchObject({ status: 403, rsc: 4106 });
    expect(answer.headers).not.toHaveProperty("www-authenticate");
    expect(asked(front.cse)).toEqual([]);
  });

  test("with a wrong password is answered before its body is taken", async () => {
    const front = await startGuarded();
    const headers = { ...HEADERS, Authorization: WRONG, "Content-Type": "application/json;ty=4" };
    const call = { method: "POST", target: "/cse-in/x", headers, body: "{" };
    expect(await front.http(call)).toMatchObject({ status: 401, rsc: 4106 });
  });

  test("at a point of access needs its token only", async () => {
    const front = await startGuarded();
    const { point } = await front.ae("CAE1", { headers: { Authorization: BASIC }, answer: ok });
    expect(await front.notify(point, VERIFY)).toMatchObject({ status: 200, rsc: 2000 });
  });
});

test("where none are configured, credentials are for the CSE and pass (RFC 9110, 11.6.2)", async () => {
  const front = await startFront();
  await front.http(retrieve({ Authorization: BEARER }));
  expect(front.cse.requests.at(-1)?.headers).toMatchObject({ authorization: BEARER });
});
