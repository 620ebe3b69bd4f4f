import { expect, test } from "vitest";
import { type Front, ok, SGN, startFront } from "../gateway/front.ts";
import { obliging, startRegistrar } from "../helpers/fake-registrar.ts";
import { connectRegistree, type Message } from "../helpers/fake-registree.ts";
import { startHttpRegistree } from "../helpers/http-registree.ts";
import { startGateway } from "../helpers/start-gateway.ts";

/** What would end a header field and begin another, or the body, where it was written as it is. */
const BREAKS = ["\r\nX-Evil: 1", "\nX-Evil: 1", "\rX-Evil: 1", "\r\n\r\nGET /evil HTTP/1.1"];
/** What becomes a line break where only the lower byte of each character is written, and what ends a C string. */
const DISGUISED = ["\u010d\u010aX-Evil: 1", "\u560d\u560aX-Evil: 1", "\0X-Evil: 1"];
const LATER = { "http.laterHeaders": "true" };

/** Members of a request with `evil` in one value each. */
const requestsWith = (evil: string): readonly Message[] => [
  ...["fr", "rqi", "rvi", "ot", "rqet", "rset", "oet", "rp", "gid", "vsi", "prpi", "msu"].map(
    (name) => ({ [name]: `C1${evil}` }),
  ),
  ...["rids", "tids", "ltids", "tkns", "aus", "omr", "grtm"].map((name) => ({
    [name]: ["a", `C1${evil}`],
  })),
  ...["ec", "rcn", "da", "tqi", "asi", "auri", "sqi", "drt"].map((name) => ({
    [name]: `1${evil}`,
  })),
  { rt: { rtv: 2, nu: [`http://x${evil}`] } },
  { rt: { rtv: `2${evil}`, nu: [] } },
  { to: `cse-in/x${evil}` },
  { to: `//evil.example${evil}/id-x/y` },
  { to: `cse-in/x#lbl${evil}` },
  { fc: { lbl: [`a${evil}`], atr: [{ nm: `cr${evil}`, val: `x${evil}` }] } },
  { fc: { [`cr${evil}`]: `x${evil}` } },
  { pc: { "m2m:atrl": [`lbl${evil}`] } },
  { [`vsi${evil}`]: "x" },
  { op: 1, ty: `4${evil}`, pc: { "m2m:cin": { con: evil } } } as unknown as Message,
];

/** Members of a response with `evil` in one value each. */
const responsesWith = (evil: string): readonly Message[] => [
  ...["rvi", "ot", "rset", "ec", "vsi", "cnst", "cnot", "fr", "to", "asri", "prpi"].map((name) => ({
    [name]: `C1${evil}`,
  })),
  { ati: { ltia: [{ lti: `a${evil}`, tkid: `b${evil}` }] } },
  { rsc: 2001, pc: { "m2m:uri": `cse/x${evil}` } },
  { rsc: 2001, pc: { "m2m:rce": { uri: `cse/x${evil}`, "m2m:cnt": {} } } },
  { [`vsi${evil}`]: "x" },
];

const expectClean = (rawHeaders: readonly string[]): void => {
  expect(rawHeaders.join("|")).not.toMatch(/evil/i);
};

/** Sends each and waits for its answer, or until the gateway has read it. */
async function sendAll(front: Front, from: string, messages: readonly Message[]): Promise<number> {
  const { ae } = await front.ae(from, { answer: ok });
  let refused = 0;
  for (const message of messages) {
    const answer = await ae.request({ op: 2, to: "cse-in/x", fr: from, ...message });
    // Said here, in words of oneM2M, and not by a library on the way out.
    expect([2000, 2001, 4000], JSON.stringify(message)).toContain(answer.rsc);
    if (answer.rsc === 4000) refused += 1;
  }
  expect(await ae.request({ op: 2, to: "cse-in/good", fr: from })).toMatchObject({ rsc: 2000 });
  return refused;
}

test.each([...BREAKS, ...DISGUISED])(
  "no member of a request primitive adds a header field or a request at the CSE (SE-09): %j",
  async (evil) => {
    const front = await startFront(LATER);
    expect(await sendAll(front, "CAE1", requestsWith(evil))).toBeGreaterThan(10);
    expect(front.cse.requests.length).toBeGreaterThan(2);
    for (const { method, target, rawHeaders } of front.cse.requests) {
      expectClean(rawHeaders);
      expect(`${method} ${target}`).toMatch(/^(?:GET|POST) \/[!-~]+$/);
    }
    // Each request of the registree is one at the CSE at most.
    expect(front.cse.requests.length).toBeLessThanOrEqual(requestsWith(evil).length + 2);
  },
);

test.each(BREAKS)(
  "nor at a point of access that is called over HTTP (SE-09, S21): %j",
  async (evil) => {
    const gateway = await startGateway({ "ws.trustOrigin": "always", ...LATER });
    const server = await startHttpRegistree();
    const one = await connectRegistree(gateway.ws, { answer: ok });
    expect(await one.register("CAE1", { poa: [server.url], rn: "one" })).toMatchObject({
      rsc: 2001,
    });
    const two = await connectRegistree(gateway.ws, { answer: ok });
    expect(await two.register("CAE2", { rn: "two" })).toMatchObject({ rsc: 2001 });
    await one.disconnect();
    await gateway.metricIs("m2mgw_links", 1);
    const notify = { op: 5, to: "/id-in/CAE1", fr: "CAE2", pc: JSON.parse(SGN) };
    for (const { to: _, op: _op, pc: _pc, fc: _fc, ...members } of requestsWith(evil)) {
      await two.request({ ...notify, ...members });
    }
    // Behind those that were held, if any were: none may stay in its way.
    await two.request({ ...notify, rqi: "good" });
    let called = await server.next();
    while (called.headers["x-m2m-ri"] !== "good") called = await server.next();
    for (const { rawHeaders, target } of server.requests) {
      expectClean(rawHeaders);
      expect(target).toMatch(/^\/[!-~]*$/);
    }
  },
);

test.each([...BREAKS, ...DISGUISED])(
  "no member of a response primitive adds a header field to the answer of its originator (SE-09): %j",
  async (evil) => {
    const front = await startFront({ ...LATER, "ws.allowCseOnPlain": "true" });
    const { ae, point } = await front.registreeCse("/id-mn");
    for (const [index, members] of responsesWith(evil).entries()) {
      const answered = front.http({
        method: "POST",
        target: `${point}/cse/x`,
        headers: {
          "X-M2M-Origin": "CApp",
          "X-M2M-RI": `q${index}`,
          "X-M2M-RVI": "3",
          "Content-Type": "application/json;ty=3",
        },
        body: '{"m2m:cnt":{}}',
      });
      const { rqi = "" } = await ae.nextRequest();
      ae.send({ rsc: 2000, ...members, rqi });
      const { rawHeaders, rsc, headers } = await answered;
      expectClean(rawHeaders);
      expect([2000, 2001]).toContain(rsc);
      expect(headers["x-m2m-ri"]).toBe(`q${index}`);
    }
  },
);

test("an originator with a line break in its name adds none to the handshake with the registrar (SE-09)", async () => {
  const registrar = await startRegistrar({ answer: obliging });
  const bridge = await startGateway({ "cse.url": registrar.url, "cse.links": "per-originator" });
  for (const evil of [...BREAKS, ...DISGUISED]) {
    const device = await connectRegistree(bridge.ws);
    expect(await device.register(`C1${evil}`)).toMatchObject({ rsc: 2001 });
  }
  const device = await connectRegistree(bridge.ws);
  expect(await device.register("CGood")).toMatchObject({ rsc: 2001 });
  for (const { handshake } of registrar.dialled) expectClean(handshake.rawHeaders);
  expect(registrar.dialled.map(({ handshake }) => handshake.headers["x-m2m-origin"])).toContain(
    "CGood",
  );
});
