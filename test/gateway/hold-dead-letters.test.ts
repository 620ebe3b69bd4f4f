import { describe, expect, test } from "vitest";
import { callHttp } from "../helpers/http-client.ts";
import { type Front, ok } from "./front.ts";
import {
  answer,
  away,
  back,
  expectConserved,
  holdAll,
  leave,
  rqisOf,
  startHolding,
} from "./hold-in.ts";

interface Listed {
  readonly sequence: number;
  readonly requestIdentifier: string;
  readonly outcome: string;
  readonly reason: string;
}

const lettersOf = async (front: Front, registree: string): Promise<readonly Listed[]> => {
  const query = `registree=${encodeURIComponent(registree)}`;
  const response = await fetch(`${front.gateway.admin}/api/v1/dead-letters?${query}`);
  const { items } = (await response.json()) as { items: readonly Listed[] };
  return items;
};

const replay = async (front: Front, registree: string, sequence: number): Promise<number> => {
  const path = `${encodeURIComponent(registree)}/${sequence}/replay`;
  const url = `${front.gateway.admin}/api/v1/dead-letters/${path}`;
  return (await fetch(url, { method: "POST" })).status;
};

describe("what was not delivered", () => {
  test("is kept with the reason, and goes out again when that is asked for", async () => {
    const front = await startHolding({ "hold.notifyDefault": "1h" });
    const point = await away(front);
    await holdAll(front, point, ["n1", "n2"]);
    front.clock.advance(3_600_000);
    await front.gateway.metricIs('m2mgw_hold_settled_total{outcome="expired"}', 2);
    const [first, second] = await lettersOf(front, "CAE1");
    expect(first).toMatchObject({ requestIdentifier: "n1", outcome: "expired" });
    expect(first?.reason).toMatch(/expiration/);
    expect(second).toMatchObject({ requestIdentifier: "n2" });
    expect(first).not.toHaveProperty("content");

    expect(await replay(front, "/id-in/CAE1", Number(first?.sequence))).toBe(200);
    const ae = await back(front);
    const delivered = await ae.nextRequest();
    expect(delivered).toMatchObject({ op: 5, rqi: "n1" });
    answer(ae, delivered);
    await front.gateway.metricIs('m2mgw_hold_settled_total{outcome="delivered"}', 1);
    expect(await lettersOf(front, "CAE1")).toMatchObject([{ requestIdentifier: "n2" }]);
    await expectConserved(front.gateway);
  });

  test("goes out again without the times that it came with: they have passed", async () => {
    const front = await startHolding();
    const point = await away(front);
    const times = { "X-M2M-RET": "1000", "X-M2M-RST": "2000", "X-M2M-OET": "20260101T120001" };
    await front.notify(point, { headers: times });
    front.clock.advance(1_000);
    await front.gateway.metricIs('m2mgw_hold_settled_total{outcome="expired"}', 1);
    const [letter] = await lettersOf(front, "CAE1");
    expect(await replay(front, "CAE1", Number(letter?.sequence))).toBe(200);
    const ae = await back(front);
    const delivered = await ae.nextRequest();
    expect(delivered).toMatchObject({ op: 5, rqi: "n1" });
    for (const name of ["rqet", "rset", "oet"]) expect(delivered).not.toHaveProperty(name);
    answer(ae, delivered);
    await expectConserved(front.gateway, { expired: 1, delivered: 1 });
  });

  test("is kept too when the registree answers with an error", async () => {
    const front = await startHolding();
    const point = await away(front);
    await holdAll(front, point, ["n1"]);
    const ae = await back(front);
    answer(ae, await ae.nextRequest(), { rsc: 4000 });
    await front.gateway.metricIs('m2mgw_hold_settled_total{outcome="delivered"}', 1);
    const [letter] = await lettersOf(front, "CAE1");
    expect(letter).toMatchObject({ outcome: "delivered", reason: "the registree answered 4000" });
  });

  test("goes with its registree, and is not replayed to whoever registers under the same ID later", async () => {
    const front = await startHolding({ "hold.notifyDefault": "1s" });
    const { ae, point } = await front.ae("CAE1");
    await leave(front, ae);
    await holdAll(front, point, ["n1"]);
    front.clock.advance(1_000);
    await front.gateway.metricIs('m2mgw_hold_settled_total{outcome="expired"}', 1);
    const [letter] = await lettersOf(front, "CAE1");
    const again = await back(front);
    await again.request({ op: 4, to: "cse-in/ae-CAE1", fr: "CAE1" });
    while ((await lettersOf(front, "CAE1")).length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await replay(front, "CAE1", Number(letter?.sequence))).toBe(404);
  });

  test("goes out again once, when two ask for that at once", async () => {
    const front = await startHolding({ "hold.notifyDefault": "1s" });
    const point = await away(front);
    await holdAll(front, point, ["n1"]);
    front.clock.advance(1_000);
    await front.gateway.metricIs('m2mgw_hold_settled_total{outcome="expired"}', 1);
    const sequence = Number((await lettersOf(front, "CAE1"))[0]?.sequence);
    const replays = [replay(front, "CAE1", sequence), replay(front, "CAE1", sequence)];
    expect((await Promise.all(replays)).sort()).toEqual([200, 404]);
    await expectConserved(front.gateway, { expired: 1, entries: 1 });
  });

  test("takes nobody's place when it goes out again: a latest that was held since is later (H.2.4)", async () => {
    const front = await startHolding({ "hold.notifyDefault": "1h" });
    const point = await away(front);
    const headers = { "X-M2M-EC": "4" };
    await front.notify(point, { rqi: "old", headers });
    front.clock.advance(3_600_000);
    await front.gateway.metricIs('m2mgw_hold_settled_total{outcome="expired"}', 1);
    await front.notify(point, { rqi: "new", headers });
    const [letter] = await lettersOf(front, "CAE1");
    expect(await replay(front, "CAE1", Number(letter?.sequence))).toBe(200);
    await expectConserved(front.gateway, { expired: 1, entries: 2 });
    const ae = await back(front, "CAE1", { answer: ok });
    await expectConserved(front.gateway, { expired: 1, delivered: 2 });
    expect(rqisOf(ae)).toEqual(["new", "old"]);
  });

  test("is bounded for each registree: the oldest leave", async () => {
    const front = await startHolding({ "hold.deadLetters": "2", "hold.notifyDefault": "1s" });
    const point = await away(front);
    await holdAll(front, point, ["n1", "n2", "n3"]);
    front.clock.advance(1_000);
    await front.gateway.metricIs('m2mgw_hold_settled_total{outcome="expired"}', 3);
    const kept = await lettersOf(front, "CAE1");
    expect(kept.map(({ requestIdentifier }) => requestIdentifier)).toEqual(["n2", "n3"]);
  });

  test("is given up after its time", async () => {
    const front = await startHolding({ "hold.deadLettersKept": "1d", "hold.notifyDefault": "1s" });
    const point = await away(front);
    await holdAll(front, point, ["n1"]);
    front.clock.advance(1_000);
    await front.gateway.metricIs('m2mgw_hold_settled_total{outcome="expired"}', 1);
    expect(await lettersOf(front, "CAE1")).toHaveLength(1);
    front.clock.advance(86_400_000);
    front.clock.advance(600_000);
    while ((await lettersOf(front, "CAE1")).length > 0) {
      front.clock.advance(600_000);
      await new Promise((again) => setImmediate(again));
    }
  });

  test("is shown and replayed on loopback only, since nobody is authenticated there", async () => {
    const settings = { "admin.listen": "0.0.0.0:0", "admin.insecure": "true" };
    const front = await startHolding({ ...settings, "hold.notifyDefault": "1s" });
    const point = await away(front);
    await holdAll(front, point, ["n1"]);
    front.clock.advance(1_000);
    await front.gateway.metricIs('m2mgw_hold_settled_total{outcome="expired"}', 1);
    const url = `${front.gateway.admin}/api/v1/dead-letters?registree=CAE1`;
    expect((await fetch(url)).status).toBe(403);
    const sequences = Array.from({ length: 5 }, (_, sequence) => sequence);
    const replays = sequences.map((sequence) => replay(front, "CAE1", sequence));
    expect(new Set(await Promise.all(replays))).toEqual(new Set([403]));
    await expectConserved(front.gateway, { expired: 1 });
  });

  test("is for whoever is on this machine, however the path is spelled; not for its other pages", async () => {
    const { gateway } = await startHolding();
    const get = "dead-letters?registree=CAE1";
    const post = "dead-letters/CAE1/1/replay";
    const statusOf = async (target: string, headers: Record<string, string>, api = "/api/v1") => {
      const method = target === get ? "GET" : "POST";
      return (await callHttp(gateway.admin, { method, target: `${api}/${target}`, headers }))
        .status;
    };
    for (const Host of ["127.evil.example:80", "[::2]:80", "192.0.2.1"]) {
      expect(await statusOf(get, { Host })).toBe(403);
      expect(await statusOf(get, { Host }, "/%61pi/v1")).toBe(403);
    }
    for (const Host of ["127.0.0.1:9180", "localhost", "[::1]:9180"]) {
      expect(await statusOf(get, { Host })).toBe(200);
      const page = { Host, Origin: `http://${Host}`, "Sec-Fetch-Site": "same-origin" };
      expect(await statusOf(post, page)).toBe(404);
      expect(await statusOf(post, { ...page, Origin: "null" })).toBe(403);
      expect(await statusOf(post, { ...page, "Sec-Fetch-Site": "same-site" })).toBe(403);
    }
  });

  test.each([
    ["under a name that is not the machine's own", { Host: "evil.example" }],
    ["by a page of another origin", { Origin: "http://evil.example" }],
    ["by a page of another site", { "Sec-Fetch-Site": "cross-site" }],
  ])("is not given out or replayed %s", async (_who, headers) => {
    const front = await startHolding();
    for (const [method, target] of [
      ["GET", "/api/v1/dead-letters?registree=CAE1"],
      ["POST", "/api/v1/dead-letters/CAE1/1/replay"],
    ] as const) {
      const answer = await callHttp(front.gateway.admin, { method, target, headers });
      expect(answer.status).toBe(403);
    }
  });

  test("is replayed with a registree and a sequence that are there", async () => {
    const front = await startHolding();
    expect(await lettersOf(front, "CNobody")).toEqual([]);
    expect(await replay(front, "CNobody", 1)).toBe(404);
  });
});
