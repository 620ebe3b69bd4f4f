import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Acme, startAcme } from "../helpers/acme.ts";
import { startHttpRegistree } from "../helpers/http-registree.ts";
import { havePython } from "../helpers/python.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { type HttpAnswer, send } from "./acme/http-client.ts";
import { uniqueName } from "./acme/resources.ts";

const PATIENCE = { timeout: 20_000, interval: 10 };

describe.skipIf(!havePython())(
  "a bridge to the WebSocket server of an ACME CSE, for entities that speak HTTP",
  { timeout: 60_000 },
  () => {
    let acme: Acme;
    beforeAll(async () => {
      acme = await startAcme("stopped");
      return () => acme.stop();
    });

    /** ACME takes one request at a time on a connection, and knows whose it is by the handshake. */
    const bridge = () =>
      startGateway({
        "cse.url": acme.ws,
        "cse.links": "per-originator",
        "cse.window": "1",
        "cse.targets": "originator",
        "calls.networks": "127.0.0.0/8",
      });

    /** An AE with a server of its own, registered through the bridge, and what it asks there. */
    async function ae(base: string) {
      const name = uniqueName();
      const device = await startHttpRegistree();
      const ask = (call: Parameters<typeof send>[1]): Promise<HttpAnswer> =>
        send(base, { from: `C${name}`, ...call });
      const body = { rn: name, api: "Ntest", rr: true, srv: ["3"], poa: [`${device.url}/n`] };
      const created = await ask({
        method: "POST",
        path: "/cse-in",
        ty: 2,
        body: { "m2m:ae": body },
      });
      expect(created.rsc, created.text).toBe("2001");
      return { name, device, ask };
    }

    /** The same with a container. */
    async function aeWithContainer(base: string) {
      const one = await ae(base);
      const path = `/cse-in/${one.name}`;
      const body = { "m2m:cnt": { rn: "data" } };
      expect((await one.ask({ method: "POST", path, ty: 3, body })).rsc).toBe("2001");
      return { ...one, container: `${path}/data` };
    }

    test("an AE registers, makes, reads, changes, finds and deletes what it likes", async () => {
      const gateway = await bridge();
      const { name, ask } = await ae(gateway.http);
      const made = await ask({
        method: "POST",
        path: `/cse-in/${name}`,
        ty: 3,
        body: { "m2m:cnt": { rn: "data", lbl: ["ä", "b c"] } },
      });
      expect(made.rsc, made.text).toBe("2001");
      const container = `/cse-in/${name}/data`;
      for (const con of ["1", "2", "3"]) {
        const body = { "m2m:cin": { con } };
        expect((await ask({ method: "POST", path: container, ty: 4, body })).rsc).toBe("2001");
      }
      const latest = await ask({ path: `${container}/la` });
      expect(latest.body["m2m:cin"].con).toBe("3");
      const filters = [
        "fu=1&ty=4",
        "fu=1&ty=4&lim=2",
        "fu=1&ty=3+4&lbl=%C3%A4",
        "fu=1&cty=a&fo=2&ty=4",
      ];
      for (const filter of filters) {
        const path = `/cse-in/${name}?${filter}`;
        const found = await ask({ path });
        const direct = await send(acme.url, { from: `C${name}`, path });
        expect([filter, found.text]).toEqual([filter, direct.text]);
      }
      const body = { "m2m:cnt": { lbl: ["c"] } };
      expect((await ask({ method: "PUT", path: container, body })).rsc).toBe("2004");
      expect((await ask({ path: container })).body["m2m:cnt"].lbl).toEqual(["c"]);
      expect((await ask({ path: `${container}/none` })).rsc).toBe("4004");
      expect((await ask({ method: "DELETE", path: container })).rsc).toBe("2002");
      expect((await ask({ method: "DELETE", path: `/cse-in/${name}` })).rsc).toBe("2002");
      await gateway.metricIs("m2mgw_registrees", 0);
    });

    test("its points of access are its own to it, and this connection to the CSE", async () => {
      const gateway = await bridge();
      const { name, device, ask } = await ae(gateway.http);
      const own = await ask({ path: `/cse-in/${name}` });
      expect(own.body["m2m:ae"].poa).toEqual([`${device.url}/n`]);
      const others = await send(acme.url, { path: `/cse-in/${name}` });
      expect(others.body["m2m:ae"].poa).toEqual(["ws://default"]);
    });

    test("notifications of its subscription arrive at its server, each once", async () => {
      const gateway = await bridge();
      const { name, device, ask, container } = await aeWithContainer(gateway.http);
      const sub = { rn: "watch", nu: [`${device.url}/n`], nct: 1, enc: { net: [3] } };
      const made = await ask({ method: "POST", path: container, ty: 23, body: { "m2m:sub": sub } });
      expect(made.rsc, made.text).toBe("2001");
      const told = () =>
        device.requests
          .map(({ bytes }) => JSON.parse(bytes.toString())["m2m:sgn"].nev?.rep["m2m:cin"].con)
          .filter((con) => con !== undefined);
      const notified: string[] = [];
      for (const con of ["1", "2", "3"]) {
        const body = { "m2m:cin": { con } };
        expect((await send(acme.url, { method: "POST", path: container, ty: 4, body })).rsc).toBe(
          "2001",
        );
        // ACME notifies in the background, so that the next one could overtake.
        notified.push(con);
        await vi.waitFor(() => expect(told()).toEqual(notified), PATIENCE);
      }
      const read = await ask({ path: `${container}/watch` });
      // ACME finds a connection by AE-ID only; which URL stood there cannot be told from that.
      expect(read.body["m2m:sub"].nu).toEqual([`C${name}`]);
    });

    test("what comes while its server is down is held by the bridge, and delivered when it is back", async () => {
      const gateway = await bridge();
      const { name, device, ask, container } = await aeWithContainer(gateway.http);
      const sub = { rn: "watch", nu: [`C${name}`], nct: 1, enc: { net: [3] } };
      expect(
        (await ask({ method: "POST", path: container, ty: 23, body: { "m2m:sub": sub } })).rsc,
      ).toBe("2001");
      await device.stop();
      for (const [index, con] of ["1", "2"].entries()) {
        const body = { "m2m:cin": { con } };
        await send(acme.url, { method: "POST", path: container, ty: 4, body });
        await gateway.metricIs("m2mgw_hold_entries", index + 1);
      }
      const back = await startHttpRegistree(device.port);
      await ask({ path: `/cse-in/${name}` });
      const told = () =>
        back.requests.map(
          ({ bytes }) => JSON.parse(bytes.toString())["m2m:sgn"].nev.rep["m2m:cin"].con,
        );
      await vi.waitFor(() => expect(told()).toEqual(["1", "2"]), PATIENCE);
    });

    test("an AE whose AE-ID the CSE chooses is reached under that", async () => {
      const gateway = await bridge();
      const device = await startHttpRegistree();
      const body = {
        rn: uniqueName(),
        api: "Ntest",
        rr: true,
        srv: ["3"],
        poa: [`${device.url}/n`],
      };
      const created = await send(gateway.http, {
        from: "C",
        method: "POST",
        path: "/cse-in",
        ty: 2,
        body: { "m2m:ae": body },
      });
      expect(created.rsc, created.text).toBe("2001");
      const { aei } = created.body["m2m:ae"];
      expect(aei).toMatch(/^C.+/);
      await gateway.metricIs('m2mgw_registrar_dials_total{result="connected"}', 2);
      const notify = { "m2m:sub": { rn: "watch", nu: [aei], nct: 1, enc: { net: [3] } } };
      const path = `/cse-in/${body.rn}`;
      expect(
        (
          await send(gateway.http, {
            from: aei,
            method: "POST",
            path,
            ty: 3,
            body: { "m2m:cnt": { rn: "data" } },
          })
        ).rsc,
      ).toBe("2001");
      expect(
        (
          await send(gateway.http, {
            from: aei,
            method: "POST",
            path: `${path}/data`,
            ty: 23,
            body: notify,
          })
        ).rsc,
      ).toBe("2001");
      await send(acme.url, {
        method: "POST",
        path: `${path}/data`,
        ty: 4,
        body: { "m2m:cin": { con: "1" } },
      });
      expect((await device.next()).bytes.toString()).toContain('"con"');
    });

    test("a CSE that restarts is connected to again, and forgets the AE, which the bridge then does, too", async () => {
      const own = await startAcme("stopped");
      onTestFinished(() => own.stop());
      const gateway = await startGateway({
        "cse.url": own.ws,
        "cse.links": "per-originator",
        "cse.window": "1",
        "cse.reconnectMax": "1s",
        "cse.timeout": "5s",
        "calls.networks": "127.0.0.0/8",
      });
      await ae(gateway.http);
      await gateway.metricIs("m2mgw_registrees", 1);
      await own.restart();
      await vi.waitFor(
        async () => expect(await gateway.metric("m2mgw_registrees")).toBe(0),
        PATIENCE,
      );
      const again = await ae(gateway.http);
      expect((await again.ask({ path: `/cse-in/${again.name}` })).rsc).toBe("2000");
    });
  },
);
