import { expect, test } from "vitest";
import type { CseScript } from "../helpers/fake-cse.ts";
import { asked, gate, gatewayUrlIn, inStep, ok, startFront } from "./front.ts";

const RETRIEVE = { op: 2, to: "cse-in/x", fr: "CAE7" };
const SERVED = { status: 200, rsc: 2000 };

/** A CSE that has the AE CAE7, registered by another way. */
const knowing =
  (poa?: readonly string[], rr = true): CseScript =>
  ({ method, target }) => {
    if (method === "PUT") return { rsc: 2004 };
    if (target.startsWith("/cse-in/x")) return { rsc: 2000, body: { "m2m:cnt": {} } };
    return {
      rsc: 2000,
      body: {
        "m2m:ae": { aei: "CAE7", ri: "CAE7", rn: "seven", ty: 2, rr, ...(poa && { poa }) },
      },
    };
  };

test("an AE that only the CSE knows is adopted by its first request, which then goes up (S2)", async () => {
  const front = await startFront();
  front.cse.answer(knowing());
  const ae = await front.connect({ answer: ok });
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000, pc: { "m2m:cnt": {} } });
  const [looked, told, forwarded] = front.cse.requests;
  expect(asked(front.cse)).toHaveLength(3);
  expect(looked).toMatchObject({ method: "GET", headers: { "x-m2m-origin": "CAE7" } });
  expect(looked?.target).toMatch(/CAE7$/);
  expect(told).toMatchObject({ method: "PUT", headers: { "x-m2m-origin": "CAE7" } });
  expect(told?.target).toMatch(/CAE7$/);
  expect(forwarded).toMatchObject({ method: "GET", target: "/cse-in/x" });
  const point = new URL(gatewayUrlIn(front.poaAtCse(), front.gateway)).pathname;
  expect(await front.notify(point)).toMatchObject(SERVED);
  expect(await ae.nextRequest()).toMatchObject({ to: "CAE7" });
});

test("a trusted X-M2M-Origin is enough to be adopted, as for an AE that only takes notifications (S2)", async () => {
  const front = await startFront();
  front.cse.answer(knowing());
  const ae = await front.connect({ origin: "CAE7", answer: ok });
  await front.gateway.metricIs("m2mgw_registrees", 1);
  // It is bound a moment later, and what comes before is held for that moment.
  expect((await front.notify("/~/id-in/CAE7")).status).toBeLessThan(300);
  expect(await ae.nextRequest()).toMatchObject({ to: "/id-in/CAE7" });
});

test("adoption keeps the points of access that are there, but for ws ones (S2, 9.2)", async () => {
  const front = await startFront();
  front.cse.answer(knowing(["http://a", "ws://default", "mqtt://b"]));
  const ae = await front.connect();
  await ae.request(RETRIEVE);
  const poa = front.poaAtCse();
  const url = gatewayUrlIn(poa, front.gateway);
  expect(poa).toEqual(["http://a", url, "mqtt://b"]);
  front.cse.answer(knowing(poa));
  const own = await ae.request({ op: 2, to: "cse-in/seven", fr: "CAE7" });
  expect(own.pc?.["m2m:ae"]).toMatchObject({ poa: ["http://a", "ws://default", "mqtt://b"] });
});

test("the address of the adopted <AE> is known, so that its deletion deregisters (S2, RG-14)", async () => {
  const front = await startFront();
  front.cse.answer(knowing());
  const ae = await front.connect();
  await ae.request(RETRIEVE);
  const point = new URL(gatewayUrlIn(front.poaAtCse(), front.gateway)).pathname;
  front.cse.answer(() => ({ rsc: 2002 }));
  expect(await ae.request({ op: 4, to: "cse-in/seven", fr: "CAE7" })).toMatchObject({ rsc: 2002 });
  expect(await front.notify(point)).toMatchObject({ status: 404, rsc: 4004 });
});

test.each([4004, 4103, 4106])(
  "when the CSE answers the look-up with %i the request is 4106 and stays here (S2, RG-05)",
  async (rsc) => {
    const front = await startFront();
    front.cse.answer(() => ({ rsc }));
    const ae = await front.connect();
    expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 4106, rqi: "r1" });
    expect(asked(front.cse)).toEqual([expect.stringMatching(/^GET .*CAE7$/)]);
    expect(front.cse.requests[0]?.headers["x-m2m-origin"]).toBe("CAE7");
  },
);

test("an answer about another AE adopts nobody (S2)", async () => {
  const front = await startFront();
  front.cse.answer(() => ({ rsc: 2000, body: { "m2m:ae": { aei: "COther", ri: "COther" } } }));
  const ae = await front.connect();
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 4106 });
});

test("a CSE that is away during the look-up is 5103, not 4106 (HS-32)", async () => {
  const front = await startFront();
  await front.cse.stop();
  const ae = await front.connect();
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 5103 });
});

test("an AE whose point of access the CSE does not take is served all the same (S2)", async () => {
  const front = await startFront();
  const script = knowing();
  front.cse.answer((request, response) =>
    request.method === "PUT" ? { rsc: 4103 } : script(request, response),
  );
  const ae = await front.connect({ answer: ok });
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  expect(await front.notify("/CAE7")).toMatchObject(SERVED);
});

test("requests that arrive together adopt once (S2, 4.4)", async () => {
  const front = await startFront();
  const looking = gate();
  const script = knowing();
  front.cse.answer(async (request, response) => {
    await looking.opened;
    return await script(request, response);
  });
  const ae = await front.connect();
  const responses = [ae.request(RETRIEVE), ae.request(RETRIEVE), ae.request(RETRIEVE)];
  await inStep(ae);
  looking.open();
  for (const response of await Promise.all(responses))
    expect(response).toMatchObject({ rsc: 2000 });
  expect(asked(front.cse).filter((line) => line.startsWith("PUT"))).toHaveLength(1);
  expect(asked(front.cse).filter((line) => line === "GET /cse-in/x")).toHaveLength(3);
});

test("an adopted AE with rr false is served but gets no requests (S2, D-4.1)", async () => {
  const front = await startFront();
  front.cse.answer(knowing(undefined, false));
  const ae = await front.connect();
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  expect(await front.notify("/CAE7")).toMatchObject({ status: 404, rsc: 5103 });
});

test("a gateway whose state was lost adopts the AE that it had registered before, its old URL replaced (S2)", async () => {
  const front = await startFront();
  const stale = `${front.gateway.http}/poa/AAAAAAAAAAAAAAAAAAAAAA`;
  front.cse.answer(knowing(["http://a", stale]));
  const ae = await front.connect({ answer: ok });
  await ae.request(RETRIEVE);
  const poa = front.poaAtCse();
  const url = gatewayUrlIn(poa, front.gateway);
  expect(url).not.toBe(stale);
  expect(poa).toEqual(["http://a", url]);
  expect(await front.notify(new URL(url).pathname)).toMatchObject(SERVED);
});

test("two connections that come with one unknown AE adopt it once (S2)", async () => {
  const front = await startFront();
  const reached = gate();
  const held = gate();
  front.cse.answer(async (request) => {
    if (request.method !== "GET") return { rsc: 2004, body: {} };
    reached.open();
    await held.opened;
    return { rsc: 2000, body: { "m2m:ae": { aei: "CAE7", ri: "CAE7", rr: true } } };
  });
  const [one, two] = [await front.connect(), await front.connect()];
  const answers = [one, two].map((ae) => ae.request({ op: 2, to: "CAE7", fr: "CAE7" }));
  await reached.opened;
  await Promise.all([inStep(one), inStep(two)]);
  held.open();
  await Promise.all(answers);
  expect(asked(front.cse).filter((line) => line.startsWith("PUT"))).toHaveLength(1);
});
