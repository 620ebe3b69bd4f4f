import { inspect } from "node:util";
import { expect, test } from "vitest";
import { authenticationOf, basic, basicEntry, entry } from "./known.ts";

const REFUSED = { code: "GW_CREDENTIALS_REFUSED" };
const ENTRIES = [basicEntry("gate", "open"), basicEntry("lamp", "light:on")];

test("the right password proves the credential of its entry (RFC 7617)", async () => {
  const { ask } = authenticationOf({ entries: ENTRIES });
  expect(await ask(basic("gate", "open"))).toMatchObject({ id: "basic:gate" });
  expect(await ask(basic("lamp", "light:on"))).toMatchObject({ id: "basic:lamp" });
});

test.each([
  ["another user's password", basic("gate", "light:on")],
  ["no password", basic("gate", "")],
  ["a password that only begins right", basic("gate", "open ")],
  ["an unknown user", basic("door", "open")],
  ["no user", basic("", "open")],
  ["a name of every object", basic("__proto__", "open")],
  ["no colon", { authorization: `Basic ${Buffer.from("gate").toString("base64")}` }],
])("%s is refused", async (_what, shown) => {
  const { ask } = authenticationOf({ entries: ENTRIES });
  await expect(ask(shown)).rejects.toMatchObject(REFUSED);
});

test("an unknown user costs what a wrong password costs", async () => {
  const { ask, checks } = authenticationOf({ entries: ENTRIES });
  await expect(ask(basic("gate", "wrong"))).rejects.toMatchObject(REFUSED);
  expect(checks()).toBe(1);
  await expect(ask(basic("nobody", "wrong"))).rejects.toMatchObject(REFUSED);
  expect(checks()).toBe(2);
});

test("a password that was right is not computed again, a wrong one beside it is", async () => {
  const { ask, checks } = authenticationOf({ entries: ENTRIES });
  await ask(basic("gate", "open"));
  await ask(basic("gate", "open"));
  expect(checks()).toBe(1);
  await expect(ask(basic("gate", "wrong"))).rejects.toMatchObject(REFUSED);
  await expect(ask(basic("gate", "wrong"))).rejects.toMatchObject(REFUSED);
  expect(checks()).toBe(3);
  await ask(basic("gate", "open"));
  expect(checks()).toBe(3);
});

test("the same password many times at once is one check", async () => {
  const { ask, checks } = authenticationOf({ entries: ENTRIES, passwordChecks: 1 });
  const all = Array.from({ length: 50 }, () => ask(basic("gate", "open")));
  expect(new Set((await Promise.all(all)).map((credential) => credential?.id))).toEqual(
    new Set(["basic:gate"]),
  );
  expect(checks()).toBe(1);
});

test("a flood of passwords is computed two at a time, and past the limit refused as overload (D9)", async () => {
  const { ask, checks, holdUp } = authenticationOf({ entries: ENTRIES, passwordChecks: 3 });
  const goOn = holdUp();
  const flood = Array.from({ length: 5 }, (_, at) => ask(basic("gate", `wrong${at}`)));
  const outcomes = Promise.allSettled(flood);
  await expect(ask(basic("gate", "one more"))).rejects.toMatchObject({ code: "GW_OVERLOADED" });
  expect(checks()).toBe(2);
  goOn();
  for (const outcome of await outcomes) {
    expect(outcome).toMatchObject({ status: "rejected", reason: REFUSED });
  }
  expect(checks()).toBe(5);
  expect(await ask(basic("gate", "open"))).toMatchObject({ id: "basic:gate" });
});

test("who was let in before is let in during a flood", async () => {
  const { ask, holdUp } = authenticationOf({ entries: ENTRIES, passwordChecks: 1 });
  await ask(basic("gate", "open"));
  const goOn = holdUp();
  const flood = Promise.allSettled(
    Array.from({ length: 3 }, (_, at) => ask(basic("gate", `wrong${at}`))),
  );
  expect(await ask(basic("gate", "open"))).toMatchObject({ id: "basic:gate" });
  goOn();
  await flood;
});

test("after new settings what was right before is checked against them", async () => {
  const { ask, authentication } = authenticationOf({ entries: ENTRIES });
  await ask(basic("gate", "open"));
  const settings = { tokens: undefined, isExpected: false, passwordChecks: 64 };
  authentication.configure({ ...settings, entries: [basicEntry("gate", "changed")] });
  await expect(ask(basic("gate", "open"))).rejects.toMatchObject(REFUSED);
  expect(await ask(basic("gate", "changed"))).toMatchObject({ id: "basic:gate" });
});

test.each(["gate", "door"])(
  "no refusal of %s tells a peer more than that, and none holds the password",
  async (user) => {
    const { ask } = authenticationOf({ entries: ENTRIES });
    const error = await ask(basic(user, "hunter2")).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message: "these credentials are not valid here" });
    expect(inspect(error, { depth: null })).not.toContain("hunter2");
  },
);

test("without passwords configured the scheme proves nothing, and is for somebody else", async () => {
  const { ask, authentication } = authenticationOf({
    entries: [entry("a", { by: "bearer", hash: Buffer.alloc(32) })],
  });
  expect(await ask(basic("gate", "open"))).toBeUndefined();
  expect(authentication.schemes).toEqual(["Bearer"]);
});
