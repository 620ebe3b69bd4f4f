import { expect, test } from "vitest";
import { millis } from "../../../src/base/clock.ts";
import { SlowReader } from "../../../src/binding/ws/slow-reader.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";

const open = () => {
  const clock = new ManualClock();
  const state = { unread: false, given: 0 };
  const reader = new SlowReader({
    clock,
    within: () => millis(30_000),
    isBehind: () => state.unread,
    tooLong: () => (state.given += 1),
  });
  const look = (unread: boolean): boolean => {
    state.unread = unread;
    return reader.isBehind();
  };
  return { clock, state, reader, look };
};

test("a peer is too slow when too much is unread for the whole of the while, not before", () => {
  const { clock, state, look } = open();
  expect(look(true)).toBe(true);
  clock.advance(29_999);
  expect(look(true)).toBe(true);
  expect(state.given).toBe(0);
  clock.advance(1);
  expect(state.given).toBe(1);
});

test("a peer that has caught up once in between is given the while anew", () => {
  const { clock, state, look } = open();
  look(true);
  clock.advance(29_999);
  expect(look(false)).toBe(false);
  look(true);
  clock.advance(29_999);
  expect(state.given).toBe(0);
  clock.advance(1);
  expect(state.given).toBe(1);
});

test("a peer that has caught up when the while ends is not too slow, looked at in between or not", () => {
  const { clock, state, look } = open();
  look(true);
  state.unread = false;
  clock.advance(30_000);
  expect(state.given).toBe(0);
});

test("once the connection has closed nothing is too slow", () => {
  const { clock, state, reader, look } = open();
  look(true);
  reader.stop();
  clock.advance(60_000);
  expect(state.given).toBe(0);
});
