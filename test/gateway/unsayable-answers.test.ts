import { expect, test } from "vitest";
import { XML } from "../helpers/coders.ts";
import { rawUpgrade } from "../helpers/raw-upgrade.ts";
import { startFront } from "./front.ts";

/** Half of a character where a sentence would cut a peer's own words, and characters that XML cannot hold. */
const HOSTILE = [
  `<${"a".repeat(31)}\u{10000}>`,
  `<m2m:rqp xmlns:m2m="http://www.onem2m.org/xml/protocols"><${"a".repeat(31)}\u{10000}:b/></m2m:rqp>`,
  `<${"\u{10000}".repeat(40)}`,
];

test.each(HOSTILE)(
  "%s is answered with a sentence that XML can hold, and the gateway lives on",
  async (message) => {
    const front = await startFront();
    const peer = await front.connect(XML);
    peer.send(message);
    await expect.poll(() => peer.frames.length).toBe(1);
    expect(peer.frames[0]?.text).toContain("<rsc>4000</rsc>");
    expect(front.gateway.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    const { status } = await rawUpgrade(front.gateway.ws, {});
    expect(status).toBe(101);
  },
);

test("a result with a name and a value that XML cannot say is 5207, and the next request is served", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1", XML);
  const retrieve = { op: 2, to: "cse-in/c", fr: "CAE1", rvi: "3" };
  front.cse.answer(() => ({ rsc: 2000, body: '{"m2m:cin":{"a\\u0001b\\ud800":"\\u0001"}}' }));
  expect(await ae.request({ ...retrieve, rqi: "r1" })).toMatchObject({ rsc: 5207, rqi: "r1" });
  front.cse.answer(() => ({ rsc: 2000, body: '{"m2m:cin":{"con":"a"}}' }));
  expect(await ae.request({ ...retrieve, rqi: "r2" })).toMatchObject({ rsc: 2000, rqi: "r2" });
});
