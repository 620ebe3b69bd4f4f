/** Notifies for registrees that are away, through the whole gateway: taking them in, delivering them, and a full store. */
import { parseArgs } from "node:util";
import { buildBench } from "./build.ts";
import type { Sample } from "./closed-loop.ts";
import { HoldBench, ratios } from "./hold-bench.ts";
import { measureScale } from "./hold-scale.ts";
import { fillState, openHoldStore, storeRate } from "./hold-state.ts";
import { median, printHeader, printRows, spreadOf } from "./report.ts";
import { FIRST_WARMUP_SECONDS, runBench } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "accept,deliver,scale" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "2" },
    bytes: { type: "string", default: "500" },
    "in-flight": { type: "string", default: "1,32,256" },
    /** Of the full store. */
    held: { type: "string", default: "1000000" },
    registrees: { type: "string", default: "10000" },
    /** How many expire at once, so many seconds after they were put there: the gateway has to be up by then. */
    due: { type: "string", default: "10000" },
    lead: { type: "string", default: "20" },
    /** Of the gateway's Node.js, such as --cpu-prof; and the main.js of another build of it. */
    flags: { type: "string", default: "" },
    main: { type: "string", default: "" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const bytes = Number(values.bytes);
const inFlights = values["in-flight"].split(",").map(Number);

/** AEs of one measurement, live or away. */
const FEW = 32;

async function measureAccepting(bench: HoldBench): Promise<void> {
  const { processes } = bench;
  const dir = processes.folder();
  await fillState(dir, bytes, [{ prefix: "CH", registrees: FEW, each: 0 }]);
  const gateway = await bench.start("accepting", dir);
  await bench.connectLive(gateway, FEW);
  const { state, store } = await openHoldStore(processes.folder());
  const live = { registrees: FEW };
  const away = { ...live, prefix: "CH", away: true };
  for (const asked of [live, away]) {
    await bench.notify(gateway, { ...asked, connections: FEW }, seconds, FIRST_WARMUP_SECONDS);
  }
  await storeRate(store, { bytes, inFlight: FEW, seconds: FIRST_WARMUP_SECONDS, registrees: FEW });
  const rows = [
    [
      "in flight",
      "held/s",
      "p50 ms",
      "p99 ms",
      "store alone/s",
      "× store",
      "relayed/s",
      "× relayed",
    ],
  ];
  for (const connections of inFlights) {
    const held: Sample[] = [];
    const alone: number[] = [];
    const relayed: number[] = [];
    for (let turn = 0; turn < rounds; turn += 1) {
      held.push(await bench.notify(gateway, { ...away, connections }, seconds));
      alone.push(
        await storeRate(store, { bytes, inFlight: connections, seconds, registrees: FEW }),
      );
      relayed.push((await bench.notify(gateway, { ...live, connections }, seconds)).perSecond);
    }
    const rates = held.map(({ perSecond }) => perSecond);
    rows.push([
      String(connections),
      median(rates).toFixed(0),
      median(held.map(({ p50 }) => p50)).toFixed(2),
      median(held.map(({ p99 }) => p99)).toFixed(2),
      median(alone).toFixed(0),
      spreadOf(ratios(rates, alone)),
      median(relayed).toFixed(0),
      spreadOf(ratios(rates, relayed)),
    ]);
  }
  printRows(`Taking in, for ${FEW} registrees that are away`, rows);
  await state.close();
  await processes.end(gateway.pid);
}

async function measureDelivering(bench: HoldBench): Promise<void> {
  const { processes } = bench;
  const settings = [
    { prefix: "CO", count: 1, each: 1_000 },
    { prefix: "CM", count: 100, each: 100 },
  ];
  const dir = processes.folder();
  const groups = settings.map(({ prefix, count, each }) => ({
    prefix,
    registrees: count * (rounds + 1),
    each,
  }));
  await fillState(dir, bytes, groups);
  const gateway = await bench.start("delivering", dir);
  await bench.connectLive(gateway, 100);
  const rows = [["", "delivered/s", "relayed/s", "× relayed"]];
  for (const group of settings) {
    const { count, each } = group;
    const delivered: number[] = [];
    const relayed: number[] = [];
    // The first is warm-up.
    for (let turn = 0; turn <= rounds; turn += 1) {
      const rate = await bench.deliveryRate(gateway, { ...group, first: turn * count });
      const live = { connections: count, registrees: count };
      const { perSecond } = await bench.notify(gateway, live, seconds);
      if (turn === 0) continue;
      delivered.push(rate);
      relayed.push(perSecond);
    }
    rows.push([
      `${count} with ${each} each`,
      spreadOf(delivered, 0),
      median(relayed).toFixed(0),
      spreadOf(ratios(delivered, relayed)),
    ]);
  }
  printRows("Delivering to registrees that return, beside relaying to as many live ones", rows);
  await processes.end(gateway.pid);
}

await runBench(async (processes) => {
  const bench = new HoldBench(processes, buildBench(), bytes, values);
  const parameters = {
    rounds: `${rounds} of ${seconds} s`,
    requests: `Notify, JSON, ${bytes} B of content; in flight: one on each HTTP connection`,
  };
  printHeader("Holding for registrees that are away", parameters, "column");
  const parts = {
    accept: () => measureAccepting(bench),
    deliver: () => measureDelivering(bench),
    scale: () =>
      measureScale(bench, {
        rounds,
        seconds,
        bytes,
        held: Number(values.held),
        registrees: Number(values.registrees),
        due: Number(values.due),
        leadSeconds: Number(values.lead),
      }),
  };
  for (const [name, measure] of Object.entries(parts)) {
    if (values.only.split(",").includes(name)) await measure();
  }
});
