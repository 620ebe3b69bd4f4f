import { expect, test } from "vitest";
import { AcceptedRequests } from "../../src/core/accepted.ts";
import type { Registration } from "../../src/core/registration.ts";
import { DOMAIN, entity, requestOf, responseOf } from "./primitives.ts";

const UPDATE = { op: "update", rcn: 9, fr: "CAE1", rqi: "u1" };

/** @param owner whom every Notify concerns */
function accepted(owner?: Pick<Registration, "kind" | "id">): AcceptedRequests {
  return new AcceptedRequests(DOMAIN, { ownerOf: () => owner as Registration | undefined });
}

test.each([
  ["1000", UPDATE, 1000, true],
  ["1001", UPDATE, 1001, true],
  ["1002", UPDATE, 1002, true],
  ["its result at once", UPDATE, 2004, false],
  ["a failure", UPDATE, 4004, false],
  ["1002, but asked for other content", { ...UPDATE, rcn: 1 }, 1002, false],
  ["1002, but is a Create", { ...UPDATE, op: "create" }, 1002, false],
])("an Update with rcn 9 that is answered with %s (TS-0004, 7.3.3.12)", (_, request, rsc, owes) => {
  const requests = accepted();
  requests.answered(requestOf(request), responseOf(rsc));
  expect(requests.owesNulls("CAE1", "u1")).toBe(owes);
});

test("an answer that comes later is told by its originator, however that is spelt, and its identifier", () => {
  const requests = accepted();
  requests.answered(requestOf({ ...UPDATE, fr: "//sp.example/id-in/CAE1" }), responseOf(1002));
  for (const to of ["CAE1", "/id-in/CAE1", "//sp.example/id-in/CAE1"]) {
    expect(requests.owesNulls(to, "u1"), to).toBe(true);
  }
  expect(requests.owesNulls("CAE2", "u1")).toBe(false);
  expect(requests.owesNulls("/id-mn/CAE1", "u1")).toBe(false);
  expect(requests.owesNulls("CAE1", "u2")).toBe(false);
});

test("the address of an AE stands for it, that below a registree CSE for itself", () => {
  const toAe = accepted({ kind: "ae", id: entity("/id-in/CAE1") });
  toAe.answered(requestOf(UPDATE), responseOf(1002));
  expect(toAe.owesNulls("cse-in/ae1", "u1")).toBe(true);
  const toCse = accepted({ kind: "cse", id: entity("/id-mn") });
  toCse.answered(requestOf({ ...UPDATE, fr: "/id-mn/CAE1" }), responseOf(1002));
  expect(toCse.owesNulls("/id-mn/CAE1", "u1")).toBe(true);
  expect(toCse.owesNulls("/id-mn/CAE2", "u1")).toBe(false);
});

test("10,000 are remembered, those that were accepted last, and none of absurd length", () => {
  const requests = accepted();
  for (let number = 0; number < 10_000; number += 1) {
    requests.answered(requestOf({ ...UPDATE, rqi: `u${number}` }), responseOf(1002));
  }
  requests.answered(requestOf({ ...UPDATE, rqi: "u0" }), responseOf(1002));
  requests.answered(requestOf({ ...UPDATE, rqi: "more" }), responseOf(1002));
  const known = (rqi: string): boolean => requests.owesNulls("CAE1", rqi);
  expect(["u0", "u1", "u2", "u9999", "more"].map(known)).toEqual([true, false, true, true, true]);
  const long = "u".repeat(512);
  requests.answered(requestOf({ ...UPDATE, rqi: long }), responseOf(1002));
  expect([long, "u2"].map(known)).toEqual([false, true]);
});
