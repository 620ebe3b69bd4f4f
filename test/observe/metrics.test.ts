import { describe, expect, test } from "vitest";
import { OUTCOMES } from "../../src/core/hold-store.ts";
import { HANDSHAKE_RESULTS } from "../../src/core/measures.ts";
import type { Observer } from "../../src/core/ports.ts";
import { type Measured, Metrics } from "../../src/observe/metrics.ts";
import { observeAll } from "../../src/observe/observers.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import { respond } from "../../src/primitive/respond.ts";
import { MEASURED } from "../helpers/exposed-metrics.ts";
import { FakeLink } from "../helpers/fake-link.ts";
import { request } from "../store/held.ts";

/** Nothing is held for long, no registrar is dialled, and no face has TLS. */
const measured: Measured = {
  ...MEASURED,
  registrar: () => undefined,
  certificates: () => [],
  oldestHeld: () => undefined,
};
const { counts } = measured.held();
const LINK = new FakeLink({ id: "link-that-is-no-label" });

/** Metrics, and what feeds them. */
function metricsOf(given: Measured) {
  const metrics = new Metrics(given);
  const { contentType, observers } = metrics;
  return { ...observeAll(...observers), contentType, text: () => metrics.text() };
}
type Watched = ReturnType<typeof metricsOf>;

/** Samples as Prometheus reads them, by name with labels in order of their names. */
async function samplesOf(metrics: Pick<Watched, "text">): Promise<Map<string, number>> {
  const samples = new Map<string, number>();
  for (const line of (await metrics.text()).split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, name, labels, value] =
      /^([a-z][a-z0-9_]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? expect.fail(`no sample: ${line}`);
    const sorted = [...(labels ?? "").matchAll(/(\w+)="([^"]*)"/g)].map(([pair]) => pair).sort();
    const key = sorted.length === 0 ? String(name) : `${name}{${sorted.join()}}`;
    expect(samples.has(key)).toBe(false);
    samples.set(key, Number(value));
  }
  return samples;
}

const REQUEST = request();
const ended = (
  metrics: Watched,
  more: Partial<Parameters<Observer["exchangeEnded"]>[0]> = {},
): void =>
  metrics.exchangeEnded(
    {
      direction: "to-registree",
      operation: "notify",
      rscClass: "2xxx",
      failure: undefined,
      seconds: 0.003,
      ...more,
    },
    REQUEST,
    respond(REQUEST, 2000),
  );

describe("at the start", () => {
  test("gauges are measured when they are asked for, and say which version runs", async () => {
    let links = 1;
    const metrics = metricsOf({ ...measured, links: () => links });
    links = 5;
    const samples = await samplesOf(metrics);
    expect(samples.get("m2mgw_links")).toBe(5);
    expect(samples.get('m2mgw_registrees{state="connected"}')).toBe(4);
    expect(samples.get('m2mgw_registrees{state="callable"}')).toBe(2);
    expect(samples.get('m2mgw_registrees{state="away"}')).toBe(1);
    expect(samples.get('m2mgw_build_info{version="1.2.3"}')).toBe(1);
  });

  test("what is held and what became of it is measured when it is asked for", async () => {
    const samples = await samplesOf(metricsOf(measured));
    expect(samples.get("m2mgw_hold_accepted_total")).toBe(5);
    expect(samples.get("m2mgw_hold_restored_total")).toBe(2);
    for (const outcome of OUTCOMES) {
      expect(samples.get(`m2mgw_hold_settled_total{outcome="${outcome}"}`)).toBe(counts[outcome]);
    }
    expect(samples.get("m2mgw_hold_entries")).toBe(2);
    expect(samples.get("m2mgw_hold_open")).toBe(1);
    expect(samples.get("m2mgw_hold_bytes")).toBe(700);
    expect(samples.get("m2mgw_hold_accepting")).toBe(1);
  });

  test("every handshake result is there with zero, so that the first one is an increase", async () => {
    const samples = await samplesOf(metricsOf(measured));
    for (const result of HANDSHAKE_RESULTS) {
      expect(samples.get(`m2mgw_handshakes_total{result="${result}"}`)).toBe(0);
    }
  });

  test("whether the CSE is up is not said before it was tried", async () => {
    const metrics = metricsOf(measured);
    expect((await samplesOf(metrics)).has("m2mgw_upstream_up")).toBe(false);
    metrics.cseReachable(false);
    expect((await samplesOf(metrics)).get("m2mgw_upstream_up")).toBe(0);
    metrics.cseReachable(true);
    expect((await samplesOf(metrics)).get("m2mgw_upstream_up")).toBe(1);
  });

  test("two gateways in one process have metrics of their own", async () => {
    const [one, two] = [metricsOf(measured), metricsOf(measured)];
    one.unmatched(LINK);
    expect((await samplesOf(one)).get("m2mgw_unmatched_responses_total")).toBe(1);
    expect((await samplesOf(two)).get("m2mgw_unmatched_responses_total")).toBe(0);
  });
});

describe("what is counted", () => {
  test.each<[string, (metrics: Watched) => void, string, number]>([
    [
      "an exchange",
      (metrics) => ended(metrics),
      'm2mgw_primitives_total{direction="to-registree",operation="notify",rsc_class="2xxx"}',
      1,
    ],
    [
      "an exchange the other way",
      (metrics) => ended(metrics, { direction: "to-cse", operation: "create", rscClass: "5xxx" }),
      'm2mgw_primitives_total{direction="to-cse",operation="create",rsc_class="5xxx"}',
      1,
    ],
    [
      "a failure",
      (metrics) => ended(metrics, { failure: "GW_TARGET_OFFLINE" }),
      'm2mgw_failures_total{code="GW_TARGET_OFFLINE"}',
      1,
    ],
    [
      "an unmatched response",
      (metrics) => metrics.unmatched(LINK),
      "m2mgw_unmatched_responses_total",
      1,
    ],
    [
      "a malformed message",
      (metrics) => metrics.malformed(LINK, "no JSON"),
      "m2mgw_malformed_messages_total",
      1,
    ],
    [
      "a handshake",
      (metrics) => metrics.handshake("full"),
      'm2mgw_handshakes_total{result="full"}',
      1,
    ],
    [
      "a take-over",
      (metrics) => metrics.bound(LINK, "/id-in/C1" as EntityId, LINK),
      'm2mgw_takeovers_total{result="taken"}',
      1,
    ],
    [
      "a take-over that was refused",
      (metrics) => metrics.takeoverRefused(LINK, "/id-in/C1" as EntityId),
      'm2mgw_takeovers_total{result="refused"}',
      1,
    ],
    [
      "a link closed",
      (metrics) => metrics.linkClosed(LINK, "1006"),
      'm2mgw_link_closes_total{reason="lost"}',
      1,
    ],
    [
      "a link superseded",
      (metrics) => metrics.linkClosed(LINK, "4001"),
      'm2mgw_link_closes_total{reason="superseded"}',
      1,
    ],
    [
      "a link closed for a reason of the peer's own",
      (metrics) => metrics.linkClosed(LINK, "4999"),
      'm2mgw_link_closes_total{reason="other"}',
      1,
    ],
    [
      "an exchange passed through",
      (metrics) => metrics.passedThrough(404, 0.1),
      'm2mgw_passed_through_total{status="4xx"}',
      1,
    ],
    [
      "an exchange that is under way",
      (metrics) => metrics.exchangeStarted("to-cse"),
      'm2mgw_exchanges_in_flight{direction="to-cse"}',
      1,
    ],
    [
      "one that has ended",
      (metrics) => {
        metrics.exchangeStarted("to-registree");
        ended(metrics);
      },
      'm2mgw_exchanges_in_flight{direction="to-registree"}',
      0,
    ],
  ])("%s", async (_, happens, sample, expected) => {
    const metrics = metricsOf(measured);
    happens(metrics);
    expect((await samplesOf(metrics)).get(sample)).toBe(expected);
    if (expected === 0) return;
    happens(metrics);
    happens(metrics);
    expect((await samplesOf(metrics)).get(sample)).toBe(3 * expected);
  });

  test("a link that takes a free identity takes nothing over", async () => {
    const metrics = metricsOf(measured);
    metrics.bound(LINK, "/id-in/C1" as EntityId, undefined);
    expect((await samplesOf(metrics)).get('m2mgw_takeovers_total{result="taken"}')).toBe(0);
  });

  test("an answer that was relayed is no failure", async () => {
    const metrics = metricsOf(measured);
    ended(metrics, { rscClass: "5xxx" });
    const failures = [...(await samplesOf(metrics))].filter(([name]) =>
      name.startsWith("m2mgw_failures_total"),
    );
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.filter(([, count]) => count > 0)).toEqual([]);
  });
});

describe("durations", () => {
  const NAME = "m2mgw_exchange_duration_seconds";

  test("are a cumulative histogram whose last bucket has all", async () => {
    const metrics = metricsOf(measured);
    for (const seconds of [0.0005, 0.001, 0.0011, 0.3, 10, 59, 61, 3600])
      ended(metrics, { seconds });
    ended(metrics, { direction: "to-cse", seconds: 2 });
    const samples = await samplesOf(metrics);
    const at = (le: string, direction = "to-registree"): number | undefined =>
      samples.get(`${NAME}_bucket{direction="${direction}",le="${le}"}`);
    expect(at("0.001")).toBe(2);
    expect(at("0.0025")).toBe(3);
    expect(at("0.25")).toBe(3);
    expect(at("0.5")).toBe(4);
    expect(at("5")).toBe(4);
    expect(at("10")).toBe(5);
    expect(at("60")).toBe(6);
    expect(at("+Inf")).toBe(8);
    expect(samples.get(`${NAME}_count{direction="to-registree"}`)).toBe(8);
    expect(samples.get(`${NAME}_sum{direction="to-registree"}`)).toBeCloseTo(3730.3026);
    expect(at("1", "to-cse")).toBe(0);
    expect(at("2.5", "to-cse")).toBe(1);
    expect(at("+Inf", "to-cse")).toBe(1);
  });

  test("have their buckets in ascending order, never falling, before anything was observed too", async () => {
    for (const observed of [[], [0.02, 0.3, 100]]) {
      const metrics = metricsOf(measured);
      for (const seconds of observed) ended(metrics, { seconds });
      const lines = (await metrics.text())
        .split("\n")
        .filter((line) => line.startsWith(`${NAME}_bucket`) && line.includes('"to-registree"'));
      const bounds = lines.map((line) => {
        const le = /le="([^"]+)"/.exec(line)?.[1];
        return le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
      });
      const counts = lines.map((line) => Number(line.split(" ").at(-1)));
      expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
      expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      expect(counts.at(-1)).toBe(observed.length);
    }
  });
});

describe("the text", () => {
  test("has help and type for each metric, once, and units in the names", async () => {
    const metrics = metricsOf(measured);
    ended(metrics, { failure: "GW_NO_ANSWER" });
    metrics.passedThrough(200, 0.1);
    const text = await metrics.text();
    const types = [...text.matchAll(/^# TYPE (m2mgw_\S+) (\w+)$/gm)];
    const helps = [...text.matchAll(/^# HELP (m2mgw_\S+) (.+)$/gm)];
    expect(helps.map(([, name]) => name)).toEqual(types.map(([, name]) => name));
    expect(new Set(types.map(([, name]) => name)).size).toBe(types.length);
    for (const [, name, type] of types) {
      expect(name?.endsWith("_total")).toBe(type === "counter");
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
    }
    const typeOf = new Map(types.map(([, name, type]) => [name, type]));
    expect(typeOf.get("m2mgw_primitives_total")).toBe("counter");
    expect(typeOf.get("m2mgw_exchanges_in_flight")).toBe("gauge");
    expect(typeOf.get("m2mgw_exchange_duration_seconds")).toBe("histogram");
    expect(metrics.contentType).toContain("text/plain; version=0.0.4");
  });

  test("never has an identifier in it, whatever was observed", async () => {
    const metrics = metricsOf(measured);
    metrics.bound(LINK, "/id-in/CSecret" as EntityId, LINK);
    metrics.takeoverRefused(LINK, "/id-in/C1" as EntityId);
    metrics.linkClosed(LINK, "a reason CSecret made up");
    metrics.malformed(LINK, "no JSON");
    const text = await metrics.text();
    expect(text).not.toContain("CSecret");
    expect(text).not.toContain(LINK.id);
    expect(text).toContain('m2mgw_link_closes_total{reason="other"} 1');
  });

  test("has closed sets of labels: statuses, classes and closes outside them get no value of their own", async () => {
    const metrics = metricsOf(measured);
    for (const status of [100, 204, 304, 404, 599, 999, 0]) metrics.passedThrough(status, 0.1);
    for (let code = 3000; code < 5000; code += 1) metrics.linkClosed(LINK, String(code));
    const names = [...(await samplesOf(metrics)).keys()];
    const statuses = names.filter((name) => name.startsWith("m2mgw_passed_through_total"));
    expect(statuses.sort()).toEqual(
      ["1xx", "2xx", "3xx", "4xx", "5xx"].map(
        (status) => `m2mgw_passed_through_total{status="${status}"}`,
      ),
    );
    const closes = names.filter((name) => name.startsWith("m2mgw_link_closes_total"));
    expect(closes.length).toBeLessThan(15);
  });
});
