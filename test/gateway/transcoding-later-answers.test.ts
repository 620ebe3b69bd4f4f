import { describe, expect, test } from "vitest";
import { XML, XMLNS } from "../helpers/coders.ts";
import type { Message } from "../helpers/fake-registree.ts";
import { type Front, ok, startFront } from "./front.ts";
import { notifyIn } from "./notify-in.ts";

/** The result of a request, as a Notify brings it. */
const resultOf = (rqi: string): string =>
  `<m2m:rsp ${XMLNS}><rsc>2004</rsc><rqi>${rqi}</rqi><pc><m2m:cnt><lbl/><mni/><or/></m2m:cnt></pc></m2m:rsp>`;
const DELETED = { lbl: null, mni: null, or: null };
const BY_TYPE = { lbl: [], mni: null, or: "" };
const asRead = (rqi: string, cnt: object): Message => ({
  pc: { "m2m:rsp": { rsc: 2004, rqi, pc: { "m2m:cnt": cnt } } },
});

const update = (to: string, rqi: string, others: object): Message => ({
  op: 3,
  to,
  fr: "CAE1",
  rqi,
  pc: { "m2m:cnt": { lbl: null, mni: null, or: null } },
  rcn: 9,
  ...others,
});

describe("the result of an Update that was accepted for later (primitives, 9.3; TS-0004, 7.3.3.12)", () => {
  /** A CSE of XML that accepts every Update, and an AE of JSON. */
  async function started(rsc = 1002) {
    const front: Front = await startFront({ "cse.serializations": "xml" });
    front.cse.answer(({ method }) =>
      method === "PUT"
        ? { status: 202, rsc }
        : {
            rsc: 2001,
            headers: { "Content-Type": "application/xml" },
            body: `<m2m:ae ${XMLNS}><ri>CAE1</ri><aei>CAE1</aei></m2m:ae>`,
          },
    );
    const ae = await front.connect({ answer: ok });
    expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
    const sent = front.cse.requests.at(-1)?.body ?? "";
    const { pathname } = new URL(/<poa>([^<]*)<\/poa>/.exec(sent)?.[1] ?? "");
    const notify = async (target: string, rqi: string): Promise<Message> => {
      const answer = await notifyIn(front, target, "application/xml", resultOf(rqi));
      expect(answer).toMatchObject({ status: 200, rsc: 2000 });
      return await ae.nextRequest();
    };
    return { ae, notify, point: pathname };
  }

  test.each([
    [1000, 4],
    [1001, 1],
    [1002, 2],
  ])("has null for what it deleted, after %i", async (rsc, rtv) => {
    const { ae, notify, point } = await started(rsc);
    expect(await ae.request(update("cse-in/c", "u1", { rt: { rtv } }))).toMatchObject({ rsc });
    expect(await notify(point, "u1")).toMatchObject(asRead("u1", DELETED));
    expect(await notify("/~/id-in/CAE1", "u1")).toMatchObject(asRead("u1", DELETED));
    expect(await notify(point, "unknown")).toMatchObject(asRead("unknown", BY_TYPE));
  });

  test("reads by type where the Update did not ask for what changed", async () => {
    const { ae, notify, point } = await started();
    await ae.request(update("cse-in/c", "u1", { rt: { rtv: 2 }, rcn: 1 }));
    expect(await notify(point, "u1")).toMatchObject(asRead("u1", BY_TYPE));
  });

  test("has null for what it deleted where a registree CSE of XML brings it", async () => {
    const front = await startFront({ "ws.allowCseOnPlain": "true" });
    const answer = (request: Message): Message => (request.op === 3 ? { rsc: 1002 } : ok());
    const { ae: cse } = await front.registreeCse("/id-mn", { ...XML, answer });
    const { ae } = await front.ae("CAE1", { answer: ok });
    const sent = update("/id-mn/cse/c", "u1", { rt: { rtv: 4 } });
    expect(await ae.request(sent)).toMatchObject({ rsc: 1002 });
    for (const [rqi, expected] of [
      ["u1", DELETED],
      ["unknown", BY_TYPE],
    ] as const) {
      const pc = { xml: resultOf(rqi) };
      const notify = { op: 5, to: "/id-in/CAE1", fr: "/id-mn", pc };
      expect(await cse.request(notify)).toMatchObject({ rsc: 2000 });
      expect(await ae.nextRequest()).toMatchObject(asRead(rqi, expected));
    }
  });
});
