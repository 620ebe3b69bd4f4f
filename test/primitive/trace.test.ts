import { expect, test } from "vitest";
import { traceOf } from "../../src/primitive/trace.ts";

const PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

test("a trace is what traceparent and tracestate say", () => {
  expect(traceOf(PARENT, undefined)).toEqual({ traceparent: PARENT });
  expect(traceOf(PARENT, "a=1,b=2")).toEqual({ traceparent: PARENT, tracestate: "a=1,b=2" });
});

test.each([
  ["missing", undefined],
  ["empty", ""],
  ["short", PARENT.slice(0, -1)],
  ["long for its version", `${PARENT}-more`],
  ["in capitals", PARENT.toUpperCase()],
  ["of version ff", `ff${PARENT.slice(2)}`],
  ["without a trace", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`],
  ["without a parent", `00-4bf92f3577b34da6a3ce929d0e0e4736-${"0".repeat(16)}-01`],
  ["two, joined", `${PARENT}, ${PARENT}`],
  ["with a line break", `${PARENT}\n`],
])("there is none where traceparent is %s (W3C Trace Context, 3.2.2)", (_, traceparent) => {
  expect(traceOf(traceparent, "a=1")).toBeUndefined();
});

test("of a later version it is what this one has (W3C Trace Context, 3.2.4)", () => {
  expect(traceOf(`01${PARENT.slice(2)}`, undefined)).toEqual({ traceparent: PARENT });
  expect(traceOf(`01${PARENT.slice(2)}-more`, undefined)).toEqual({ traceparent: PARENT });
});

test.each([
  ["is too long", `a=${"1".repeat(512)}`],
  ["has a line break", "a=1\r\nX-M2M-Origin: CAdmin"],
  ["is empty", ""],
])("a tracestate that %s is left out", (_, tracestate) => {
  expect(traceOf(PARENT, tracestate)).toEqual({ traceparent: PARENT });
});
