import { expect, onTestFinished, test, vi } from "vitest";
import { queriesOf, readDashboard } from "../helpers/dashboard.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { hasCommand } from "../helpers/has-command.ts";
import { callHttp } from "../helpers/http-client.ts";
import { type RunningPrometheus, startPrometheus } from "../helpers/real-prometheus.ts";
import { type RunningGateway, runGateway } from "../helpers/run-gateway.ts";

/** Of what cannot happen here: no TLS, no registrar, nobody who proves anything, one serialization, nothing that fails. */
const WITHOUT_DATA = [
  "Broken messages",
  "Denied, taken over",
  "Failures",
  "First certificate ends",
  "Limits",
  "Proofs",
  "Registrar",
  "Registrar",
  "TLS handshakes",
  "Transcoded",
];
/** They tell of this machine, which others use too. */
const OF_THE_MACHINE = ["M2mgwDiskFull", "M2mgwEventLoopLate", "M2mgwOverloaded", "M2mgwStoreSlow"];

const PATIENCE = { timeout: 30_000, interval: 250 };

const firing = async (prometheus: RunningPrometheus): Promise<readonly string[]> =>
  (await prometheus.rules())
    .filter(({ name, state }) => state === "firing" && !OF_THE_MACHINE.includes(name))
    .map(({ name }) => name);

/** A device that answers, one that comes back for what is held and leaves again, and requests, again and again. */
async function load(gateway: RunningGateway): Promise<void> {
  const device = await connectRegistree(gateway.ws, { answer: () => ({ rsc: 2000 }) });
  await device.register("CHere");
  const before = await connectRegistree(gateway.ws, { answer: () => ({ rsc: 2000 }) });
  await before.register("CAway");
  await before.disconnect();
  const headers = { "X-M2M-Origin": "CAdmin", "X-M2M-RI": "1", "X-M2M-RVI": "3" };
  const notify = (to: string) =>
    callHttp(gateway.http, {
      method: "POST",
      target: `/~/id-in/${to}`,
      headers: { ...headers, "Content-Type": "application/json" },
      body: '{"m2m:sgn":{"sur":"me"}}',
    });
  let stopped = false;
  onTestFinished(() => {
    stopped = true;
  });
  const again = async (): Promise<void> => {
    while (!stopped) {
      await notify("CHere");
      await callHttp(gateway.http, { target: "/cse-in", headers });
      await new Promise((next) => setTimeout(next, 50));
    }
  };
  await notify("CAway");
  const back = await connectRegistree(gateway.ws, {
    origin: "CAway",
    answer: () => ({ rsc: 2000 }),
  });
  await back.nextRequest();
  await back.disconnect();
  await notify("CAway");
  // Ends when the gateway does.
  void again().catch(() => {});
}

test.skipIf(!hasCommand("prometheus"))(
  "a real Prometheus finds data for every query of the dashboard, evaluates every rule, and tells what breaks",
  async () => {
    const cse = await startCse();
    const gateway = await runGateway({ cse });
    const prometheus = await startPrometheus(gateway.admin);
    // What happens before it has looked once is no increase.
    await vi.waitFor(
      async () => expect(await prometheus.query("m2mgw_links")).toHaveLength(1),
      PATIENCE,
    );
    await load(gateway);
    await vi.waitFor(async () => {
      const [rate] = await prometheus.query("sum(rate(m2mgw_primitives_total[1m]))");
      expect(Number(rate?.value[1])).toBeGreaterThan(1);
      const [settled] = await prometheus.query("sum(rate(m2mgw_hold_settled_total[1m]))");
      expect(Number(settled?.value[1])).toBeGreaterThan(0);
    }, PATIENCE);

    await vi.waitFor(async () => {
      const without: string[] = [];
      for (const { title, expr } of queriesOf(readDashboard())) {
        const asked = expr
          .replaceAll("$__rate_interval", "5m")
          .replaceAll("$job", "m2mgw")
          .replaceAll("$instance", ".*");
        if ((await prometheus.query(asked)).length === 0) without.push(title);
      }
      expect(without.sort()).toEqual(WITHOUT_DATA);
    }, PATIENCE);

    await vi.waitFor(async () => {
      const rules = await prometheus.rules();
      expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
      expect(await firing(prometheus)).toEqual([]);
    }, PATIENCE);

    await cse.stop();
    // Not at any moment: a look that takes a second counts as one that has found nobody.
    await vi.waitFor(async () => {
      const alerts = await firing(prometheus);
      expect(alerts).toContain("M2mgwCseUnreachable");
      expect(alerts).not.toContain("M2mgwDown");
    }, PATIENCE);
    await gateway.stop();
    await vi.waitFor(async () => expect(await firing(prometheus)).toContain("M2mgwDown"), PATIENCE);
  },
  120_000,
);
