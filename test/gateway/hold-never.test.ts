import { describe, expect, test } from "vitest";
import { cborOf, XMLNS } from "../helpers/coders.ts";
import type { HttpAnswer } from "../helpers/http-client.ts";
import type { Front } from "./front.ts";
import {
  answer,
  away,
  back,
  expectConserved,
  heldIs,
  NOT_REACHABLE,
  quiet,
  rqisOf,
  SERVED,
  startHolding,
  stillOpen,
  TIMED_OUT,
} from "./hold-in.ts";
import { notifyIn } from "./notify-in.ts";

const inXml = (inner: string): string => `<m2m:sgn ${XMLNS}>${inner}</m2m:sgn>`;
const SUR = "<sur>/id-in/sub1</sur>";
const sgn = (members: object): object => ({ "m2m:sgn": { sur: "/id-in/sub1", ...members } });
const agn = {
  "m2m:sgn": [
    { nev: { net: 3 }, sur: "a" },
    { nev: { net: 7 }, sur: "b" },
  ],
};

describe("what decides something for its sender by its answer is 404 with 5103 at once, and never stored", () => {
  test.each<[string, string, string | Uint8Array]>([
    ["vrq in JSON (BF-13)", "application/json", JSON.stringify(sgn({ vrq: true }))],
    ["vrq in XML (BF-13)", "application/xml", inXml(`<vrq>true</vrq>${SUR}`)],
    ["vrq in XML as 1 (BF-13)", "application/xml", inXml(`${SUR}<vrq> 1 </vrq>`)],
    [
      "vrq in XML under another prefix (BF-13)",
      "application/xml",
      inXml(`<vrq>true</vrq>${SUR}`).replaceAll("m2m:", "o:").replace("xmlns:m2m", "xmlns:o"),
    ],
    ["vrq in CBOR (BF-13)", "application/cbor", cborOf(sgn({ vrq: true }))],
    ["net 7 in JSON (BF-15)", "application/json", JSON.stringify(sgn({ nev: { net: 7 } }))],
    ["net 7 in XML (BF-15)", "application/xml", inXml(`<nev><net>7</net></nev>${SUR}`)],
    ["net 7 in CBOR (BF-15)", "application/cbor", cborOf(sgn({ nev: { net: 7 } }))],
    ["net 7 in an aggregated one (BF-15)", "application/json", JSON.stringify({ "m2m:agn": agn })],
  ])("%s", async (_what, contentType, body) => {
    const front = await startHolding();
    const point = await away(front);
    const refused = await notifyIn(front, point, contentType, body);
    expect(refused).toMatchObject({
      ...NOT_REACHABLE,
      headers: { "x-m2mgw-disposition": "refused" },
    });
    expect(await front.gateway.metric("m2mgw_hold_accepted_total")).toBe(0);
    const ae = await back(front);
    await quiet(front, ae);
    expect(ae.frames).toEqual([]);
    await expectConserved(front.gateway, {});
  });
});

const esprim = { "m2m:seci": { sit: 5, epo: "eyJh.bGci.OiJk.aXIi.fQ" } };
const esprimXml = `<m2m:seci ${XMLNS}><sit>5</sit><epo>eyJh.bGci.OiJk.aXIi.fQ</epo></m2m:seci>`;

describe.each<[string, (front: Front, point: string, query?: string) => Promise<HttpAnswer>]>([
  [
    "a Notify with rt 3 (BF-16)",
    (front, point, query = "") => front.notify(`${point}?rt=3${query}`),
  ],
  [
    "an ESPrim object (BF-17, D-8.3)",
    (front, point) => front.notify(point, { body: JSON.stringify(esprim) }),
  ],
  [
    "an ESPrim object in XML (BF-17, D-8.3)",
    (front, point) => notifyIn(front, point, "application/xml", esprimXml),
  ],
  [
    "an ESPrim object in CBOR (BF-17, D-8.3)",
    (front, point) => notifyIn(front, point, "application/cbor", cborOf(esprim)),
  ],
  [
    "a Notify of category 2 (BF-21)",
    (front, point) => front.notify(point, { headers: { "X-M2M-EC": "2" } }),
  ],
])("%s is never acknowledged early", (_what, send) => {
  test("its originator waits, and gets the registree's own answer when that returns in time", async () => {
    const front = await startHolding();
    const point = await away(front);
    const answered = send(front, point);
    await heldIs(front, 1);
    front.clock.advance(7_999);
    await stillOpen(front, answered);
    const ae = await back(front);
    const request = await ae.nextRequest();
    answer(ae, request, { pc: { "m2m:dbg": "mine" } });
    expect(await answered).toMatchObject({ ...SERVED, body: expect.stringContaining("mine") });
    await expectConserved(front.gateway, { delivered: 1 });
  });

  test("at the ceiling it is 404 with 5103, and nothing is delivered later", async () => {
    const front = await startHolding();
    const point = await away(front);
    const answered = send(front, point);
    await heldIs(front, 1);
    front.clock.advance(8_000);
    expect(await answered).toMatchObject(NOT_REACHABLE);
    const ae = await back(front);
    await quiet(front, ae);
    expect(rqisOf(ae)).toEqual([]);
    await expectConserved(front.gateway, { expired: 1 });
  });
});

test.each(["rt=3", ""])(
  "one that names its own time is 504 with 4008 when that has passed: %j (BF-16, BF-17; architecture, S14)",
  async (query) => {
    const front = await startHolding();
    const point = await away(front);
    const answered = front.notify(`${point}?${query}`, {
      body: JSON.stringify(esprim),
      headers: { "X-M2M-RET": "20000" },
    });
    await heldIs(front, 1);
    front.clock.advance(19_999);
    await stillOpen(front, answered);
    front.clock.advance(1);
    expect(await answered).toMatchObject({
      ...TIMED_OUT,
      headers: { "x-m2mgw-disposition": "expired" },
    });
    await expectConserved(front.gateway, { expired: 1 });
  },
);

test("category 2 never outlives the ceiling, whatever time it names (5.4)", async () => {
  const front = await startHolding();
  const point = await away(front);
  const headers = { "X-M2M-EC": "2", "X-M2M-RET": "60000" };
  const answered = front.notify(point, { headers });
  await heldIs(front, 1);
  front.clock.advance(8_000);
  expect(await answered).toMatchObject(NOT_REACHABLE);
  await expectConserved(front.gateway, { expired: 1 });
});

test.each([
  ["a verification that the registree refuses (BF-14)", { vrq: true }],
  ["a blocking update that it refuses", { nev: { net: 7 } }],
])("online, %s is relayed", async (_what, members) => {
  const front = await startHolding();
  const { point } = await front.ae("CAE1", { answer: () => ({ rsc: 5205 }) });
  const relayed = await front.notify(point, { body: JSON.stringify(sgn(members)) });
  expect(relayed).toMatchObject({ status: 403, rsc: 5205 });
  await expectConserved(front.gateway, {});
});
