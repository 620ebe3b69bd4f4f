import { beforeAll, describe, expect, test, vi } from "vitest";
import { type Acme, startAcme } from "../helpers/acme.ts";
import { type HttpRegistree, startHttpRegistree } from "../helpers/http-registree.ts";
import { haveNginx, startNginx } from "../helpers/nginx.ts";
import { havePython } from "../helpers/python.ts";
import { haveProxies, startSquid } from "../helpers/real-proxy.ts";
import { type RunningGateway, startGateway } from "../helpers/start-gateway.ts";
import { type HttpAnswer, send } from "./acme/http-client.ts";
import { uniqueName } from "./acme/resources.ts";

const PATIENCE = { timeout: 20_000, interval: 10 };
const skipped = !haveNginx() || !haveProxies() || !havePython();

interface Chain {
  readonly bridge: RunningGateway;
  readonly front: RunningGateway;
}

/** device ─ HTTP ─ bridge ─ squid ─ nginx ─ front ─ HTTP ─ ACME, each the real one. */
async function startChain(
  acme: Acme,
  { silence = "60s", ...settings }: Readonly<Record<string, string>> = {},
): Promise<Chain> {
  const front = await startGateway({ "cse.url": acme.url, "ws.pingAfter": "1h" });
  const nginx = await startNginx(front.ws, silence);
  const squid = await startSquid({ ports: [nginx.port] });
  const bridge = await startGateway({
    "cse.url": nginx.url,
    "cse.reconnectMax": "1s",
    "proxy.url": squid.url,
    "calls.networks": "127.0.0.0/8",
    ...settings,
  });
  return { bridge, front };
}

/** An AE with a server of its own, registered through the chain, and what it asks there. */
async function ae({ bridge }: Chain) {
  const name = uniqueName();
  const device = await startHttpRegistree();
  const ask = (call: Parameters<typeof send>[1]): Promise<HttpAnswer> =>
    send(bridge.http, { from: `C${name}`, ...call });
  const body = { rn: name, api: "Ntest", rr: true, srv: ["3"], poa: [`${device.url}/n`] };
  const created = await ask({ method: "POST", path: "/cse-in", ty: 2, body: { "m2m:ae": body } });
  expect(created.rsc, created.text).toBe("2001");
  const container = `/cse-in/${name}/data`;
  const cnt = { "m2m:cnt": { rn: "data" } };
  expect((await ask({ method: "POST", path: `/cse-in/${name}`, ty: 3, body: cnt })).rsc).toBe(
    "2001",
  );
  return { name, device, ask, container };
}

const contentOf = ({ bytes }: { readonly bytes: Buffer }) =>
  JSON.parse(bytes.toString())["m2m:sgn"];

const instancesIn = ({ requests }: HttpRegistree): unknown[] =>
  requests.flatMap((request) => contentOf(request).nev?.rep["m2m:cin"]?.con ?? []);

describe.skipIf(skipped)(
  "an AE that speaks HTTP behind a bridge, a proxy (squid), a reverse proxy (nginx) and a front, at ACME",
  { timeout: 60_000 },
  () => {
    let acme: Acme;
    beforeAll(async () => {
      acme = await startAcme("stopped");
      return () => acme.stop();
    });

    test("works with its resources as it would directly, and finds what ACME finds by each filter", async () => {
      const { name, ask, container } = await ae(await startChain(acme));
      for (const con of ["1", "22", "x".repeat(200_000)]) {
        const body = { "m2m:cin": { con, cnf: "text/plain:0", lbl: [`l${con.length}`] } };
        expect((await ask({ method: "POST", path: container, ty: 4, body })).rsc).toBe("2001");
      }
      expect((await ask({ path: `${container}/la` })).body["m2m:cin"].con).toHaveLength(200_000);
      const filters =
        "ty=4,lbl=l2,sza=3,szb=3,cty=text%2Fplain,crb=20990101T000000,cra=20200101T000000,ms=20200101T000000,us=20990101T000000,exb=20990101T000000,exa=20200101T000000,sts=9,stb=0,lvl=1,lim=2,ofst=1,rn=data,fo=2&ty=3";
      for (const filter of filters.split(",")) {
        const path = `/cse-in/${name}?fu=1&${filter}`;
        const direct = await send(acme.url, { from: `C${name}`, path });
        const found = await ask({ path });
        expect([filter, found.rsc, found.text]).toEqual([filter, direct.rsc, direct.text]);
      }
      for (const path of [`${container}/none`, `${container}?rcn=4`, `${container}?atrl=lbl`]) {
        const direct = await send(acme.url, { from: `C${name}`, path });
        const found = await ask({ path });
        expect([path, found.status, found.text]).toEqual([path, direct.status, direct.text]);
      }
      expect((await ask({ method: "DELETE", path: container })).rsc).toBe("2002");
    });

    test("subscribes by URLs that only its own network knows: verification and notifications arrive there (S5)", async () => {
      const { name, device, ask, container } = await ae(await startChain(acme));
      const elsewhere = await startHttpRegistree();
      const nu = [`${elsewhere.url}/watch?x=1`, `${device.url}/n`];
      const sub = { rn: "watch", nu, nct: 1, enc: { net: [3] } };
      const made = await ask({ method: "POST", path: container, ty: 23, body: { "m2m:sub": sub } });
      expect(made.rsc, made.text).toBe("2001");
      expect(made.body["m2m:sub"].nu).toEqual(nu);
      expect(contentOf(await elsewhere.next())).toMatchObject({ vrq: true });
      const notified: string[] = [];
      for (const con of ["1", "2", "3"]) {
        const body = { "m2m:cin": { con } };
        const created = await send(acme.url, { method: "POST", path: container, ty: 4, body });
        expect(created.rsc).toBe("2001");
        // ACME notifies in the background, so that the next one could overtake.
        notified.push(con);
        await vi.waitFor(() => expect(instancesIn(elsewhere)).toEqual(notified), PATIENCE);
        await vi.waitFor(() => expect(instancesIn(device)).toEqual(notified), PATIENCE);
      }
      expect(elsewhere.requests.map(({ target }) => target)).toContain("/watch?x=1");
      expect((await ask({ path: `${container}/watch` })).body["m2m:sub"].nu).toEqual(nu);
      const own = await ask({ path: `/cse-in/${name}` });
      expect(own.body["m2m:ae"].poa).toEqual([`${device.url}/n`]);
    });

    test("has its results told later where it asks for that", async () => {
      const { name, device, ask } = await ae(await startChain(acme));
      const headers = { "X-M2M-RTU": `${device.url}/results` };
      const accepted = await ask({ path: `/cse-in/${name}?rt=2`, headers });
      expect(accepted.rsc, accepted.text).toBe("1002");
      const told = await device.next();
      expect(told.target).toBe("/results");
      expect(JSON.parse(told.bytes.toString())["m2m:rsp"]).toMatchObject({ rsc: 2000 });
    });

    test("stays connected through silence longer than nginx allows, by pings; without them it comes back", async () => {
      const pinged = await startChain(acme, { silence: "3s", "ws.pingAfter": "500ms" });
      const silent = await startChain(acme, { silence: "3s", "ws.pingAfter": "1h" });
      const [one, two] = [await ae(pinged), await ae(silent)];
      const dials = 'm2mgw_registrar_dials_total{result="connected"}';
      await vi.waitFor(
        async () => expect(await silent.bridge.metric(dials)).toBeGreaterThan(1),
        PATIENCE,
      );
      expect(await pinged.bridge.metric(dials)).toBe(1);
      for (const { ask, name } of [one, two]) {
        expect((await ask({ path: `/cse-in/${name}` })).rsc).toBe("2000");
      }
    });
  },
);
