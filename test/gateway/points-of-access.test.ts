import { expect, test } from "vitest";
import { defaultScript } from "../helpers/fake-cse.ts";
import type { Message } from "../helpers/fake-registree.ts";
import { type Front, gatewayUrlIn, ok, startFront } from "./front.ts";

const aeOf = (message: Message): Record<string, unknown> =>
  message.pc?.["m2m:ae"] as Record<string, unknown>;

/** What is at the place of the gateway's own URL in a list that the CSE got. */
function withPlaceholder(front: Front, list = front.poaAtCse()): string[] {
  return list.map((entry) => (entry.startsWith(`${front.gateway.http}/poa/`) ? "GATEWAY" : entry));
}

test.each([
  ["ws://default (RG-08)", ["ws://default"], ["GATEWAY"]],
  ["ws://", ["ws://"], ["GATEWAY"]],
  ["ws", ["ws"], ["GATEWAY"]],
  ["wss in capitals", ["WSS://device.example:443"], ["GATEWAY"]],
  ["none at all (RG-09)", undefined, ["GATEWAY"]],
  ["an empty list", [], ["GATEWAY"]],
  ["http before ws (RG-10)", ["http://a", "ws://b"], ["http://a", "GATEWAY"]],
  ["ws before http", ["ws://b", "http://a"], ["GATEWAY", "http://a"]],
  ["no ws entry", ["http://a", "mqtt://b/x"], ["http://a", "mqtt://b/x", "GATEWAY"]],
  ["two ws entries", ["ws://a", "http://c", "wss://b"], ["GATEWAY", "http://c"]],
])(
  "a registration with poa %s reaches the CSE with one gateway URL, and reads back as it was written",
  async (_what, poa, upstream) => {
    const front = await startFront();
    const ae = await front.connect();
    const response = await ae.register("CAE1", poa === undefined ? {} : { poa });
    expect(withPlaceholder(front)).toEqual(upstream);
    if (poa === undefined) expect(aeOf(response)).not.toHaveProperty("poa");
    else expect(aeOf(response)["poa"]).toEqual(poa);
  },
);

test("an entry that the CSE stores without its last slash comes back as it was written, once (RW-06)", async () => {
  const front = await startFront();
  front.cse.answer((request) => {
    const answer = defaultScript(request);
    return { ...answer, body: JSON.parse(JSON.stringify(answer.body).replace(":99/", ":99")) };
  });
  const ae = await front.connect();
  const response = await ae.register("CAE1", { poa: ["http://1.2.3.4:99/"] });
  expect(aeOf(response)["poa"]).toEqual(["http://1.2.3.4:99/"]);
});

test("a token has at least 128 random bits and is another one for each registree", async () => {
  const front = await startFront();
  const tokens = new Set<string>();
  for (const fr of ["CAE1", "CAE2", "CAE3"]) {
    const { point } = await front.ae(fr);
    const token = point.slice("/poa/".length);
    expect(Buffer.from(token, "base64url").length).toBeGreaterThanOrEqual(16);
    tokens.add(token);
  }
  expect(tokens.size).toBe(3);
});

test.each([
  ["its ws entry again", (_url: string) => ["ws://default"], ["GATEWAY"]],
  ["the gateway's URL itself (RG-11)", (url: string) => [url], ["GATEWAY"]],
  ["both", (url: string) => ["ws://default", url], ["GATEWAY"]],
  ["an http entry only", (_url: string) => ["http://a"], ["http://a", "GATEWAY"]],
])(
  "an update of poa with %s leaves exactly one gateway URL, the same as before",
  async (_what, poa, upstream) => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1", { attributes: { poa: ["ws://default"] } });
    const url = gatewayUrlIn(front.poaAtCse(), front.gateway);
    const pc = { "m2m:ae": { poa: poa(url) } };
    expect(await ae.request({ op: 3, to: "CAE1", fr: "CAE1", pc })).toMatchObject({ rsc: 2004 });
    expect(withPlaceholder(front)).toEqual(upstream);
    expect(gatewayUrlIn(front.poaAtCse(), front.gateway)).toBe(url);
  },
);

test.each([
  ["with poa", ["http://a", "ws://default"]],
  ["without poa", undefined],
])("an AE that registered %s retrieves its <AE> as it wrote it (RW-06)", async (_what, poa) => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { attributes: poa === undefined ? {} : { poa } });
  const stored = front.poaAtCse();
  front.cse.answer(() => ({
    rsc: 2000,
    body: { "m2m:ae": { aei: "CAE1", poa: stored, rr: true } },
  }));
  const response = await ae.request({ op: 2, to: "cse-in/ae-CAE1", fr: "CAE1" });
  expect(aeOf(response)).toEqual({ aei: "CAE1", rr: true, ...(poa === undefined ? {} : { poa }) });
});

test("what another originator put into poa meanwhile is not hidden from the AE (RW-06)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { attributes: { poa: ["ws://default"] } });
  const stored = [...front.poaAtCse(), "http://added"];
  front.cse.answer(() => ({ rsc: 2000, body: { "m2m:ae": { poa: stored } } }));
  const response = await ae.request({ op: 2, to: "cse-in/ae-CAE1", fr: "CAE1" });
  expect(aeOf(response)["poa"]).toEqual(["ws://default", "http://added"]);
});

test("read-modify-write of poa by the AE ends where it began (9.2)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { attributes: { poa: ["http://a", "ws://default"] } });
  const stored = front.poaAtCse();
  front.cse.answer((request) =>
    request.method === "GET"
      ? { rsc: 2000, body: { "m2m:ae": { poa: stored } } }
      : defaultScript(request),
  );
  const read = aeOf(await ae.request({ op: 2, to: "CAE1", fr: "CAE1" }));
  const written = await ae.request({ op: 3, to: "CAE1", fr: "CAE1", pc: { "m2m:ae": read } });
  expect(front.poaAtCse()).toEqual(stored);
  expect(aeOf(written)).toEqual(read);
});

test("nothing but poa of a registration is changed, to the byte", async () => {
  const front = await startFront();
  const ae = await front.connect();
  const members =
    '"api":"N.x","rr":true ,"srv":["3"],"lbl":["ws://x"],"csz":[ "application/json"],"x:n":1e400';
  ae.send(
    `{"op":1,"to":"cse-in","ty":2,"fr":"CAE1","rqi":"r","rvi":"3","pc":{"m2m:ae":{${members},"poa":["ws://default"]}}}`,
  );
  await ae.nextResponse();
  const url = gatewayUrlIn(front.poaAtCse(), front.gateway);
  expect(front.cse.requests[0]?.body).toBe(`{"m2m:ae":{${members},"poa":["${url}"]}}`);
});

const subscription = (attributes: Record<string, unknown>): Message => ({
  op: 1,
  to: "cse-in/ae-CAE1/c",
  fr: "CAE1",
  ty: 23,
  pc: { "m2m:sub": attributes },
});

test.each([
  ["a resource ID (RW-01)", ["/id-in/CAE1"], ["/id-in/CAE1"]],
  ["ws://default with a query (RW-02)", ["ws://default?ct=json"], ["GATEWAY?ct=json"]],
  ["its own ws point of access", ["ws://own.example:9000"], ["GATEWAY"]],
  [
    "its own ws point of access with a query",
    ["ws://own.example:9000?ct=cbor"],
    ["GATEWAY?ct=cbor"],
  ],
  ["ws elsewhere (RW-03)", ["ws://elsewhere:1"], ["ws://elsewhere:1"]],
  [
    "mqtt, http and coap (RW-03)",
    ["mqtt://b/x", "http://c", "coap://d"],
    ["mqtt://b/x", "http://c", "coap://d"],
  ],
  ["several of them", ["/id-in/CAE1", "ws://default"], ["/id-in/CAE1", "GATEWAY"]],
])("nu with %s", async (_what, nu, upstream) => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { attributes: { poa: ["ws://own.example:9000"] } });
  const url = gatewayUrlIn(front.poaAtCse(), front.gateway);
  await ae.request(subscription({ nu }));
  const sent = JSON.parse(front.cse.requests.at(-1)?.body ?? "")["m2m:sub"];
  expect(sent).toEqual({ nu: upstream.map((entry) => entry.replace("GATEWAY", url)) });
});

test("su and nfu that mean the sender are rewritten as nu is, in an update too (RW-04)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { attributes: { poa: ["ws://default"] } });
  const url = gatewayUrlIn(front.poaAtCse(), front.gateway);
  const lastSub = (): unknown => JSON.parse(front.cse.requests.at(-1)?.body ?? "")["m2m:sub"];
  await ae.request(subscription({ nu: ["/id-in/CAE1"], su: "ws://default", nfu: "ws://default" }));
  expect(lastSub()).toEqual({ nu: ["/id-in/CAE1"], su: url, nfu: url });
  await ae.request(subscription({ nu: ["http://c"], su: "http://d", nfu: "ws://elsewhere" }));
  expect(lastSub()).toEqual({ nu: ["http://c"], su: "http://d", nfu: "ws://elsewhere" });
  await ae.request({
    op: 3,
    to: "cse-in/ae-CAE1/c/s",
    fr: "CAE1",
    pc: { "m2m:sub": { nu: ["ws://default"] } },
  });
  expect(lastSub()).toEqual({ nu: [url] });
});

test.each([
  ["ws://default becomes the gateway URL (RW-05)", ["ws://default"], "GATEWAY"],
  [
    "several are joined by & (EX-20)",
    ["/id-in/CAE1", "ws://default", "http://a"],
    "/id-in/CAE1&GATEWAY&http://a",
  ],
  ["an empty list stays one", [], ""],
])("targets of rt: %s", async (_what, nu, header) => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { attributes: { poa: ["ws://default"] } });
  const url = gatewayUrlIn(front.poaAtCse(), front.gateway);
  await ae.request({ op: 2, to: "cse-in/x", fr: "CAE1", rt: { rtv: 2, nu } });
  const request = front.cse.requests.at(-1);
  expect(request?.target).toBe("/cse-in/x?rt=2");
  expect(request?.headers["x-m2m-rtu"]).toBe(header.replace("GATEWAY", url));
});

test("without targets of rt there is no X-M2M-RTU (EX-20)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  await ae.request({ op: 2, to: "cse-in/x", fr: "CAE1", rt: { rtv: 2 } });
  expect(front.cse.requests.at(-1)?.target).toBe("/cse-in/x?rt=2");
  expect(front.cse.requests.at(-1)?.headers).not.toHaveProperty("x-m2m-rtu");
});

test("ws URLs elsewhere than in poa and targets are content like any other (RW-08)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", { attributes: { poa: ["ws://default"] } });
  const pc = {
    "m2m:cnt": { lbl: ["ws://x", "ws://default"], poa: ["ws://default"], nu: ["ws://default"] },
  };
  await ae.request({ op: 1, to: "CAE1", fr: "CAE1", ty: 3, pc });
  expect(JSON.parse(front.cse.requests.at(-1)?.body ?? "")).toEqual(pc);
});

test.each(["?ct=json", "?ct=json&x=1&lbl=a", "?x"])(
  "a point of access is called with whatever query its registree gave it: %s (RW-02; TS-0004, 7.5.1.2.2)",
  async (query) => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    expect(await front.notify(point + query)).toMatchObject({ status: 200, rsc: 2000 });
    const request = await ae.nextRequest();
    expect(request).toMatchObject({ op: 5, to: "CAE1" });
    expect(request).not.toHaveProperty("fc");
  },
);
