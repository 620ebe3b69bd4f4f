import { expect, test } from "vitest";
import { ok, SGN, startFront } from "./front.ts";

/** Stands for what is nobody's business but that of originator and registree. */
const CONTENT = "c0ntent-of-somebody";
const ROLE_TOKEN = "r0le-t0ken";
const PASSWORD = "pa55word-in-a-url";
const OLD_TOKEN = "0ld-t0ken-of-somebody1";

test("no content, token or password is in the log, whatever its level", async () => {
  const front = await startFront({ "log.level": "trace", "request.ceiling": "50ms" });
  const { ae, point } = await front.ae("CAE1", { attributes: { apn: CONTENT } });
  // Answered, not answered, not understood, and refused.
  await front.notify(point, { body: `{"m2m:sgn":{"vrq":true,"sur":"${CONTENT}"}}` });
  await front.notify(point, { body: `{"m2m:sgn":${CONTENT}` });
  await front.notify(`${point}x`, { body: SGN });
  await ae.request({
    op: 1,
    to: "cse-in",
    fr: "CAE1",
    ty: 4,
    pc: { c: CONTENT },
    tkns: [ROLE_TOKEN],
  });
  ae.send(`{"op":1,"to":"cse-in","rqi":"r9","fr":"CAE1","pc":"${CONTENT}`);
  await ae.nextResponse();
  // An address with a password in it, that may not be called; then a point of access that is no more as a target.
  const poa = [`http://lamp:${PASSWORD}@192.0.2.1/`];
  await ae.request({ op: 3, to: "CAE1", fr: "CAE1", pc: { "m2m:ae": { poa } } });
  await ae.disconnect();
  await front.gateway.metricIs("m2mgw_links", 0);
  const headers = { "X-M2M-RTU": `${front.gateway.http}/poa/${OLD_TOKEN}` };
  expect(await front.notify("/CAE1?rt=2", { headers })).toMatchObject({ status: 202 });
  const back = await front.connect({ answer: ok });
  await back.request({ op: 2, to: "cse-in", fr: "CAE1" });
  const { log } = front.gateway;
  while (!log.some(({ msg }) => String(msg).includes("was not told"))) {
    await new Promise((again) => setImmediate(again));
  }

  expect(log.map(({ msg }) => msg)).toEqual(
    expect.arrayContaining(["exchange", "message is no primitive", "request refused"]),
  );
  const written = JSON.stringify(log);
  for (const secret of [CONTENT, ROLE_TOKEN, PASSWORD, OLD_TOKEN, point.slice("/poa/".length)]) {
    expect(written).not.toContain(secret);
  }
});

test("its level changes while the gateway runs", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  const exchanges = (): number => front.gateway.log.filter(({ msg }) => msg === "exchange").length;
  await front.notify(point);
  expect(exchanges()).toBe(0);
  await front.gateway.reload({ "cse.url": front.cse.url, "log.level": "debug" });
  await front.notify(point);
  expect(exchanges()).toBe(1);
  await front.gateway.reload({ "cse.url": front.cse.url, "log.level": "info" });
  await front.notify(point);
  expect(exchanges()).toBe(1);
});
