import fc from "fast-check";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { RawHttp } from "../helpers/raw-http.ts";
import { startGateway } from "../helpers/start-gateway.ts";

/** In whatever a stranger chooses freely. */
const MARK = "Zstranger";

const word = fc
  .string({ unit: fc.constantFrom(..."abcXYZ019-_.~!$&'*+,;=%/:@?"), maxLength: 12 })
  .map((text) => `${MARK}${text}`);
const token = fc
  .string({ unit: fc.constantFrom(..."abcXYZ019-_."), maxLength: 12 })
  .map((text) => `${MARK}${text}`);

const request = fc.record({
  method: fc.oneof(fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"), token),
  target: fc.oneof(
    word.map((text) => `/${text}`),
    word.map((text) => `/~/id-in/${text}`),
    fc.constant("/~/id-in/CHere"),
  ),
  host: fc.oneof(fc.constant("127.0.0.1"), token),
  origin: word,
  type: fc.oneof(
    fc.constant("application/json"),
    token.map((text) => `application/${text};ty=${text}`),
  ),
  authorization: fc.oneof(
    fc.constant(""),
    token.map((text) => `Bearer ${text}`),
    token.map((text) => `Basic ${Buffer.from(`${text}:x`).toString("base64")}`),
    token.map((text) => `${text} x`),
  ),
  body: fc.oneof(fc.constant('{"m2m:sgn":{"sur":"x"}}'), word),
});

const handshake = fc.record({
  path: fc.oneof(
    { weight: 4, arbitrary: fc.constant("/") },
    word.map((text) => `/${text}`),
  ),
  subprotocol: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("oneM2M.json", "oneM2M.xml", "oneM2M.cbor") },
    token,
  ),
  origin: word,
});

const message = fc.oneof(
  word,
  fc
    .record({
      op: fc.oneof(fc.integer({ min: -1, max: 9 }), word),
      to: fc.oneof(word, fc.constant("/id-in/CHere")),
      fr: word,
      rqi: word,
      ty: fc.integer({ min: 0, max: 99 }),
      rsc: fc.integer({ min: 0, max: 9999 }),
      pc: fc.dictionary(token, word),
    })
    .map((primitive) => JSON.stringify(primitive)),
);
const closing = fc.oneof(fc.constant(1000), fc.integer({ min: 3000, max: 4999 }));

async function seriesOf(admin: string): Promise<{ readonly text: string; readonly own: string[] }> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith("m2mgw_"));
  return { text, own: lines.map((line) => line.slice(0, line.lastIndexOf(" "))).sort() };
}

/** Opens a connection, says something and leaves with a code of its own; one that is refused is as good. */
async function visit(
  url: string,
  { path, subprotocol, origin }: { path: string; subprotocol: string; origin: string },
  said: readonly string[],
  code: number,
): Promise<void> {
  const socket = new WebSocket(`${url}${encodeURI(path)}`, [subprotocol], {
    headers: { "X-M2M-Origin": origin },
  });
  await new Promise<void>((resolve) => {
    socket.on("error", () => resolve());
    socket.on("close", () => resolve());
    socket.on("open", () => {
      for (const text of said) socket.send(text);
      socket.close(code, MARK);
    });
  });
}

test("whatever strangers say, no series comes of it, and no metric has a word of theirs", async () => {
  const gateway = await startGateway();
  const device = await connectRegistree(gateway.ws, { answer: () => ({ rsc: 2000 }) });
  expect(await device.register("CHere")).toMatchObject({ rsc: 2001 });
  const before = await seriesOf(gateway.admin);

  for (const one of fc.sample(request, 150)) {
    const http = new RawHttp(gateway.http);
    const { method, target, host, origin, type, authorization, body } = one;
    const lines = [
      `${method} ${target} HTTP/1.1`,
      `Host: ${host}`,
      `X-M2M-Origin: ${origin}`,
      ...["X-M2M-RI: 1", "X-M2M-RVI: 3", "Connection: close"],
      `Content-Type: ${type}`,
      ...(authorization === "" ? [] : [`Authorization: ${authorization}`]),
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    http.send(lines, body);
    await http.gone;
  }
  const visits = fc.sample(fc.tuple(handshake, fc.array(message, { maxLength: 4 }), closing), 80);
  await Promise.all(visits.map((each) => visit(gateway.ws, ...each)));

  await gateway.metricIs("m2mgw_links", 1);

  const after = await seriesOf(gateway.admin);
  expect(after.own).toEqual(before.own);
  expect(after.text).not.toContain(MARK);
  for (const counted of ["link_closes", "codec_errors", "failures"]) {
    expect(await gateway.metric(`m2mgw_${counted}_total`), counted).toBeGreaterThan(20);
  }
}, 30_000);
