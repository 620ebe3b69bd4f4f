import { expect } from "vitest";

/** The body of an error answer: one sentence in `m2m:dbg`, and nothing else. */
export function expectSentence(body: string): void {
  expect(JSON.parse(body)).toEqual({ "m2m:dbg": expect.stringMatching(/\S/) });
}
