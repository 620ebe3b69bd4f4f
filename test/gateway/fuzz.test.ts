import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { defaultScript } from "../helpers/fake-cse.ts";
import type { Message as Primitive, Registree } from "../helpers/fake-registree.ts";
import { type Message, mutatedMessage } from "../helpers/mutated-messages.ts";
import { type Front, inStep, startFront } from "./front.ts";

const SEED = 20_260_103;
/** As pino has it. */
const ERROR = 50;
const MEDIA_TYPES = { json: "application/json", xml: "application/xml", cbor: "application/cbor" };

const garbage = (count: number, seed: number): Message[] =>
  fc.sample(mutatedMessage, { seed: SEED + seed, numRuns: count });

/** A gateway whose CSE survives what passes through, and a registree that gives back whatever content it gets. */
async function startAll(): Promise<{ front: Front; good: Registree; point: string }> {
  const front = await startFront({ "ws.allowCseOnPlain": "true" });
  front.cse.answer((request) => {
    if (request.method === "GET") return { rsc: 2000, body: { "m2m:cb": { rn: request.target } } };
    try {
      return defaultScript(request);
    } catch {
      return { rsc: 4000, body: { "m2m:dbg": "the CSE cannot read this" } };
    }
  });
  const answer = ({ pc }: Primitive): Primitive => ({ rsc: 2000, rvi: "3", ...(pc && { pc }) });
  const { ae: good, point } = await front.registreeCse("/id-mn", { answer });
  return { front, good, point };
}

/** Notifies the good registree and has it ask the CSE, again and again until `others` is done; all must come right. */
async function serveMeanwhile(
  { front, good, point }: Awaited<ReturnType<typeof startAll>>,
  others: Promise<unknown>,
): Promise<number> {
  let done = false;
  const finished = others.finally(() => {
    done = true;
  });
  let served = 0;
  while (!done) {
    served += 1;
    const sgn = { "m2m:sgn": { sur: `/id-in/sub${served}` } };
    const [notified, retrieved] = await Promise.all([
      front.notify(point, { rqi: `good${served}`, body: JSON.stringify(sgn) }),
      good.request({ op: 2, to: `cse-in/x${served}`, fr: "/id-mn" }),
    ]);
    expect(notified).toMatchObject({ status: 200, rsc: 2000 });
    expect(notified.headers["x-m2m-ri"]).toBe(`good${served}`);
    expect(JSON.parse(notified.body)).toEqual(sgn);
    expect(retrieved).toMatchObject({ rsc: 2000, pc: { "m2m:cb": { rn: `/cse-in/x${served}` } } });
  }
  await finished;
  return served;
}

/** Sends `messages` over one connection after another, for the gateway closes those of peers that go too far. */
async function sendGarbage(url: string, subprotocol: string, messages: Message[]): Promise<void> {
  let socket: WebSocket | undefined;
  for (const { bytes } of messages) {
    if (socket?.readyState !== WebSocket.OPEN) socket = await opened(url, subprotocol);
    const peer: WebSocket = socket;
    await new Promise<void>((heard) => {
      peer.once("pong", heard);
      peer.once("close", () => heard());
      peer.send(bytes, { binary: subprotocol.endsWith("cbor") });
      peer.ping();
    });
    peer.removeAllListeners();
    peer.on("error", () => {});
  }
}

async function opened(url: string, subprotocol: string): Promise<WebSocket> {
  const socket = new WebSocket(url, [subprotocol]);
  onTestFinished(() => socket.terminate());
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return socket;
}

async function postGarbage(front: Front, target: string, messages: Message[]): Promise<void> {
  for (const [index, { serialization, bytes }] of messages.entries()) {
    const answer = await front.http({
      method: index % 3 === 0 ? "PUT" : "POST",
      target,
      headers: {
        "X-M2M-Origin": "/id-in",
        "X-M2M-RI": `bad${index}`,
        "X-M2M-RVI": "3",
        "Content-Type": MEDIA_TYPES[serialization] + (index % 5 === 0 ? ";ty=4" : ""),
      },
      body: bytes,
    });
    expect(answer.rsc).toBeGreaterThanOrEqual(2000);
    expect(answer.headers["x-m2m-ri"]).toBe(`bad${index}`);
    if (answer.rsc !== undefined && answer.rsc >= 4000) {
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.body).toMatch(/\S{3}/);
    }
  }
}

/** What the gateway's own metrics tell apart. */
async function seriesOf({ gateway }: Front): Promise<string[]> {
  const text = await (await fetch(`${gateway.admin}/metrics`)).text();
  return text
    .split("\n")
    .filter((line) => line.startsWith("m2mgw_"))
    .map((line) => line.slice(0, line.lastIndexOf(" ")));
}

test("garbage on every side disturbs nobody, is answered as oneM2M answers, and leaves no trace in labels", async () => {
  const warnings: Error[] = [];
  const warned = (warning: Error): void => void warnings.push(warning);
  process.on("warning", warned);
  onTestFinished(() => void process.off("warning", warned));
  const all = await startAll();
  const { front, good, point } = all;
  const before = await seriesOf(front);

  const senders = Promise.all([
    ...["oneM2M.json", "oneM2M.xml", "oneM2M.cbor", "oneM2M.R2.0.xml"].map((name, index) =>
      sendGarbage(front.gateway.ws, name, garbage(60, index)),
    ),
    postGarbage(front, point, garbage(120, 10)),
    postGarbage(front, "/cse-in/c", garbage(60, 11)),
  ]);
  expect(await serveMeanwhile(all, senders)).toBeGreaterThan(5);

  await inStep(good);
  expect(warnings).toEqual([]);
  expect(front.gateway.log.filter(({ level }) => Number(level) >= ERROR)).toEqual([]);
  const series = await seriesOf(front);
  expect(series).toEqual(before);
  for (const one of series)
    expect(one).toMatch(/^\w+(?:\{\w+="[\w.+-]{1,40}"(?:,\w+="[\w.+-]{1,40}")*\})?$/);
});
