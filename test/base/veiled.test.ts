import { expect, test } from "vitest";
import { veiled } from "../../src/base/veiled.ts";
import { pemOf } from "../helpers/pem.ts";

test.each([
  ["bad value of Authorization: Basic Z2F0ZTpwdw==", "bad value of Authorization: ***"],
  [`{"proxy-authorization":"Bearer abcdef1"}\nand more`, `{"proxy-authorization":***\nand more`],
  ["['Authorization', 'Digest x'] is wrong", "['Authorization', ***"],
  ["it got Bearer t0ken-of-lamp, which is none", "it got Bearer *** which is none"],
  ["not a token: eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln", "not a token: ***"],
  ["connect http://me:p/a@ss@proxy:3128/x failed", "connect http://***@proxy:3128/x failed"],
  ["POST /poa/AAAAAAAAAAAAAAAAAAAA_-/CAE1 failed", "POST /poa/***/CAE1 failed"],
  [pemOf("EC PRIVATE KEY", "MHcC"), "***"],
])("what may be a secret is left out of %j", (said, left) => {
  expect(veiled(said)).toBe(left);
});

test.each([
  "the proxy asks for Basic credentials (407)",
  "connect ECONNREFUSED 127.0.0.1:8080",
  "    at Socket.fail (file:///opt/m2mgw/node_modules/@fastify/error/index.js:10:3)",
  "GET /cse-in/temperature/la is not found",
])("a sentence without one stays: %j", (said) => {
  expect(veiled(said)).toBe(said);
});
