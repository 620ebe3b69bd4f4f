import { expect, test } from "vitest";
import { startFront } from "./front.ts";

test("who names neither Accept nor a body's type is answered in its contentSerialization (TS-0004, 7.3.3.12)", async () => {
  const front = await startFront({ "ws.allowCseOnPlain": "true" });
  const { ae, point } = await front.registreeCse("/id-mn");
  await front.ae("CReader", { attributes: { csz: ["application/xml", "json"] } });
  const ask = async (originator: string, headers: Record<string, string> = {}) => {
    const asked = front.http({
      target: `${point}/~/id-mn/cse-mn`,
      headers: { "X-M2M-Origin": originator, "X-M2M-RI": "q", "X-M2M-RVI": "3", ...headers },
    });
    const { rqi = "" } = await ae.nextRequest();
    ae.send({ rsc: 2000, rqi, pc: { "m2m:cb": { ri: "cb1", ty: 5 } } });
    return await asked;
  };

  const xml = await ask("CReader");
  expect(xml).toMatchObject({ status: 200, headers: { "content-type": "application/xml" } });
  expect(xml.body).toContain("<ty>5</ty><ri>cb1</ri>");
  const accepted = await ask("CReader", { Accept: "application/json" });
  expect(accepted.headers["content-type"]).toBe("application/json");
  const stranger = await ask("CStranger");
  expect(stranger.headers["content-type"]).toBe("application/json");
});
