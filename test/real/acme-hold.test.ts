import { beforeAll, describe, expect, test, vi } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { type Acme, startAcme } from "../helpers/acme.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { callHttp } from "../helpers/http-client.ts";
import { havePython } from "../helpers/python.ts";
import { runGateway } from "../helpers/run-gateway.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { AeConnection, type WirePrimitive } from "./acme/ae.ts";
import { send } from "./acme/http-client.ts";
import {
  aeAttributes,
  makeInstance,
  makeSubscribedContainer,
  register,
  subscribeFor,
  uniqueName,
} from "./acme/resources.ts";
import { startTap, type Tap, type TappedExchange } from "./acme/tap.ts";

const MANY = 20;
/** How long ACME waits for an answer: its `http.timeout`. */
const ACME_GIVES_UP = 10_000;
/** Long before that. */
const PROMPT = 4_000;
const PATIENCE = { timeout: 20_000, interval: 5 };
const HELD = { status: 202, rsc: 1000, headers: { "x-m2mgw-disposition": "held" } };
const REFUSED = { status: 404, rsc: 5103, headers: { "x-m2mgw-disposition": "refused" } };
const OF_AN_APPLICATION = { nev: { net: 3 }, sur: "/id-in/none" };

const notificationIn = ({ request }: TappedExchange) => JSON.parse(request.body)["m2m:sgn"];

/** The Notifies that ACME has sent past `tap`, with their answers; those of a kind, when there are `count` of them. */
async function notifies(
  tap: Tap,
  count: number,
  kind: "vrq" | "nev" = "nev",
): Promise<readonly TappedExchange[]> {
  const sent = () => tap.exchanges.filter((each) => notificationIn(each)?.[kind] !== undefined);
  await vi.waitFor(() => expect(sent()).toHaveLength(count), PATIENCE);
  return sent();
}

/** The Notifies that come to `ae`, in their order. */
async function arrivals(ae: AeConnection, count: number): Promise<WirePrimitive[]> {
  const got = [];
  while (got.length < count) got.push(await ae.received(({ op }) => op === 5));
  return got;
}

const instancesOf = (requests: readonly WirePrimitive[]) =>
  requests.map(({ pc }) => pc["m2m:sgn"].nev.rep["m2m:cin"].con);

const comeBack = (ws: string, name: string) => AeConnection.open(ws, { claims: `C${name}` });

describe.skipIf(!havePython())(
  "in front of an ACME CSE, for registrees that are away",
  { timeout: 60_000 },
  () => {
    let acme: Acme;
    beforeAll(async () => {
      acme = await startAcme("stopped");
      return () => acme.stop();
    });

    /** A gateway whose points of access ACME calls past a tap. */
    async function startTapped(settings: Readonly<Record<string, string>> = {}) {
      const fromAcme = await startTap();
      const advertise = { "http.advertise": fromAcme.url };
      const gateway = await startGateway({ "cse.url": acme.url, ...advertise, ...settings });
      fromAcme.target = gateway.http;
      return { gateway, fromAcme };
    }

    /** An AE with a container it watches, which then goes away. */
    async function leave(ws: string): Promise<string> {
      const name = uniqueName();
      const ae = await AeConnection.open(ws);
      expect(await register(ae, name)).toMatchObject({ rsc: 2001 });
      await makeSubscribedContainer(ae, name);
      await ae.close();
      return name;
    }

    describe.each([
      // Of an originator that subscribes itself by its own identifier ACME asks no verification.
      ["its AE-ID", (name: string) => `C${name}`, 0],
      ["ws://default", () => "ws://default", 1],
    ] as const)("an AE that subscribed by %s", (_, targetOf, verifications) => {
      test.each([
        ["stopped", "SIGTERM"],
        ["killed", "SIGKILL"],
      ] as const)(
        "gets what happened meanwhile once and in order, though the gateway was %s in between (TS-0020, 6.5)",
        async (_, signal) => {
          const fromAcme = await startTap();
          const flags = ["--http.advertise", fromAcme.url];
          const gateway = await runGateway({ cse: acme, flags });
          fromAcme.target = gateway.http;
          const name = uniqueName();
          const [fr, to] = [`C${name}`, `cse-in/${name}`];
          const ae = await AeConnection.open(gateway.ws);
          expect(await register(ae, name)).toMatchObject({ rsc: 2001 });
          const container = { op: 1, to, fr, ty: 3, pc: { "m2m:cnt": { rn: "data" } } };
          expect(await ae.request(container)).toMatchObject({ rsc: 2001 });
          const nu = [targetOf(name)];
          const sub = { rn: "watch", nu, nct: 1, enc: { net: [3] }, nse: true };
          const subscription = { op: 1, to: `${to}/data`, fr, ty: 23, pc: { "m2m:sub": sub } };
          expect(await ae.request(subscription)).toMatchObject({ rsc: 2001 });
          for (const verification of await notifies(fromAcme, verifications, "vrq")) {
            expect(verification).toMatchObject({ status: 200, rsc: 2000 });
          }
          await ae.close();

          const made = Array.from({ length: MANY }, (_, index) => `v${index}`);
          for (const [index, con] of made.entries()) {
            await makeInstance(gateway.http, name, con);
            // ACME notifies in the background, so that the next one could overtake.
            expect((await notifies(fromAcme, index + 1)).at(-1)).toMatchObject(HELD);
          }
          const watch = () => send(acme.url, { path: `/cse-in/${name}/data/watch` });
          const counted = [expect.objectContaining({ noec: MANY, rqs: MANY, rsr: MANY })];
          const isCounted = async () =>
            expect((await watch()).body["m2m:sub"].nsi).toEqual(counted);
          await vi.waitFor(isCounted, PATIENCE);
          await gateway.stop(signal);
          await gateway.start();

          const back = await comeBack(gateway.ws, name);
          const held = await arrivals(back, MANY);
          const metrics = async () => (await fetch(`${gateway.admin}/metrics`)).text();
          // Until the last one is gone from the disk, what comes has its turn behind it (architecture, S11).
          await vi.waitFor(
            async () => expect(await metrics()).toMatch(/^m2mgw_hold_entries 0$/m),
            PATIENCE,
          );
          await makeInstance(gateway.http, name, "live");
          const got = [...held, ...(await arrivals(back, 1))];
          expect(instancesOf(got)).toEqual([...made, "live"]);
          const sent = await notifies(fromAcme, MANY + 1);
          expect(sent.at(-1)).toMatchObject({ status: 200, rsc: 2000 });
          const identifiers = sent.map(({ request }) => request.headers["x-m2m-ri"]);
          expect(got.map(({ rqi }) => rqi)).toEqual(identifiers);
          expect(await watch()).toMatchObject({ rsc: "2000" });
          expect(await metrics()).toMatch(/^m2mgw_hold_entries 0$/m);
        },
      );
    });

    test("without other settings the gateway waits less long for an answer than ACME does", () => {
      const loaded = loadConfig({ env: {} });
      if ("faults" in loaded) throw new Error(JSON.stringify(loaded.faults));
      expect(loaded.config.request.ceiling).toBeLessThan(ACME_GIVES_UP - 1_000);
    });

    test("in the strict profile ACME gets the AE's own answer, or 5103 before it gives up by itself", async () => {
      const settings = { "hold.profile": "strict", "request.ceiling": "4s" };
      const { gateway, fromAcme } = await startTapped(settings);
      const [name, lost] = [await leave(gateway.ws), await leave(gateway.ws)];
      const asked = Date.now();
      // ACME retargets it and relays what it got for it (TS-0001, 10.2.5.21).
      const inVain = callHttp(acme.url, {
        method: "POST",
        target: `/cse-in/${lost}`,
        headers: {
          "X-M2M-Origin": "CAdmin",
          "X-M2M-RI": "in-vain",
          "X-M2M-RVI": "3",
          "Content-Type": "application/json",
        },
        body: JSON.stringify({ "m2m:sgn": OF_AN_APPLICATION }),
      });
      await gateway.metricIs("m2mgw_hold_entries", 1);
      await makeInstance(acme.url, name, "asked");
      await gateway.metricIs("m2mgw_hold_entries", 2);
      expect(fromAcme.exchanges).toEqual([]);

      const back = await comeBack(gateway.ws, name);
      back.answersWith = 4103;
      expect(instancesOf(await arrivals(back, 1))).toEqual(["asked"]);
      expect(await notifies(fromAcme, 1)).toMatchObject([{ status: 403, rsc: 4103 }]);

      expect(await inVain).toMatchObject({ status: 404, rsc: 5103 });
      expect(Date.now() - asked).toBeLessThan(ACME_GIVES_UP);
      expect((await notifies(fromAcme, 2)).at(-1)).toMatchObject(REFUSED);
      await gateway.metricIs("m2mgw_hold_entries", 0);
    });

    test("a verification request is refused at once and never comes later; ACME makes no subscription (TS-0004, 7.4.8.2.1)", async () => {
      const { gateway, fromAcme } = await startTapped();
      const name = await leave(gateway.ws);
      const asked = Date.now();
      expect(await subscribeFor(gateway.http, name)).toMatchObject({ status: 500, rsc: "5204" });
      expect(Date.now() - asked).toBeLessThan(PROMPT);
      expect(await notifies(fromAcme, 1, "vrq")).toMatchObject([REFUSED]);
      const path = `/cse-in/${name}/data/other`;
      expect(await send(acme.url, { path })).toMatchObject({ rsc: "4004" });

      await makeInstance(acme.url, name, "first");
      expect(await notifies(fromAcme, 1)).toMatchObject([HELD]);
      const back = await comeBack(gateway.ws, name);
      expect(instancesOf(await arrivals(back, 1))).toEqual(["first"]);
    });

    test("a blocking update is refused at once and never comes later; ACME changes nothing (TS-0004, 7.3.2.9)", async () => {
      const { gateway, fromAcme } = await startTapped();
      const name = await leave(gateway.ws);
      const [path, from] = [`/cse-in/${name}/data`, `C${name}`];
      const sub = { "m2m:sub": { rn: "block", nu: [from], enc: { net: [7] } } };
      const subscribe = { method: "POST", path, from, ty: 23, body: sub } as const;
      expect(await send(acme.url, subscribe)).toMatchObject({ rsc: "2001" });
      // That a subscription was made is itself what the AE watches.
      expect(await notifies(fromAcme, 1)).toMatchObject([HELD]);

      const update = { method: "PUT", path, body: { "m2m:cnt": { lbl: ["changed"] } } } as const;
      const asked = Date.now();
      expect(await send(gateway.http, update)).toMatchObject({ status: 404, rsc: "5107" });
      expect(Date.now() - asked).toBeLessThan(PROMPT);
      expect((await notifies(fromAcme, 2)).at(-1)).toMatchObject(REFUSED);
      const { body } = await send(acme.url, { path });
      expect(body["m2m:cnt"]).not.toHaveProperty("lbl");
      expect(await gateway.metric("m2mgw_hold_entries")).toBe(1);
    });

    test.each([
      [
        "an AE",
        (name: string) => ({
          id: `C${name}`,
          resource: { ty: 2, pc: aeAttributes(name, { poa: ["ws://default"] }) },
          request: {
            method: "POST" as const,
            path: `/~/id-in/C${name}`,
            body: { "m2m:sgn": OF_AN_APPLICATION },
          },
        }),
      ],
      [
        "a CSE",
        () => ({
          id: "/mn1",
          resource: {
            ty: 16,
            pc: { "m2m:csr": { rn: "mn1", cb: "/mn1/mn", csi: "/mn1", rr: true, srv: ["3"] } },
          },
          request: { path: "/~/mn1/mn/lamp" },
        }),
      ],
    ])(
      "an application that ACME alone knows gets the result from %s by retrieving it, or by a Notify that ACME retargets (TS-0001, 8.2.2)",
      async (_, describeRegistree) => {
        const { gateway } = await startTapped({ "ws.allowCseOnPlain": "true" });
        const name = uniqueName();
        const { id, resource, request } = describeRegistree(name);
        const before = await connectRegistree(gateway.ws);
        const registered = await before.request({ op: 1, to: "cse-in", fr: id, ...resource });
        expect(registered).toMatchObject({ rsc: 2001 });
        await before.disconnect();
        const application = await startCse(() => ({ rsc: 2000 }));
        const from = `C${name}app`;
        const body = aeAttributes(`${name}app`, { poa: [application.url] });
        const created = { method: "POST", path: "/cse-in", from, ty: 2, body } as const;
        expect(await send(acme.url, created)).toMatchObject({ rsc: "2001" });

        const nonBlocking = (rt: number, rqi: string) =>
          send(gateway.http, {
            ...request,
            path: `${request.path}?rt=${rt}`,
            from,
            headers: { "X-M2M-RI": rqi },
          });
        const synch = await nonBlocking(1, "synch");
        expect(synch).toMatchObject({ status: 202, rsc: "1001" });
        expect(await nonBlocking(2, "asynch")).toMatchObject({ status: 202, rsc: "1002" });
        const path = `/${synch.body["m2m:uri"]}`;
        const retrieve = () => send(gateway.http, { path, from });
        expect(await retrieve()).toMatchObject({ rsc: "2000", body: { "m2m:req": { rs: 3 } } });

        const pc = { "m2m:dbg": "here again" };
        await connectRegistree(gateway.ws, { origin: id, answer: () => ({ rsc: 2000, pc }) });
        await vi.waitFor(() => expect(application.requests).toHaveLength(1), PATIENCE);
        const [notify] = application.requests;
        expect(notify?.headers).toMatchObject({ "x-m2m-origin": "/id-in" });
        const result = { rsc: 2000, rqi: "asynch", to: from, pc };
        expect(JSON.parse(notify?.body ?? "")).toMatchObject({ "m2m:rsp": result });
        const completed = { "m2m:req": { rs: 1, ors: { ...result, rqi: "synch" } } };
        const isCompleted = async () => expect(await retrieve()).toMatchObject({ body: completed });
        await vi.waitFor(isCompleted, PATIENCE);
      },
    );

    test("a result that ACME tells an AE is held for it (TS-0004, 7.5.1.2.5)", async () => {
      const { gateway, fromAcme } = await startTapped();
      const name = await leave(gateway.ws);
      const headers = { "X-M2M-RTU": `C${name}`, "X-M2M-RI": "asynch" };
      const asked = await send(gateway.http, { path: `/cse-in/${name}/data?rt=2`, headers });
      expect(asked).toMatchObject({ status: 202, rsc: "1002" });
      await vi.waitFor(() => expect(fromAcme.exchanges).toMatchObject([HELD]), PATIENCE);
      const [notify] = await arrivals(await comeBack(gateway.ws, name), 1);
      expect(notify?.pc["m2m:rsp"]).toMatchObject({
        rsc: 2000,
        rqi: "asynch",
        pc: { "m2m:cnt": { rn: "data" } },
      });
    });
  },
);
