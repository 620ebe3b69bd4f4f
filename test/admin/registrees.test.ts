import { expect, test } from "vitest";
import { ok, startFront } from "../gateway/front.ts";
import { away, back, holdAll, leave, startHolding } from "../gateway/hold-in.ts";
import { get, post } from "./api-in.ts";

const idsIn = ({ body }: Awaited<ReturnType<typeof get>>): string[] =>
  body.items.map(({ registree }: { registree: string }) => registree);

test("registrees are listed in pages, by the beginning of their names and by state", async () => {
  const front = await startFront();
  for (const name of ["Cb", "Ca", "Cc", "Sx"]) await front.ae(name);
  const { gateway } = front;
  const first = await get(gateway, "/registrees?limit=3");
  expect(idsIn(first)).toEqual(["/Sx", "/id-in/Ca", "/id-in/Cb"]);
  const second = await get(gateway, `/registrees?limit=3&after=${first.body.next}`);
  expect(idsIn(second)).toEqual(["/id-in/Cc"]);
  expect(second.body).not.toHaveProperty("next");
  expect(idsIn(await get(gateway, "/registrees?prefix=S"))).toEqual(["/Sx"]);
  expect(idsIn(await get(gateway, "/registrees?prefix=/id-in/Ca"))).toEqual(["/id-in/Ca"]);
  expect(idsIn(await get(gateway, "/registrees?state=away"))).toEqual([]);
  expect(idsIn(await get(gateway, "/registrees?state=connected&limit=4"))).toHaveLength(4);
});

test("one registree is shown with its connection, what it wrote, and a token that nobody can use", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { attributes: { poa: ["ws://default"] } });
  const { body } = await get(front.gateway, "/registrees/CAE1");
  expect(body).toMatchObject({
    registree: "/id-in/CAE1",
    kind: "ae",
    state: "connected",
    takesRequests: true,
    link: { peer: "127.0.0.1", subprotocol: "oneM2M.json", basis: "registration", secured: false },
    held: { count: 0, bytes: 0 },
    traffic: { sent: 0, answered: 0, failed: 0, perMinute: 0 },
    pointOfAccess: { written: ["ws://default"] },
  });
  const [atCse] = body.pointOfAccess.atCse;
  const token = point.split("/").at(-1) ?? "";
  expect(atCse).toBe(`${front.gateway.http}/poa/${token.slice(0, 4)}…`);
  expect(JSON.stringify(body)).not.toContain(token);
  expect((await get(front.gateway, "/registrees/%2Fid-in%2FCAE1")).status).toBe(200);
  expect((await get(front.gateway, "/registrees/CNobody")).status).toBe(404);
});

test("when a registree came, and why it left, is told in order", async () => {
  const front = await startHolding();
  const point = await away(front);
  await holdAll(front, point, ["n1"]);
  const awayNow = await get(front.gateway, "/registrees/CAE1");
  expect(awayNow.body).toMatchObject({ state: "away", held: { count: 1 } });
  expect(awayNow.body).not.toHaveProperty("link");
  await back(front, "CAE1", { answer: ok });
  const { body } = await get(front.gateway, "/registrees/CAE1");
  expect(body.timeline).toMatchObject([
    { what: "registered" },
    { what: "connected", link: "l1" },
    { what: "left", link: "l1", why: "closed with 1000" },
    { what: "connected", link: "l2" },
  ]);
});

test("a registree that is kicked is closed with 4003, stays registered, and that is on record", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  expect((await post(front.gateway, "/registrees/CAE1/kick")).status).toBe(200);
  expect(await ae.closed).toMatchObject({ code: 4003 });
  await front.gateway.metricIs("m2mgw_links", 0);
  expect((await post(front.gateway, "/registrees/CAE1/kick")).status).toBe(409);
  expect((await post(front.gateway, "/registrees/CNobody/kick")).status).toBe(404);
  const { body } = await get(front.gateway, "/registrees/CAE1");
  expect(body.timeline.at(-1)).toMatchObject({ what: "left", why: "closed with 4003" });
  const acted = { stream: "audit", action: "kick", registree: "/id-in/CAE1" };
  expect(front.gateway.log).toContainEqual(expect.objectContaining(acted));
});

test("a query that says what nobody understands is refused", async () => {
  const { gateway } = await startFront();
  for (const query of ["limit=0", "limit=1001", "state=gone", "stat=away"]) {
    const { status, type } = await get(gateway, `/registrees?${query}`);
    expect({ query, status, type }).toEqual({
      query,
      status: 400,
      type: "application/problem+json; charset=utf-8",
    });
  }
});

test("the status says who is there, what is held, and how it goes with the CSE", async () => {
  const front = await startHolding();
  await front.ae("CAE2");
  const point = await away(front);
  await holdAll(front, point, ["n1", "n2"]);
  const { body } = await get(front.gateway, "/status");
  expect(body).toMatchObject({
    mode: "front",
    cse: "/id-in",
    ready: true,
    reasons: [],
    links: 1,
    registrees: { total: 2, connected: 1, callable: 0, away: 1 },
    held: { count: 2, open: 0, registrees: 1, oldest: "2026-01-01T12:00:00.000Z", accepting: true },
    upstream: { url: front.cse.url, reachable: true },
    inFlight: { toRegistree: 0, toCse: 0 },
  });
  await leave(front, (await front.ae("CAE3")).ae);
  expect((await get(front.gateway, "/status")).body.registrees).toMatchObject({ away: 2 });
});
