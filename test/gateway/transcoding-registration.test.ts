import { describe, expect, test } from "vitest";
import { CBOR, WRAPPED_CBOR, XML } from "../helpers/coders.ts";
import { connectRegistree, type Message } from "../helpers/fake-registree.ts";
import { callHttp } from "../helpers/http-client.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { gatewayUrlIn, ok, SGN, startFront } from "./front.ts";

/** An attribute of the `<AE>` in an answer, lists as XML writes them. */
function attribute({ pc }: Message, name: string): string | undefined {
  const { xml } = (pc ?? {}) as { xml?: string };
  if (xml !== undefined) return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  const value = (pc?.["m2m:ae"] as Record<string, unknown> | undefined)?.[name];
  return Array.isArray(value) ? value.join(" ") : (value as string | undefined);
}

describe.each([
  ["CBOR", CBOR],
  ["wrapped CBOR", WRAPPED_CBOR],
  ["XML", XML],
])("an AE that speaks %s", (_name, options) => {
  test("registers at a CSE that reads JSON: its poa is the gateway's there, and its own in the answer (SZ-22; 9.2)", async () => {
    const front = await startFront();
    const ae = await front.connect({ ...options, answer: ok });
    const answer = await ae.register("CAE1", { poa: ["ws://default"], lbl: ["a", "b"] });
    expect(answer).toMatchObject({ rsc: 2001, rqi: "r1" });
    expect(attribute(answer, "poa")).toBe("ws://default");
    expect(attribute(answer, "aei")).toBe("CAE1");
    expect(attribute(answer, "lbl")).toBe("a b");
    const [create] = front.cse.requests;
    expect(create).toMatchObject({
      method: "POST",
      target: "/cse-in",
      headers: { "content-type": "application/json;ty=2", accept: "application/json" },
    });
    expect(JSON.parse(create?.body ?? "")).toEqual({
      "m2m:ae": {
        api: "N.test",
        rr: true,
        srv: ["3"],
        lbl: ["a", "b"],
        poa: [gatewayUrlIn(front.poaAtCse(), front.gateway)],
      },
    });
  });

  test("reads and updates its poa as its own, while the CSE keeps the gateway's (9.2)", async () => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", options);
    const to = "cse-in/ae-CAE1";
    const updated = await ae.request({
      op: 3,
      to,
      fr: "CAE1",
      pc: { "m2m:ae": { poa: ["ws://default"], lbl: ["c"] } },
    });
    expect(updated).toMatchObject({ rsc: 2004 });
    expect(attribute(updated, "poa")).toBe("ws://default");
    expect(front.cse.requests.at(-1)?.headers["content-type"]).toBe("application/json");
    expect(front.poaAtCse()).toEqual([`${front.gateway.http}${point}`]);
    front.cse.answer(() => ({
      rsc: 2000,
      body: { "m2m:ae": { rn: "ae-CAE1", aei: "CAE1", poa: [`${front.gateway.http}${point}`] } },
    }));
    const read = await ae.request({ op: 2, to, fr: "CAE1" });
    expect(read).toMatchObject({ rsc: 2000 });
    expect(attribute(read, "poa")).toBe("ws://default");
  });

  test("is told in its serialization why the CSE refuses it, with the code of the CSE", async () => {
    const front = await startFront();
    front.cse.answer(() => ({ status: 403, rsc: 4103, body: { "m2m:dbg": "not <welcome>" } }));
    const ae = await front.connect(options);
    const answer = await ae.register("CAE1");
    expect(answer).toMatchObject({ rsc: 4103, rqi: "r1" });
    expect([
      { "m2m:dbg": "not <welcome>" },
      "<m2m:dbg>not &lt;welcome&gt;</m2m:dbg>",
    ]).toContainEqual(answer.pc?.["xml"] ?? answer.pc);
  });

  test("is known again on its next connection by X-M2M-Origin (RG-12)", async () => {
    const front = await startFront();
    const { ae: before, point } = await front.ae("CAE1", options);
    await before.disconnect();
    const ae = await front.connect({ ...options, origin: "CAE1", answer: ok });
    expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
    expect(await ae.nextRequest()).toMatchObject({ op: 5, to: "CAE1", rqi: "n1" });
  });

  test("registers at a gateway without a CSE, reads its poa back, and is reached over HTTP", async () => {
    const gateway = await startGateway();
    const ae = await connectRegistree(gateway.ws, { ...options, answer: ok });
    const created = await ae.register("CAE1", {
      rn: "one",
      poa: ["ws://default"],
      lbl: ["a", "b"],
    });
    expect(created).toMatchObject({ rsc: 2001 });
    expect(attribute(created, "aei")).toBe("CAE1");
    const read = await ae.request({ op: 2, to: "cse-in/one", fr: "CAE1" });
    expect(read).toMatchObject({ rsc: 2000 });
    expect(attribute(read, "poa")).toBe("ws://default");
    expect(attribute(read, "lbl")).toBe("a b");
    expect(attribute(read, "srv")).toBe("3");
    const answer = await callHttp(gateway.http, {
      method: "POST",
      target: "/CAE1",
      headers: {
        "X-M2M-Origin": "CApp",
        "X-M2M-RI": "h1",
        "X-M2M-RVI": "3",
        "Content-Type": "application/json",
      },
      body: SGN,
    });
    expect(answer).toMatchObject({ status: 200, rsc: 2000 });
    expect(await ae.nextRequest()).toMatchObject({ op: 5, to: "CAE1", fr: "CApp", rqi: "h1" });
  });

  test("deletes an attribute of its <AE> at a gateway without a CSE (T4 8.3.1, NULL)", async () => {
    const gateway = await startGateway();
    const ae = await connectRegistree(gateway.ws, options);
    await ae.register("CAE1", { rn: "one", lbl: ["a"], apn: "app" });
    const deleted = await ae.request({
      op: 3,
      to: "cse-in/one",
      fr: "CAE1",
      pc: { "m2m:ae": { lbl: null } },
    });
    expect(deleted).toMatchObject({ rsc: 2004 });
    const read = await ae.request({ op: 2, to: "cse-in/one", fr: "CAE1" });
    expect(attribute(read, "apn")).toBe("app");
    expect(attribute(read, "lbl")).toBeUndefined();
  });
});

test("an AE that comes back with another serialization is spoken to in that one", async () => {
  const front = await startFront();
  const { ae: before, point } = await front.ae("CAE1", CBOR);
  await before.disconnect();
  const ae = await front.connect({ ...XML, origin: "CAE1", answer: ok });
  expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
  expect((await ae.nextRequest()).pc).toEqual({
    xml: "<m2m:sgn><sur>/id-in/sub1</sur></m2m:sgn>",
  });
});
