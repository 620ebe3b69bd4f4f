import { describe, expect, test } from "vitest";
import { startAcme } from "../helpers/acme.ts";
import { havePython } from "../helpers/python.ts";
import { runGateway } from "../helpers/run-gateway.ts";
import { AeConnection } from "./acme/ae.ts";
import { send } from "./acme/http-client.ts";
import {
  makeInstance,
  makeSubscribedContainer,
  pointsOfAccess,
  register,
  uniqueName,
} from "./acme/resources.ts";

const PROMPT = 3_000;

describe.skipIf(!havePython())(
  "in front of an ACME CSE, when something goes down",
  { timeout: 60_000 },
  () => {
    async function startWithRegistree() {
      const acme = await startAcme();
      const gateway = await runGateway({ cse: acme });
      const name = uniqueName();
      const ae = await AeConnection.open(gateway.ws);
      expect(await register(ae, name)).toMatchObject({ rsc: 2001 });
      await makeSubscribedContainer(ae, name);
      return { acme, gateway, name, ae };
    }

    test.each([
      ["stops", "SIGTERM"],
      ["is killed", "SIGKILL"],
    ] as const)(
      "a gateway that %s and comes back serves its AEs under the same point of access (TS-0020, 6.4)",
      async (_, signal) => {
        const { acme, gateway, name, ae } = await startWithRegistree();
        const before = await pointsOfAccess(acme.url, name);
        await gateway.stop(signal);
        expect(await ae.closed).toBe(signal === "SIGTERM" ? 1012 : 1006);
        await gateway.start();

        const named = await AeConnection.open(gateway.ws, { claims: `C${name}` });
        await makeInstance(acme.url, name, "one");
        expect(await named.notification()).toMatchObject({
          nev: { rep: { "m2m:cin": { con: "one" } } },
        });
        await named.close();

        const unnamed = await AeConnection.open(gateway.ws);
        const read = await unnamed.request({ op: 2, to: `cse-in/${name}`, fr: `C${name}` });
        expect(read).toMatchObject({ rsc: 2000, pc: { "m2m:ae": { poa: ["ws://default"] } } });
        await makeInstance(acme.url, name, "two");
        expect(await unnamed.notification()).toMatchObject({
          nev: { rep: { "m2m:cin": { con: "two" } } },
        });
        expect(await pointsOfAccess(acme.url, name)).toEqual(before);
      },
    );

    test("an AE learns that a restarted CSE has forgotten it, and registers again on the same socket", async () => {
      const { acme, name, ae } = await startWithRegistree();
      await acme.restart();
      const read = await ae.request({ op: 2, to: `cse-in/${name}`, fr: `C${name}` });
      expect(read).toMatchObject({ rsc: 4004 });

      expect(await register(ae, name)).toMatchObject({ rsc: 2001 });
      await makeSubscribedContainer(ae, name);
      await makeInstance(acme.url, name, "again");
      expect(await ae.notification()).toMatchObject({
        nev: { rep: { "m2m:cin": { con: "again" } } },
      });
    });

    test("while the CSE is down requests are answered 5103 at once and sockets stay open", async () => {
      const { acme, gateway, name, ae } = await startWithRegistree();
      await acme.stop();

      const asked = Date.now();
      const read = { op: 2, to: `cse-in/${name}`, fr: `C${name}` };
      expect(await ae.request(read)).toMatchObject({ rsc: 5103 });
      expect(await send(gateway.http, { path: `/cse-in/${name}` })).toMatchObject({ rsc: "5103" });
      expect(Date.now() - asked).toBeLessThan(PROMPT);

      await acme.start();
      expect(await ae.request(read)).toMatchObject({ rsc: 4004 });
    });
  },
);
