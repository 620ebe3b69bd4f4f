import { describe, expect, test } from "vitest";
import { askAs } from "../helpers/entity.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { startProxy, tunnelling } from "../helpers/fake-proxy.ts";
import { startRegistrar } from "../helpers/fake-registrar.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { nameHost, silence } from "../helpers/names.ts";
import { type RunningGateway, startGateway } from "../helpers/start-gateway.ts";
import { pass } from "./bridge-in.ts";

/** Nobody listens there. */
const REFUSES = "127.0.0.2";
/** Where everything listens. */
const TAKES = "127.0.0.1";

/** A way to a CSE, the first host of which has a name. */
interface NamedWay {
  readonly settings: Readonly<Record<string, string>>;
  /** Of what the name is for. */
  readonly port: number;
}

const NAME = "host.example";
const ADVERTISED = { "http.advertise": "http://gateway.example" };

const WAYS: readonly (readonly [string, () => Promise<NamedWay>])[] = [
  [
    "a registrar",
    async () => {
      const { port } = await startRegistrar();
      return { port, settings: { "cse.url": `ws://${NAME}:${port}` } };
    },
  ],
  [
    "the proxy before a registrar",
    async () => {
      const registrar = await startRegistrar();
      const { port } = await startProxy(tunnelling(registrar.port));
      const settings = { "cse.url": "ws://cse.example", "proxy.url": `http://${NAME}:${port}` };
      return { port, settings };
    },
  ],
  [
    "a CSE over HTTP",
    async () => {
      const port = Number(new URL((await startCse()).url).port);
      return { port, settings: { "cse.url": `http://${NAME}:${port}`, ...ADVERTISED } };
    },
  ],
  [
    "the proxy before a CSE over HTTP",
    async () => {
      const port = Number(new URL((await startCse()).url).port);
      const settings = { "cse.url": "http://cse.example", "proxy.url": `http://${NAME}:${port}` };
      return { port, settings: { ...settings, ...ADVERTISED } };
    },
  ],
];

const OFFLINE = { status: 404, rsc: 5103 };
const ANSWERED = { status: 200, rsc: 2000 };

async function startAt(
  { settings }: NamedWay,
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly gateway: RunningGateway; readonly clock: ManualClock }> {
  const clock = new ManualClock();
  return { gateway: await startGateway({ ...settings, ...more }, { clock }), clock };
}

const ask = ({ gateway }: { readonly gateway: RunningGateway }) =>
  askAs(gateway.http, "CAE1", { target: "/cse-in/x" });

describe.each(WAYS)("the name of %s", (_what, startWay) => {
  test.each([REFUSES, "::1"])(
    "whose first address refuses, %s, leads to the next",
    async (first) => {
      nameHost(NAME, first, TAKES);
      const site = await startAt(await startWay());
      expect(await ask(site)).toMatchObject(ANSWERED);
    },
  );

  test.skipIf(process.platform !== "linux")(
    "whose first address does not answer leads to the next (RFC 8305)",
    async () => {
      nameHost(NAME, REFUSES, TAKES);
      const way = await startWay();
      await silence(REFUSES, way.port);
      const site = await startAt(way);
      expect(await ask(site)).toMatchObject(ANSWERED);
    },
  );

  test("is looked up again for each attempt, and means what it means then", async () => {
    const host = nameHost(NAME, REFUSES);
    const site = await startAt(await startWay(), { "cse.connect": "on-demand" });
    expect(await ask(site)).toMatchObject(OFFLINE);
    host.is();
    await pass(site, 2_000);
    expect(await ask(site)).toMatchObject(OFFLINE);
    host.is(TAKES);
    await pass(site, 2_000);
    const before = host.lookUps;
    expect(await ask(site)).toMatchObject(ANSWERED);
    expect(host.lookUps).toBeGreaterThan(before);
  });
});
