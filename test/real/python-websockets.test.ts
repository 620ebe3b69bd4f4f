import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { startChild } from "../helpers/child.ts";
import { havePython, pythonCommand } from "../helpers/python.ts";
import { runGateway } from "../helpers/run-gateway.ts";
import { send } from "./acme/http-client.ts";
import { aeAttributes, uniqueName } from "./acme/resources.ts";

const client = fileURLToPath(new URL("python/client.py", import.meta.url));

interface Event {
  readonly event: "open" | "message" | "pinged" | "ponged" | "closed";
  readonly [name: string]: unknown;
}

/** Starts client.py, which is ended with the test. */
async function startClient(url: string, subprotocol: string, ...originator: readonly string[]) {
  const child = await startChild(pythonCommand("python"), [
    client,
    url,
    subprotocol,
    ...originator,
  ]);
  onTestFinished(async () => {
    await child.stop();
  });
  const events: Event[] = [];
  const wanting: (() => void)[] = [];
  child.onLine((line) => {
    events.push(JSON.parse(line));
    for (const look of wanting.splice(0)) look();
  });
  void child.ended.then(() => {
    for (const look of wanting.splice(0)) look();
  });
  return {
    order: (order: Record<string, unknown>) => child.write(JSON.stringify(order)),
    /** The next event of that kind; those of other kinds are left for later calls. */
    async next(kind: Event["event"]): Promise<Event> {
      for (;;) {
        const index = events.findIndex(({ event }) => event === kind);
        if (index >= 0) return events.splice(index, 1)[0] as Event;
        if (!child.running) throw new Error(`the client ended without ${kind}:\n${child.output()}`);
        await new Promise<void>((resolve) => wanting.push(resolve));
      }
    },
    /** Kinds of the events nobody has asked for yet. */
    left: () => events.map(({ event }) => event),
  };
}

type Client = Awaited<ReturnType<typeof startClient>>;

async function register(python: Client, name: string) {
  const pc = aeAttributes(name, { poa: ["ws://default"] });
  const create = { op: 1, to: "cse-in", fr: `C${name}`, rqi: "create", rvi: "3", ty: 2, pc };
  python.order({ send: create });
  expect(await python.next("message")).toMatchObject({
    text: true,
    primitive: { rsc: 2001, rqi: "create", pc: { "m2m:ae": { aei: `C${name}` } } },
  });
}

const notify = (base: string, name: string) =>
  send(base, {
    method: "POST",
    path: `/~/id-in/C${name}`,
    from: "/id-in",
    body: { "m2m:sgn": { nev: { net: 3, rep: { "m2m:cin": { con: "ä€😀" } } }, sur: "/id-in/s" } },
    headers: { "X-M2M-RI": `notify-${name}` },
  });

describe.skipIf(!havePython())(
  "the Python library websockets as client",
  { timeout: 60_000 },
  () => {
    const spellings = ["oneM2M.json", "onem2m.r2.0.json", "oneM2M.R2.0.json"];

    test.each(spellings)(
      "accepts the subprotocol as it offered it: %s (TS-0020, 6.2.3.5)",
      async (subprotocol) => {
        const gateway = await runGateway();
        const python = await startClient(gateway.ws, subprotocol);
        expect(await python.next("open")).toMatchObject({ subprotocol });
      },
    );

    test.each([
      ["with X-M2M-Origin", true],
      ["without X-M2M-Origin", false],
    ])("%s it registers, is notified and answers", async (_, names) => {
      const gateway = await runGateway();
      const name = uniqueName();
      const python = await startClient(gateway.ws, "oneM2M.json", ...(names ? [`C${name}`] : []));
      await python.next("open");
      await register(python, name);

      const answered = notify(gateway.http, name);
      const { primitive, text } = await python.next("message");
      expect(text).toBe(true);
      expect(primitive).toMatchObject({
        op: 5,
        fr: "/id-in",
        pc: { "m2m:sgn": { nev: { rep: { "m2m:cin": { con: "ä€😀" } } } } },
      });
      const { rqi } = primitive as { rqi: string };
      python.order({ send: { rsc: 2000, rqi, rvi: "3" } });
      expect(await answered).toMatchObject({ status: 200, rsc: "2000" });
      expect((await answered).headers.get("X-M2M-RI")).toBe(`notify-${name}`);
    });

    test("that came back naming itself is notified without registering again (TS-0020, 6.4)", async () => {
      const gateway = await runGateway();
      const name = uniqueName();
      const before = await startClient(gateway.ws, "oneM2M.json", `C${name}`);
      await before.next("open");
      await register(before, name);
      before.order({ close: 1000 });
      expect(await before.next("closed")).toMatchObject({ code: 1000 });

      const after = await startClient(gateway.ws, "oneM2M.json", `C${name}`);
      await after.next("open");
      const answered = notify(gateway.http, name);
      const { primitive } = await after.next("message");
      after.order({ send: { rsc: 2000, rqi: (primitive as { rqi: string }).rqi, rvi: "3" } });
      expect(await answered).toMatchObject({ rsc: "2000" });
    });

    test("answers the gateway's pings and stays connected, and is answered its own (RFC 6455, 5.5.2)", async () => {
      const gateway = await runGateway({
        flags: ["--ws.pingAfter", "100ms", "--ws.pongWithin", "5s"],
      });
      const name = uniqueName();
      const python = await startClient(gateway.ws, "oneM2M.json", `C${name}`);
      await python.next("open");
      await register(python, name);
      for (let pings = 0; pings < 5; pings += 1) await python.next("pinged");
      python.order({ ping: true });
      await python.next("ponged");
      expect(python.left()).not.toContain("closed");
    });

    test("is closed with 1012 when the gateway stops (TS-0020, 6.5)", async () => {
      const gateway = await runGateway();
      const name = uniqueName();
      const python = await startClient(gateway.ws, "oneM2M.json", `C${name}`);
      await python.next("open");
      await register(python, name);
      const [closed, exit] = await Promise.all([python.next("closed"), gateway.stop()]);
      expect(closed).toMatchObject({ code: 1012 });
      expect(exit).toBe(0);
    });
  },
);
