import { expect, test } from "vitest";
import { Credential } from "../../src/core/credential.ts";
import { type CseId, type Domain, entityIdOf } from "../../src/primitive/identifiers.ts";

const DOMAIN: Domain = { cseId: "/id-in" as CseId, spId: "sp.example", cseName: "cse-in" };

test.each([
  [["CAE1"], "CAE1", true],
  [["CAE1"], "/id-in/CAE1", true],
  [["//sp.example/id-in/CAE1"], "CAE1", true],
  [["CAE1"], "CAE2", false],
  [["CAE1"], "/id-mn/CAE1", false],
  [["SAE1"], "/id-in/SAE1", true],
  [["Cmeter*"], "Cmeter7", true],
  [["Cmeter*"], "C", false],
  [["C*"], "C", true],
  [["S*"], "S", true],
  [["C*"], "SAE1", false],
  [["/id-mn", "/id-mn/*"], "/id-mn/CAE1", true],
  [["/id-mn"], "/id-mn/CAE1", false],
  [["*"], "", true],
  [["C*"], "", false],
  [[], "CAE1", false],
] as const)("a credential for %j covers %s: %s", (originators, originator, covered) => {
  const credential = new Credential("psk", "1", originators, DOMAIN);
  expect(credential.covers(entityIdOf(originator, DOMAIN))).toBe(covered);
});

test.each([
  [["CAE1"], "/id-in/CAE1"],
  [["/id-mn", "/id-mn/*"], "/id-mn"],
  [["CAE1", "CAE2"], undefined],
  [["CAE1", "CAE2*"], undefined],
  [["CAE*"], undefined],
  [[], undefined],
] as const)("a credential for %j names %s", (originators, entity) => {
  expect(new Credential("psk", "1", originators, DOMAIN).entity).toBe(entity);
});
