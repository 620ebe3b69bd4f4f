import { describe, expect, test } from "vitest";
import { Stories } from "../../src/core/stories.ts";
import type { RequestPrimitive } from "../../src/primitive/primitive.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { requestOf } from "./primitives.ts";

const asked = (from: string, rqi: string): RequestPrimitive =>
  requestOf({ op: 5, to: "/id-in/CAE1", fr: from, rqi });

const RECEIVED = { is: "received", face: "http", by: "192.0.2.1" } as const;
const failed = (n = 0) =>
  ({ is: "settled", registree: "/id-in/CAE1", outcome: "dropped", why: `${n}` }) as never;

function remembering(capacity: number): Stories {
  return new Stories(new ManualClock(), capacity);
}

/** What was the last of each story that is found. */
const lastOf = (stories: Stories, rqi: string, originator?: string): unknown[] =>
  stories.find(rqi, originator).map(({ notes }) => notes.at(-1)?.why ?? notes.at(-1)?.is);

describe("what became of request primitives", () => {
  test("a copy of a request goes on with its story", () => {
    const stories = remembering(10);
    const request = asked("/id-in", "n1");
    stories.stepped(request, RECEIVED);
    stories.stepped({ ...request }, failed(7));
    expect(lastOf(stories, "n1")).toEqual(["7"]);
    expect(stories.find("n1", undefined)[0]?.notes).toHaveLength(2);
  });

  test("requests of several originators with one Request Identifier are told apart (TS-0004, 7.3.2.1)", () => {
    const stories = remembering(10);
    const [one, other] = [asked("CApp1", "n1"), asked("CApp2", "n1")];
    stories.stepped(one, RECEIVED);
    stories.stepped(other, RECEIVED);
    stories.stepped(one, failed(1));
    stories.stepped(other, failed(2));
    expect(lastOf(stories, "n1", "CApp1")).toEqual(["1"]);
    expect(lastOf(stories, "n1", "CApp2")).toEqual(["2"]);
    expect(lastOf(stories, "n1")).toEqual(["2", "1"]);
  });

  test("an identifier that is used again begins another story, the newest first", () => {
    const stories = remembering(10);
    for (const n of [1, 2, 3]) {
      const request = asked("/id-in", "same");
      stories.stepped(request, RECEIVED);
      stories.stepped(request, failed(n));
    }
    expect(lastOf(stories, "same")).toEqual(["3", "2", "1"]);
  });

  test("the oldest give way, and nothing keeps them", () => {
    const stories = remembering(3);
    for (let n = 0; n < 100; n += 1) stories.stepped(asked("/id-in", `n${n % 7}`), RECEIVED);
    const found = Array.from({ length: 7 }, (_, n) => stories.find(`n${n}`, undefined).length);
    expect(found.reduce((sum, count) => sum + count, 0)).toBe(3);
  });

  test("of one with many steps the first and the latest are told", () => {
    const stories = remembering(30);
    const request = asked("/id-in", "n1");
    stories.stepped(request, RECEIVED);
    for (let n = 1; n <= 100; n += 1) stories.stepped(request, failed(n));
    const [story] = stories.find("n1", undefined);
    expect(story?.notes).toHaveLength(32);
    expect(story?.notes[0]).toMatchObject({ is: "received", by: "192.0.2.1" });
    expect(story?.notes.at(-1)).toMatchObject({ why: "100" });
  });

  test("of one Request Identifier that all requests have, the latest hundred are told", () => {
    const stories = remembering(10_000);
    for (let n = 1; n <= 10_000; n += 1) {
      const request = asked(`CApp${n % 3}`, "1");
      stories.stepped(request, RECEIVED);
      stories.stepped(request, failed(n));
    }
    const told = lastOf(stories, "1");
    expect(told).toEqual(Array.from({ length: 100 }, (_, n) => `${10_000 - n}`));
  });

  test("what peers write is remembered no longer than a person needs it", () => {
    const stories = remembering(3);
    const rqi = "r".repeat(100_000);
    stories.stepped(asked("/id-in", rqi), RECEIVED);
    expect(stories.find(rqi, undefined)[0]?.requestIdentifier).toHaveLength(256);
  });

  test("with room for none, nothing is remembered", () => {
    const stories = remembering(0);
    stories.stepped(asked("/id-in", "n1"), RECEIVED);
    expect(stories.find("n1", undefined)).toEqual([]);
  });
});
