import { describe, expect, test } from "vitest";
import { asked, inStep, ok, startFront, VERIFY } from "../gateway/front.ts";
import { startStandalone } from "../gateway/http-standalone.ts";
import { connectRegistree, type Message } from "../helpers/fake-registree.ts";
import { rawUpgrade } from "../helpers/raw-upgrade.ts";

const SERVED = { status: 200, rsc: 2000 };
/** Nobody is believed who he says he is. */
const STRANGERS = { "ws.trustOrigin": "never" };

/** Ways to write the AE-ID CAE1 of `/id-in`, and what is like it. */
const SPELLINGS = [
  "CAE1",
  "/id-in/CAE1",
  "//sp.example/id-in/CAE1",
  "//SP.EXAMPLE/id-in/CAE1",
  "/id-in//CAE1",
  "/id-in/./CAE1",
  "cAE1",
  " CAE1",
  "CAE1 ",
  "CAE1\0",
  "CAE1/",
  "CAE1#",
  "CAE1?",
  "CAE1/x",
  "-/CAE1",
  "cse-in/CAE1",
  "/id-in/cse-in/CAE1",
  "%43AE1",
  "ＣAE1",
  "__proto__",
];

describe("a stranger does not become CAE1, which is connected,", () => {
  test.each(SPELLINGS)(
    "by a handshake, a request or a registration in the name of %j",
    async (name) => {
      const front = await startFront({ ...STRANGERS, "cse.spId": "sp.example" });
      const { ae, point } = await front.ae("CAE1", { answer: ok });
      // As a CSE has it: of an AE-ID that is in use nobody else is assigned (TS-0004, 7.4.5.2.1).
      front.cse.answer(({ method }) => ({ rsc: method === "POST" ? 4117 : 4004 }));
      const headers = /^[!-~]+$/.test(name) ? { "X-M2M-Origin": name } : {};
      const { peer } = await rawUpgrade(front.gateway.ws, { headers });
      const request = { op: 2, to: "cse-in", fr: name, rqi: "1" };
      expect(Number((await peer.request(request)).rsc)).toBeGreaterThanOrEqual(4000);
      const pc = { "m2m:ae": { api: "N.a", rr: true, srv: ["3"] } };
      const registration = { ...request, op: 1, ty: 2, pc, rqi: "2" };
      expect(Number((await peer.request(registration)).rsc)).toBeGreaterThanOrEqual(4000);
      const change = { op: 3, to: "CAE1", fr: name, pc: { "m2m:ae": { poa: ["http://x"] } } };
      expect(Number((await peer.request({ ...change, rqi: "3" })).rsc)).toBeGreaterThanOrEqual(
        4000,
      );
      expect(asked(front.cse).filter((line) => line.startsWith("PUT"))).toEqual([]);
      expect(await front.notify(point)).toMatchObject(SERVED);
      expect(await ae.nextRequest()).toMatchObject({ op: 5, to: "CAE1" });
      expect(ae.socket.readyState).toBe(ae.socket.OPEN);
    },
  );
});

test("fifty strangers at once do not cut off who lives, and each is refused", async () => {
  const front = await startFront(STRANGERS);
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const strangers = await Promise.all(
    Array.from({ length: 50 }, () => front.connect({ origin: "CAE1" })),
  );
  const claims = strangers.map((one) => one.request({ op: 2, to: "cse-in", fr: "CAE1" }));
  expect(await front.notify(point)).toMatchObject(SERVED);
  for (const claim of claims) expect(await claim).toMatchObject({ rsc: 4106 });
  expect(await ae.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
  expect(asked(front.cse)).toEqual(["POST /cse-in", "GET /cse-in"]);
});

test("a registree that names another one in a request is not taken for it, nor does it learn what is held for it", async () => {
  const front = await startFront(STRANGERS);
  const { ae: one, point } = await front.ae("CAE1", { answer: ok });
  const { ae: two } = await front.ae("CAE2", { answer: ok });
  expect(await two.request({ op: 4, to: "CAE1", fr: "CAE1" })).toMatchObject({ rsc: 4106 });
  expect(
    await two.request({ op: 3, to: "CAE1", fr: "CAE1", pc: { "m2m:ae": { lbl: ["x"] } } }),
  ).toMatchObject({ rsc: 4106 });
  expect(await front.notify(point)).toMatchObject(SERVED);
  expect(await one.nextRequest()).toMatchObject({ to: "CAE1" });
  expect(two.frames).toHaveLength(3);
});

/** Request Identifiers that a request on the wire may have: its own, and whatever the gateway may put there. */
const GUESSES = [
  "n1",
  "N1",
  "n1 ",
  "0",
  "1",
  "",
  "undefined",
  "null",
  "__proto__",
  "constructor",
  ...Array.from({ length: 60 }, (_, n) => `m2mgw-${n}`),
];

test("answers from every other link count for nothing, whatever their rqi: only who was asked answers (ID-11, D-3.4)", async () => {
  const front = await startFront();
  const { ae: one, point } = await front.ae("CAE1");
  const { ae: two } = await front.ae("CAE2");
  const stranger = await front.connect();
  // Two with one identifier, so that one has a substitute on the wire.
  const answers = ["/id-in", "/id-in/CX"].map((origin) =>
    front.notify(point, { ...VERIFY, headers: { "X-M2M-Origin": origin } }),
  );
  const requests = [await one.nextRequest(), await one.nextRequest()];
  for (const liar of [two, stranger]) {
    for (const rqi of GUESSES) liar.send({ rsc: 5205, rqi, pc: { "m2m:dbg": "forged" } });
    for (const rqi of GUESSES) liar.send({ rsc: 5205, rqi, fr: "CAE1", to: "/id-in" });
    await inStep(liar);
  }
  // Numbers, which a lenient reader takes for texts.
  two.send('{"rsc":2000,"rqi":1}');
  await inStep(two);
  for (const { rqi = "" } of requests) one.send({ rsc: 2000, rqi });
  for (const answer of answers) expect(await answer).toMatchObject({ ...SERVED, body: "" });
});

test("an answer to a request that was never asked, and a second one, change nothing (EX-13)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1");
  for (const rqi of GUESSES)
    if (rqi !== "") ae.send({ rsc: 2000, rqi, pc: { "m2m:dbg": "early" } });
  await inStep(ae);
  const answer = front.notify(point, VERIFY);
  const { rqi = "" } = await ae.nextRequest();
  ae.send({ rsc: 5205, rqi });
  ae.send({ rsc: 2000, rqi });
  expect(await answer).toMatchObject({ rsc: 5205 });
});

test("who guesses the <request> of another reads and deletes nothing of it", async () => {
  const { ask, register, gateway } = await startStandalone();
  await register(["http://127.0.0.1:9/"]);
  const accepted = await ask("CApp", "POST", "/~/id-in/CAE1?rt=1", {
    body: '{"m2m:sgn":{"sur":"secret"}}',
  });
  expect(accepted).toMatchObject({ rsc: 1001 });
  const address = String(JSON.parse(accepted.body)["m2m:uri"]);
  expect(address).toMatch(/^m2mgw-req-[\w-]{22}$/);
  for (const from of ["CSpy", "CApp2", "/id-in", "capp", "__proto__"]) {
    for (const method of ["GET", "DELETE"]) {
      const answer = await ask(from, method, `/${address}`);
      expect(answer.rsc).toBeGreaterThanOrEqual(4000);
      expect(answer.body).not.toContain("secret");
    }
  }
  const spy = await connectRegistree(gateway.ws);
  await spy.register("CSpy", { rn: "spy" });
  const read: Message = await spy.request({ op: 2, to: address, fr: "CSpy" });
  expect(read.rsc).toBeGreaterThanOrEqual(4000);
  for (const other of ["m2mgw-req-", "m2mgw-req-1", `${address}x`, address.toUpperCase()]) {
    expect((await ask("CApp", "GET", `/${other}`)).rsc).toBeGreaterThanOrEqual(4000);
  }
  expect(await ask("CApp", "GET", `/${address}`)).toMatchObject({ rsc: 2000 });
});
