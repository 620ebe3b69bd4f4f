import { beforeAll, describe, expect, test, vi } from "vitest";
import { type Acme, startAcme } from "../helpers/acme.ts";
import { havePython } from "../helpers/python.ts";
import { runGateway } from "../helpers/run-gateway.ts";
import { AeConnection } from "./acme/ae.ts";
import { send } from "./acme/http-client.ts";
import {
  aeAttributes,
  makeInstance,
  makeSubscribedContainer,
  pointsOfAccess,
  register,
  subscribeFor,
  uniqueName,
} from "./acme/resources.ts";

const PATIENCE = { timeout: 20_000 };
const POA_TOKEN = /^http:\/\/127\.0\.0\.1:\d+\/poa\/[\w-]{22,}$/;

describe.skipIf(!havePython())("in front of an ACME CSE", { timeout: 60_000 }, () => {
  let acme: Acme;
  beforeAll(async () => {
    acme = await startAcme("stopped");
    return () => acme.stop();
  });

  const startGateway = () => runGateway({ cse: acme });

  /** A gateway and an AE that is registered over it, with a container it watches. */
  async function startWithRegistree() {
    const gateway = await startGateway();
    const name = uniqueName();
    const ae = await AeConnection.open(gateway.ws);
    expect(await register(ae, name)).toMatchObject({ rsc: 2001 });
    await makeSubscribedContainer(ae, name);
    return { gateway, name, ae };
  }

  describe("registration", () => {
    test("an AE sees its points of access as it wrote them, the CSE the gateway's (TS-0001, 9.6.5)", async () => {
      const gateway = await startGateway();
      const name = uniqueName();
      const poa = ["ws://default", "http://127.0.0.1:9/own"];
      const ae = await AeConnection.open(gateway.ws);

      const created = await register(ae, name, { poa });
      expect(created).toMatchObject({ rsc: 2001, pc: { "m2m:ae": { aei: `C${name}`, poa } } });
      const read = await ae.request({ op: 2, to: `cse-in/${name}`, fr: `C${name}` });
      expect(read).toMatchObject({ rsc: 2000, pc: { "m2m:ae": { poa } } });

      const known = await pointsOfAccess(acme.url, name);
      expect(known).toEqual([expect.stringMatching(POA_TOKEN), poa[1]]);
      expect(known?.[0]).toContain(gateway.http);
    });

    test("an AE that names no point of access is reachable by the gateway's (TS-0001, 10.2.5.23)", async () => {
      const gateway = await startGateway();
      const name = uniqueName();
      const ae = await AeConnection.open(gateway.ws);
      expect(await register(ae, name, {})).toMatchObject({ rsc: 2001 });

      expect(await pointsOfAccess(acme.url, name)).toEqual([expect.stringMatching(POA_TOKEN)]);
      await makeSubscribedContainer(ae, name);
      await makeInstance(acme.url, name, "on");
      expect(await ae.notification()).toMatchObject({ nev: { net: 3 } });
    });

    test("an UPDATE of the points of access keeps the gateway's in place at the CSE", async () => {
      const { gateway, name, ae } = await startWithRegistree();
      const before = (await pointsOfAccess(acme.url, name)) ?? [];
      const poa = ["ws://default", "http://127.0.0.1:9/own"];
      const updated = await ae.request({
        op: 3,
        to: `cse-in/${name}`,
        fr: `C${name}`,
        pc: { "m2m:ae": { poa } },
      });
      expect(updated).toMatchObject({ rsc: 2004, pc: { "m2m:ae": { poa } } });
      expect(await pointsOfAccess(acme.url, name)).toEqual([...before, poa[1]]);
      await makeInstance(gateway.http, name, "on");
      expect(await ae.notification()).toMatchObject({ nev: { net: 3 } });
    });

    test.each(["C", "S"])(
      "an AE that asks for %s is known by the AE-ID the CSE chose",
      async (fr) => {
        const gateway = await startGateway();
        const name = uniqueName();
        const ae = await AeConnection.open(gateway.ws);
        const pc = aeAttributes(name);
        const created = await ae.request({ op: 1, to: "cse-in", fr, ty: 2, pc });
        expect(created.rsc).toBe(2001);
        const { aei } = created.pc["m2m:ae"];
        expect(aei).toMatch(new RegExp(`^${fr}\\w+`));

        const point = (await pointsOfAccess(acme.url, name))?.[0] ?? "";
        const notify = { "m2m:sgn": { nev: { net: 3 }, sur: "/id-in/none" } };
        const answer = await send(point, {
          method: "POST",
          path: "",
          from: "/id-in",
          body: notify,
        });
        expect(answer.rsc).toBe("2000");
        expect(await ae.notification()).toMatchObject({ sur: "/id-in/none" });
      },
    );

    test("a request of an originator that is registered nowhere is refused with 4106 (TS-0004, 7.3.2.1)", async () => {
      const gateway = await startGateway();
      const ae = await AeConnection.open(gateway.ws);
      expect(await ae.request({ op: 2, to: "cse-in", fr: "Cnobody" })).toMatchObject({ rsc: 4106 });
    });

    test("after its deregistration an AE is unknown at its point of access (TS-0020, 6.4)", async () => {
      const { name, ae } = await startWithRegistree();
      const point = (await pointsOfAccess(acme.url, name))?.[0] ?? "";
      const gone = await ae.request({ op: 4, to: `cse-in/${name}`, fr: `C${name}` });
      expect(gone).toMatchObject({ rsc: 2002 });

      const notify = { "m2m:sgn": { nev: { net: 3 }, sur: "/id-in/none" } };
      expect(
        await send(point, { method: "POST", path: "", from: "/id-in", body: notify }),
      ).toMatchObject({ status: 404, rsc: "4004" });
    });
  });

  describe("notifications", () => {
    test("an instance made at the CSE and one made through the gateway are both notified on the socket", async () => {
      const { gateway, name, ae } = await startWithRegistree();
      for (const [base, con] of [
        [acme.url, "straight"],
        [gateway.http, "through – größer"],
      ] as const) {
        await makeInstance(base, name, con);
        expect(await ae.notification()).toMatchObject({
          nev: { net: 3, rep: { "m2m:cin": { con } } },
          sur: expect.stringMatching(/^\/id-in\//),
        });
      }
    });

    test("two AEs on one socket get their own notifications (TS-0001, 10.2.2.2)", async () => {
      const { name, ae } = await startWithRegistree();
      const other = uniqueName();
      expect(await register(ae, other)).toMatchObject({ rsc: 2001 });
      await makeSubscribedContainer(ae, other);
      for (const each of [name, other]) {
        await makeInstance(acme.url, each, each);
        const { to } = await ae.received(
          ({ pc }) => pc?.["m2m:sgn"]?.nev?.rep?.["m2m:cin"]?.con === each,
        );
        expect(to).toContain(`C${each}`);
      }
    });

    test("many instances are notified once each", async () => {
      const { gateway, name, ae } = await startWithRegistree();
      const sent = Array.from({ length: 20 }, (_, index) => `v${index}`);
      await Promise.all(sent.map((con) => makeInstance(gateway.http, name, con)));
      const got = [];
      for (const _ of sent) got.push((await ae.notification()).nev.rep["m2m:cin"].con);
      expect(got.sort()).toEqual(sent.sort());
    });

    describe.each(["straight", "through the gateway"])("subscribed %s", (way) => {
      const subscribe = (gateway: string, name: string) =>
        subscribeFor(way === "straight" ? acme.url : gateway, name);

      test("the AE's 2000 to the verification request lets a subscription for it be made (TS-0004, 7.4.8.2.1)", async () => {
        const { gateway, name, ae } = await startWithRegistree();
        expect(await subscribe(gateway.http, name)).toMatchObject({ status: 201, rsc: "2001" });
        const { op, pc } = await ae.received(({ pc }) => pc?.["m2m:sgn"]?.vrq === true);
        expect(op).toBe(5);
        expect(pc["m2m:sgn"]).toMatchObject({ cr: expect.stringContaining("CAdmin") });
      });

      test("the AE's refusal of the verification request lets it fail with 5204 (TS-0004, 7.4.8.2.1)", async () => {
        const { gateway, name, ae } = await startWithRegistree();
        ae.answersWith = 4103;
        expect(await subscribe(gateway.http, name)).toMatchObject({ status: 500, rsc: "5204" });
        await ae.received(({ pc }) => pc?.["m2m:sgn"]?.vrq === true);
      });
    });

    test("a subscription for an AE that is away fails with 5204", async () => {
      const { name, ae } = await startWithRegistree();
      await ae.close();
      expect(await subscribeFor(acme.url, name)).toMatchObject({ status: 500, rsc: "5204" });
    });

    test("a notification target that means the AE's own socket is served (TS-0001, 9.6.8)", async () => {
      const { name, ae } = await startWithRegistree();
      const made = await ae.request({
        op: 1,
        to: `cse-in/${name}/data`,
        fr: `C${name}`,
        ty: 23,
        pc: { "m2m:sub": { rn: "direct", nu: ["ws://default"], nct: 1, enc: { net: [4] } } },
      });
      expect(made.rsc, JSON.stringify(made.pc)).toBe(2001);
      await makeInstance(acme.url, name, "gone soon");
      const path = `/cse-in/${name}/data/la`;
      expect(await send(acme.url, { method: "DELETE", path })).toMatchObject({ rsc: "2002" });
      await ae.received(({ pc }) => pc?.["m2m:sgn"]?.nev?.net === 4);
    });
  });

  describe("coming back", () => {
    test("an AE that names itself in the handshake is notified at once, without registering again (TS-0020, 6.4)", async () => {
      const { gateway, name, ae } = await startWithRegistree();
      await ae.close();
      const back = await AeConnection.open(gateway.ws, { claims: `C${name}` });
      await makeInstance(acme.url, name, "welcome");
      expect(await back.notification()).toMatchObject({
        nev: { rep: { "m2m:cin": { con: "welcome" } } },
      });
    });

    test("an AE that does not is notified after its first request (TS-0020, 6.4)", async () => {
      const { gateway, name, ae } = await startWithRegistree();
      await ae.close();
      const back = await AeConnection.open(gateway.ws);
      const read = await back.request({ op: 2, to: `cse-in/${name}/data`, fr: `C${name}` });
      expect(read).toMatchObject({ rsc: 2000, pc: { "m2m:cnt": { rn: "data" } } });
      await makeInstance(acme.url, name, "welcome");
      expect(await back.notification()).toMatchObject({ nev: { net: 3 } });
    });

    test("a newer connection of the same AE takes over and the older is closed with 4001", async () => {
      const { gateway, name, ae } = await startWithRegistree();
      const newer = await AeConnection.open(gateway.ws, { claims: `C${name}` });
      expect(await ae.closed).toBe(4001);
      await makeInstance(acme.url, name, "newer");
      expect(await newer.notification()).toMatchObject({ nev: { net: 3 } });
    });

    test("an AE that registers again is told 4117 and served all the same", async () => {
      const { gateway, name, ae } = await startWithRegistree();
      await ae.close();
      const back = await AeConnection.open(gateway.ws, { claims: `C${name}` });
      expect(await register(back, name)).toMatchObject({ rsc: 4117 });
      await makeInstance(acme.url, name, "welcome");
      expect(await back.notification()).toMatchObject({ nev: { net: 3 } });
    });
  });

  describe("adoption of an AE that registered at the CSE over HTTP", () => {
    async function registerAtCse() {
      const name = uniqueName();
      const from = `C${name}`;
      const at = (path: string, ty: number, body: unknown) =>
        send(acme.url, { method: "POST", path, from, ty, body });
      expect(await at("/cse-in", 2, aeAttributes(name))).toMatchObject({ rsc: "2001" });
      const container = { "m2m:cnt": { rn: "data" } };
      expect(await at(`/cse-in/${name}`, 3, container)).toMatchObject({ rsc: "2001" });
      expect(await pointsOfAccess(acme.url, name)).toBeUndefined();
      return name;
    }

    test("it gets its notifications when it only opens a WebSocket and names itself", async () => {
      const name = await registerAtCse();
      const gateway = await startGateway();
      const ae = await AeConnection.open(gateway.ws, { claims: `C${name}` });
      await vi.waitFor(
        async () =>
          expect(await pointsOfAccess(acme.url, name)).toEqual([expect.stringMatching(POA_TOKEN)]),
        PATIENCE,
      );
      expect(await subscribeFor(acme.url, name)).toMatchObject({ rsc: "2001" });
      await makeInstance(acme.url, name, "adopted");
      expect(await ae.notification()).toMatchObject({ nev: { net: 3 } });
    });

    test("it is served from its first request on when it does not name itself", async () => {
      const name = await registerAtCse();
      const gateway = await startGateway();
      const ae = await AeConnection.open(gateway.ws);
      const read = await ae.request({ op: 2, to: `cse-in/${name}/data`, fr: `C${name}` });
      expect(read).toMatchObject({ rsc: 2000 });
      await vi.waitFor(
        async () =>
          expect(await pointsOfAccess(acme.url, name)).toEqual([expect.stringMatching(POA_TOKEN)]),
        PATIENCE,
      );
      expect(await subscribeFor(acme.url, name)).toMatchObject({ rsc: "2001" });
    });
  });

  describe("errors of the CSE reach the AE as they are", () => {
    const taken = { "m2m:cnt": { rn: "data" } };
    const cases = [
      ["4004 for a resource that is not there", 4004, { op: 2, to: "NAME/none" }],
      ["4103 for what it may not see", 4103, { op: 2, to: "acpCreateRootResources" }],
      ["4005 for what nobody may do", 4005, { op: 4, to: "" }],
      ["4105 for a name that is taken", 4105, { op: 1, to: "NAME", ty: 3, pc: taken }],
      [
        "4000 for an attribute no resource has",
        4000,
        { op: 3, to: "NAME", pc: { "m2m:ae": { zzz: 1 } } },
      ],
    ] as const;
    test.each(cases)("%s", async (_, rsc, { to, ...request }) => {
      const { name, ae } = await startWithRegistree();
      const target = ["cse-in", to.replace("NAME", name)].filter(Boolean).join("/");
      const answer = await ae.request({ ...request, to: target, fr: `C${name}` });
      expect(answer).toMatchObject({ rsc, pc: { "m2m:dbg": expect.any(String) } });
    });
  });
});
