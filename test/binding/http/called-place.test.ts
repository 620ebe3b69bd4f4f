import { expect, test } from "vitest";
import { calledPlaceOf } from "../../../src/binding/http/called-place.ts";

const TO = "/~/id-mn/cse/x";

test.each([
  ["point of a CSE", "http://h:8080", `${TO}?rcn=1`, `${TO}?rcn=1`],
  ["point of a CSE", "http://h:8080/", TO, TO],
  ["point of a CSE", "http://h:8080/xyz", TO, `/xyz${TO}`],
  ["point of a CSE", "http://h:8080/xyz/", TO, `/xyz${TO}`],
  [
    "point of a CSE",
    "http://h:8080/xyz?key=a%20b&ct=xml",
    `${TO}?rcn=1`,
    `/xyz${TO}?key=a%20b&rcn=1`,
  ],
  ["point of an AE", "http://h:8080", "/CAE1", "/CAE1"],
  ["point of an AE", "http://h:8080/?key=1", "/CAE1", "/CAE1?key=1"],
  ["point of an AE", "http://h:8080/notify", "/CAE1", "/notify"],
  ["point of an AE", "http://h:8080/notify/", "/CAE1", "/notify/"],
  ["point of an AE", "http://h:8080/n?ct=cbor&key=1", "/CAE1?rt=3", "/n?key=1&rt=3"],
  ["target", "https://h", "/CAE1", "/"],
  ["target", "https://h/results?of=1&ct=json#top", "/CAE1", "/results?of=1"],
] as const)(
  "as %s, %s is called for %s at %s (TS-0009, 6.2.2.1; http-binding, 2.3)",
  (is, url, mapped, target) => {
    expect(calledPlaceOf({ is, url })?.targetFor(mapped)).toBe(target);
  },
);

test.each([
  ["http://h/n?ct=xml", "xml"],
  ["http://h/n?a=1&CT=CBOR", "cbor"],
  ["http://h/n?ct=text", undefined],
  ["http://h/n", undefined],
])("%s asks for %s (TS-0004, 7.5.1.2.2)", (url, serialization) => {
  expect(calledPlaceOf({ is: "target", url })?.serialization).toBe(serialization);
});

test.each(["ws://h/", "mqtt://h", "http://", "nowhere", "file:///etc/passwd"])(
  "%s is no place to call",
  (url) => {
    expect(calledPlaceOf({ is: "target", url })).toBeUndefined();
  },
);
