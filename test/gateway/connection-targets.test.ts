import { expect, test } from "vitest";
import { defaultScript, type FakeCse } from "../helpers/fake-cse.ts";
import type { Message } from "../helpers/fake-registree.ts";
import { gatewayUrlIn, ok, startFront } from "./front.ts";

const subscription = (attributes: Record<string, unknown>): Message => ({
  op: 1,
  to: "cse-in/ae-CAE1/c",
  fr: "CAE1",
  ty: 23,
  pc: { "m2m:sub": attributes },
});

/** The `<subscription>` that the CSE was given last. */
const subAtCse = (cse: FakeCse): Record<string, unknown> =>
  JSON.parse(cse.requests.at(-1)?.body ?? "")["m2m:sub"];

test.each([
  ["ws://default/n/1?ct=json", "n/1"],
  ["ws://default/n", "n"],
  ["wss://default/~/id-x/a", "/id-x/a"],
  ["ws://default/_/sp.example/id-x/a?x=1", "//sp.example/id-x/a"],
  ["ws://default/caf%C3%A9", "café"],
])(
  "a Notify to a target %s comes back with the path as To (TS-0009, 6.2.2.1; S5)",
  async (nu, to) => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    await ae.request(subscription({ nu: [nu] }));
    const [url = ""] = subAtCse(front.cse)["nu"] as readonly string[];
    expect(url).toBe(front.gateway.http + point + nu.replace(/^wss?:\/\/default/, ""));
    const { pathname, search } = new URL(url);
    expect(await front.notify(pathname + search)).toMatchObject({ status: 200, rsc: 2000 });
    expect(await ae.nextRequest()).toMatchObject({ op: 5, to });
  },
);

test("what was held for such a target has its path as To when the registree is back (TS-0020, 6.5)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1");
  await ae.disconnect();
  expect(await front.notify(`${point}/n/1`)).toMatchObject({ status: 202, rsc: 1000 });
  const back = await front.connect({ answer: ok });
  await back.request({ op: 2, to: "cse-in/x", fr: "CAE1" });
  expect(await back.nextRequest()).toMatchObject({ op: 5, to: "n/1" });
});

test("a registree reads the targets of its <subscription> as it wrote them, and can write them back (9.2)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { attributes: { poa: ["ws://default"] } });
  const url = gatewayUrlIn(front.poaAtCse(), front.gateway);
  const written = {
    nu: ["ws://default/n/1?ct=json", "/id-in/CAE2", "ws://default"],
    su: "ws://default/gone",
    nfu: "mqtt://b/x",
  };
  const stored = {
    nu: [`${url}/n/1?ct=json`, "/id-in/CAE2", url],
    su: `${url}/gone`,
    nfu: "mqtt://b/x",
  };
  const created = await ae.request(subscription(written));
  expect(subAtCse(front.cse)).toEqual(stored);
  expect(created.pc).toEqual({ "m2m:sub": written });

  front.cse.answer((request) =>
    request.method === "GET"
      ? { rsc: 2000, body: { "m2m:sub": { rn: "s", ...stored } } }
      : defaultScript(request),
  );
  const to = "cse-in/ae-CAE1/c/s";
  const read = await ae.request({ op: 2, to, fr: "CAE1" });
  expect(read.pc).toEqual({ "m2m:sub": { rn: "s", ...written } });
  const updated = await ae.request({ op: 3, to, fr: "CAE1", pc: { "m2m:sub": written } });
  expect(subAtCse(front.cse)).toEqual(stored);
  expect(updated.pc).toEqual({ "m2m:sub": written });
});

test("another registree reads them as they are stored (9.2)", async () => {
  const front = await startFront();
  await front.ae("CAE1");
  const url = gatewayUrlIn(front.poaAtCse(), front.gateway);
  const { ae } = await front.ae("CAE2");
  const body = { "m2m:sub": { nu: [`${url}/n`] } };
  front.cse.answer(() => ({ rsc: 2000, body }));
  expect((await ae.request({ op: 2, to: "cse-in/s", fr: "CAE2" })).pc).toEqual(body);
});

test("targets of rt keep their path and query (RW-05)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  const url = gatewayUrlIn(front.poaAtCse(), front.gateway);
  const rt = { rtv: 2, nu: ["ws://default/results?ct=cbor", "/id-in/CAE2"] };
  await ae.request({ op: 2, to: "cse-in/x", fr: "CAE1", rt });
  expect(front.cse.requests.at(-1)?.headers["x-m2m-rtu"]).toBe(
    `${url}/results?ct=cbor&/id-in/CAE2`,
  );
});

test("a path that names no target is refused, and reaches nobody (TS-0009, 6.2.2.1)", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1");
  expect(await front.notify(`${point}/a/../b`)).toMatchObject({ status: 400, rsc: 4000 });
});
