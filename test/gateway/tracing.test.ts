import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { startCse } from "../helpers/fake-cse.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { callHttp } from "../helpers/http-client.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { frontOf, gate, inStep, ok, SGN, startFront, UNANSWERED, VERIFY } from "./front.ts";
import { away, HELD } from "./hold-in.ts";
import { collectTraces, named, traceparentOf } from "./traces-in.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const CALLER = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: "vendor=1" };
const NOTIFY = { headers: CALLER };

describe("with an SDK registered", () => {
  test("a request over HTTP and what a registree is asked for it are one trace, that of the caller", async () => {
    const traces = collectTraces();
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    await traces.ended(2);
    await front.notify(point, NOTIFY);
    const spans = await traces.ended(2);
    const [served, asked] = [named(spans, "POST"), named(spans, "notify")];
    expect(served.spanContext().traceId).toBe(TRACE);
    expect(served.parentSpanContext).toMatchObject({ spanId: PARENT, isRemote: true });
    expect(served.spanContext().traceState?.serialize()).toBe("vendor=1");
    expect(served.kind).toBe(SpanKind.SERVER);
    expect(served.attributes).toMatchObject({
      "http.request.method": "POST",
      "http.response.status_code": 200,
      "url.path": "/poa/{token}",
      "url.scheme": "http",
      "m2m.operation": "notify",
      "m2m.originator": "/id-in",
      "m2m.rqi": "n1",
      "m2m.rsc": 2000,
    });
    expect(asked.spanContext().traceId).toBe(TRACE);
    expect(asked.parentSpanContext?.spanId).toBe(served.spanContext().spanId);
    expect(asked.kind).toBe(SpanKind.CLIENT);
    expect(asked.attributes).toMatchObject({
      "m2m.registree": "/id-in/CAE1",
      "m2m.link": "l1",
      "m2m.operation": "notify",
      "m2m.rsc": 2000,
      "network.protocol.name": "websocket",
    });
    expect(await ae.nextRequest()).not.toHaveProperty("vsi");
    expect(JSON.stringify(traces.all.map(({ attributes }) => attributes))).not.toContain(
      point.slice("/poa/".length),
    );
  });

  test("a request of a registree and what the CSE is asked for it are one trace, which the CSE is told", async () => {
    const traces = collectTraces();
    const front = await startFront();
    const { ae } = await front.ae();
    await traces.ended(2);
    await ae.request({ op: 2, to: "cse-in", fr: "CAE1" });
    const spans = await traces.ended(2);
    const [served, asked] = [named(spans, "retrieve"), named(spans, "GET")];
    expect(served.parentSpanContext).toBeUndefined();
    expect(served.kind).toBe(SpanKind.SERVER);
    expect(asked.parentSpanContext?.spanId).toBe(served.spanContext().spanId);
    expect(asked.kind).toBe(SpanKind.CLIENT);
    expect(asked.attributes).toMatchObject({
      "server.address": "127.0.0.1",
      "server.port": Number(new URL(front.cse.url).port),
      "http.response.status_code": 200,
      "m2m.rsc": 2000,
    });
    expect(front.cse.requests.at(-1)?.headers["traceparent"]).toBe(traceparentOf(asked));
  });

  test("what passes through to the CSE is a part of the caller's trace, and so is what the CSE is told", async () => {
    const traces = collectTraces();
    const front = await startFront();
    const headers = { "X-M2M-Origin": "CApp", "X-M2M-RI": "q1", ...CALLER };
    await front.http({ target: "/cse-in?rcn=4", headers });
    const spans = await traces.ended(2);
    const asked = named(
      spans.filter(({ kind }) => kind === SpanKind.CLIENT),
      "GET",
    );
    const [served] = spans.filter(({ kind }) => kind === SpanKind.SERVER);
    expect(served?.parentSpanContext?.spanId).toBe(PARENT);
    expect(served?.attributes).toMatchObject({ "m2m.rsc": 2000, "url.path": "/cse-in" });
    expect(asked.parentSpanContext?.spanId).toBe(served?.spanContext().spanId);
    const told = front.cse.requests.at(-1)?.headers;
    expect(told).toMatchObject({ traceparent: traceparentOf(asked), tracestate: "vendor=1" });
  });

  test("what is held ends its trace, and its delivery goes back to it by a link, over a restart too", async () => {
    const traces = collectTraces();
    const stateDir = tempDir();
    const first = await startFront({}, { stateDir });
    const point = await away(first);
    await traces.ended(2);
    expect(await first.notify(point, NOTIFY)).toMatchObject(HELD);
    const accepted = await traces.ended(2);
    const held = named(accepted, "send hold");
    expect(held.kind).toBe(SpanKind.PRODUCER);
    expect(held.parentSpanContext?.spanId).toBe(named(accepted, "POST").spanContext().spanId);
    await first.gateway.stop();

    const gateway = await startGateway({ "cse.url": first.cse.url }, { stateDir });
    const front = frontOf(gateway, first.cse);
    const ae = await front.connect({ answer: ok });
    await ae.request({ op: 2, to: "cse-in", fr: "CAE1" });
    expect(await ae.nextRequest()).toMatchObject({ op: 5, rqi: "n1" });
    // Who it is was asked of the CSE, or it was known; either way these two come of what was held.
    const delivered = await untilNamed(traces, "process hold");
    expect(delivered.kind).toBe(SpanKind.CONSUMER);
    expect(delivered.parentSpanContext).toBeUndefined();
    expect(delivered.links.map(({ context }) => context.spanId)).toEqual([
      held.spanContext().spanId,
    ]);
    expect(delivered.links[0]?.context.traceId).toBe(TRACE);
    expect(delivered.attributes).toMatchObject({
      "messaging.system": "m2mgw",
      "messaging.operation.type": "process",
      "messaging.message.id": "n1",
      "m2m.rsc": 2000,
    });
    const sent = traces.all.filter(({ name }) => name === "notify");
    expect(sent.map((span) => span.parentSpanContext?.spanId)).toEqual([
      delivered.spanContext().spanId,
    ]);
  });

  test("what fails is an error under the code of the failure, on the leg that failed and before it", async () => {
    const traces = collectTraces();
    const front = await startFront({ "request.ceiling": "50ms" });
    const { point } = await front.ae();
    await traces.ended(2);
    await front.notify(point, VERIFY);
    const spans = await traces.ended(2);
    for (const span of spans) {
      expect(span.attributes).toMatchObject({ "m2m.failure": "GW_NO_ANSWER" });
    }
    expect(named(spans, "notify").status).toEqual({
      code: SpanStatusCode.ERROR,
      message: "GW_NO_ANSWER",
    });
    expect(named(spans, "notify").attributes["error.type"]).toBe("GW_NO_ANSWER");
    expect(named(spans, "POST").status.code).toBe(SpanStatusCode.ERROR);
  });

  test("whatever waits on a link that closes has an end, under the code of why it was not answered", async () => {
    const traces = collectTraces();
    const front = await startFront({ "ws.window": "1" });
    const { ae, point } = await front.ae();
    await traces.ended(2);
    const { opened, open } = gate();
    front.cse.answer(async () => {
      await opened;
      return { rsc: 2000 };
    });
    // Of each way one is under way when the link closes, and one waits for its turn.
    for (const rqi of ["u1", "u2"]) ae.send({ op: 2, to: "cse-in", fr: "CAE1", rqi, rvi: "3" });
    const asked = ["d1", "d2"].map((rqi) => front.notify(point, { ...VERIFY, rqi }));
    await front.gateway.metricIs(UNANSWERED, 2);
    await inStep(ae);
    ae.socket.terminate();
    for (const answer of asked) expect((await answer).rsc).not.toBe(2000);
    open();
    const spans = await traces.ended(7);
    expect(traces.begun).toBe(traces.all.length);
    const became = spans.map(
      ({ name, attributes }) =>
        `${name} ${attributes["m2m.rqi"]} ${attributes["m2m.failure"] ?? attributes["m2m.rsc"]}`,
    );
    expect(became.sort()).toEqual([
      "GET u1 2000",
      "POST d1 GW_LINK_LOST",
      "POST d2 GW_TARGET_OFFLINE",
      "notify d1 GW_LINK_LOST",
      "notify d2 GW_TARGET_OFFLINE",
      "retrieve u1 2000",
      "retrieve u2 GW_ORIGINATOR_GONE",
    ]);
  });

  test("what a client did wrong is no error of the gateway", async () => {
    const traces = collectTraces();
    const front = await startFront();
    await front.http({ method: "POST", target: "/poa/nobody", body: SGN });
    const [span] = await traces.ended(1);
    expect(span?.attributes).toMatchObject({ "http.response.status_code": 400 });
    expect(span?.status.code).toBe(SpanStatusCode.UNSET);
  });

  test("a chain of two gateways over HTTP is one trace", async () => {
    const traces = collectTraces();
    const inner = await startGateway();
    const registree = await connectRegistree(inner.ws, { answer: ok });
    await registree.register("CAE1");
    await traces.ended(1);
    const outer = await startGateway({ "cse.url": inner.http });
    await callHttp(outer.http, {
      method: "POST",
      target: "/CAE1",
      headers: {
        "X-M2M-Origin": "/id-in",
        "X-M2M-RI": "n1",
        "Content-Type": "application/json",
        ...CALLER,
      },
      body: SGN,
    });
    const spans = await traces.ended(4);
    const way = [named(spans, "notify")];
    for (let next = parentIn(spans, way[0]); next !== undefined; next = parentIn(spans, next)) {
      way.unshift(next);
    }
    expect(way.map(({ kind, name }) => `${SpanKind[kind]} ${name}`)).toEqual([
      "SERVER POST",
      "CLIENT POST",
      "SERVER POST",
      "CLIENT notify",
    ]);
    expect(new Set(spans.map((span) => span.spanContext().traceId))).toEqual(new Set([TRACE]));
  });

  test("a chain of two gateways over WebSocket is one trace when both say it in vsi", async () => {
    const traces = collectTraces();
    const cse = await startCse();
    const settings = { "ws.traceContext": "true" };
    const front = await startGateway({ "cse.url": cse.url, ...settings });
    const bridge = await startGateway({ "cse.url": front.ws, ...settings });
    const registree = await connectRegistree(bridge.ws);
    await registree.register("CAE1");
    const headers = { "X-M2M-Origin": "CAE1", "X-M2M-RI": "q1", "X-M2M-RVI": "3", ...CALLER };
    expect(await callHttp(bridge.http, { target: "/cse-in", headers })).toMatchObject({
      rsc: 2000,
    });
    const told = cse.requests.at(-1)?.headers;
    expect(told).toMatchObject({
      traceparent: expect.stringContaining(TRACE),
      tracestate: "vendor=1",
    });
    expect(told).not.toHaveProperty("x-m2m-vsi");
    const served = await untilNamed(traces, "GET");
    const spans = traces.all.filter((span) => span.spanContext().traceId === TRACE);
    expect(spans.map(({ kind, name }) => `${SpanKind[kind]} ${name}`)).toEqual([
      "CLIENT GET",
      "SERVER retrieve",
      "CLIENT retrieve",
      "SERVER GET",
    ]);
    expect(served.kind).toBe(SpanKind.SERVER);
  });
});

describe("without an SDK", () => {
  test("a trace is handed on as it is, over holding and a restart too", async () => {
    const stateDir = tempDir();
    const settings = { "ws.traceContext": "true" };
    const first = await startFront(settings, { stateDir });
    expect(await first.notify(await away(first), NOTIFY)).toMatchObject(HELD);
    await first.gateway.stop();
    const gateway = await startGateway({ "cse.url": first.cse.url, ...settings }, { stateDir });
    const ae = await connectRegistree(gateway.ws, { answer: ok });
    await ae.request({ op: 2, to: "cse-in", fr: "CAE1" });
    expect(await ae.nextRequest()).toMatchObject({
      rqi: "n1",
      vsi: `traceparent=${CALLER.traceparent};tracestate=vendor=1`,
    });
  });

  test("vsi takes a trace to a registree and from one, and what else it says stays", async () => {
    const front = await startFront({ "ws.traceContext": "true" });
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    await front.notify(point, NOTIFY);
    const { traceparent } = CALLER;
    expect(await ae.nextRequest()).toMatchObject({
      vsi: `traceparent=${traceparent};tracestate=vendor=1`,
    });
    await front.notify(point, { headers: { ...CALLER, "X-M2M-VSI": "acme;v=1" } });
    expect(await ae.nextRequest()).toMatchObject({ vsi: "acme;v=1" });

    await ae.request({ op: 2, to: "cse-in", fr: "CAE1", vsi: `traceparent=${traceparent}` });
    const asked = front.cse.requests.at(-1)?.headers;
    expect(asked).toMatchObject({ traceparent });
    expect(asked).not.toHaveProperty("x-m2m-vsi");
    await ae.request({ op: 2, to: "cse-in", fr: "CAE1", vsi: "traceparent=none" });
    expect(front.cse.requests.at(-1)?.headers).toMatchObject({ "x-m2m-vsi": "traceparent=none" });
  });
});

type Spans = ReturnType<typeof collectTraces>["all"];

/** The last one with this name; waits for it. */
async function untilNamed(traces: { readonly all: Spans }, name: string): Promise<Spans[number]> {
  for (;;) {
    const found = traces.all.findLast((span) => span.name === name);
    if (found !== undefined) return found;
    await new Promise((again) => setImmediate(again));
  }
}

const parentIn = (spans: Spans, child: Spans[number] | undefined): Spans[number] | undefined =>
  spans.find((span) => span.spanContext().spanId === child?.parentSpanContext?.spanId);
