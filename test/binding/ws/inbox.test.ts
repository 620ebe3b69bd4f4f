import { expect, test } from "vitest";
import { Inbox } from "../../../src/binding/ws/inbox.ts";
import { respond } from "../../../src/primitive/respond.ts";
import { requestOf } from "../../core/primitives.ts";
import { ManualClock } from "../../helpers/manual-clock.ts";

interface Limits {
  readonly window: number;
  readonly queue: number;
  readonly maxBuffered: number;
}

/** An inbox whose requests are served until `finish`; by originator and Request Identifier. */
function open(limits: Partial<Limits> = {}) {
  const served: string[] = [];
  const answered: string[] = [];
  const underWay = new Map<string, () => void>();
  let isSlow = false;
  const inbox: Inbox = new Inbox({
    limits: { window: 64, queue: 1024, maxBuffered: 1_000_000, ...limits },
    clock: new ManualClock(),
    serve: (request) => {
      const name = `${request.from ?? "nobody"} ${request.requestIdentifier}`;
      served.push(name);
      return new Promise((resolve) => underWay.set(name, () => resolve(respond(request, 2000))));
    },
    answer: ({ from, requestIdentifier }) => answered.push(`${from} ${requestIdentifier}`),
    isSlow: () => isSlow,
    ended: () => inbox.progress(),
    failed: (error) => expect.unreachable(String(error)),
  });
  const take = (fr: string | undefined, rqi: string, bytes = 100): boolean =>
    inbox.take(requestOf({ fr, rqi }), bytes);
  const flood = (fr: string, count: number): boolean[] =>
    Array.from({ length: count }, (_, n) => take(fr, `${n}`));
  const finish = async (name: string): Promise<void> => {
    underWay.get(name)?.();
    await new Promise((turn) => setImmediate(turn));
  };
  const slow = (now: boolean): void => {
    isSlow = now;
  };
  return { inbox, served, answered, take, flood, finish, slow };
}

test("an originator that is alone on the link has the whole window", () => {
  const { flood, served, inbox } = open();
  flood("CFlood", 100);
  expect(served).toHaveLength(64);
  expect(inbox.isIdle).toBe(false);
});

test("an originator whose target is slow keeps none of another's requests waiting", async () => {
  const { flood, take, finish, served, answered } = open();
  flood("CFlood", 500);
  for (let n = 0; n < 200; n += 1) {
    expect(take("CLamp", `${n}`)).toBe(true);
    expect(served.at(-1)).toBe(`CLamp ${n}`);
    await finish(`CLamp ${n}`);
  }
  expect(answered).toHaveLength(200);
  expect(served).toHaveLength(264);
});

test("those who wait are served in turn, and each one's requests in order", async () => {
  const { flood, take, finish, served } = open({ window: 1 });
  flood("CFlood", 3);
  for (const rqi of ["0", "1"]) take("CLamp", rqi);
  take(undefined, "0");
  for (let done = 0; done < 5; done += 1) await finish(served[done] ?? "");
  expect(served).toEqual(["CFlood 0", "CFlood 1", "CLamp 0", "nobody 0", "CFlood 2", "CLamp 1"]);
});

test("an originator that fills the queue leaves room in it for others, in number and in bytes", () => {
  const few = open({ window: 1, queue: 4 });
  expect(few.flood("CFlood", 6)).toEqual([true, true, true, true, true, false]);
  expect(few.take("CLamp", "0")).toBe(true);
  expect(few.take("CLamp", "1")).toBe(false);

  const large = open({ window: 1, maxBuffered: 1_000 });
  for (const rqi of ["0", "1"]) large.take("CFlood", rqi, 1_000);
  expect(large.take("CFlood", "2", 1)).toBe(false);
  expect(large.take("CLamp", "0", 250)).toBe(true);
});

test("a request overtakes none of the same originator that waits, though the peer reads again", () => {
  const { take, slow, inbox, served } = open();
  slow(true);
  take("CLamp", "0");
  slow(false);
  take("CLamp", "1");
  inbox.progress();
  expect(served).toEqual(["CLamp 0", "CLamp 1"]);
});

test("the same identifier of two originators is two requests, each answered for its own", async () => {
  const { take, finish, answered, inbox } = open();
  for (const fr of ["CLamp", "CDoor"]) take(fr, "same");
  await finish("CDoor same");
  expect(answered).toEqual(["CDoor same"]);
  await finish("CLamp same");
  expect(answered).toEqual(["CDoor same", "CLamp same"]);
  expect(inbox.isIdle).toBe(true);
});

test("what waits when the peer is gone is not served, and is given back", async () => {
  const { flood, finish, served, inbox } = open({ window: 1 });
  flood("CFlood", 3);
  expect(inbox.forget().map(({ requestIdentifier }) => requestIdentifier)).toEqual(["1", "2"]);
  await finish("CFlood 0");
  expect(served).toEqual(["CFlood 0"]);
  expect(inbox.isIdle).toBe(true);
});
