import { expect, test } from "vitest";
import { asked, type Front, inStep, ok, SGN, startFront } from "../gateway/front.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { RawHttp, type RawResponse } from "../helpers/raw-http.ts";
import { startGateway } from "../helpers/start-gateway.ts";

/** A Notify, or another request, whose target goes out byte by byte. */
async function call(
  base: string,
  target: string,
  method = "POST",
): Promise<RawResponse | undefined> {
  const peer = new RawHttp(base);
  const fields = ["X-M2M-Origin: CApp", "X-M2M-RI: n1", "X-M2M-RVI: 3"];
  const body = method === "POST" ? SGN : "";
  const type = body === "" ? [] : ["Content-Type: application/json"];
  const start = `${method} ${target} HTTP/1.1`;
  peer.send(
    [start, "Host: x", "Connection: close", ...fields, ...type, `Content-Length: ${body.length}`],
    body,
  );
  await peer.gone;
  return peer.responses[0];
}

const rscOf = (response: RawResponse | undefined): string | undefined =>
  response?.lines.find((line) => line.startsWith("X-M2M-RSC: "))?.slice("X-M2M-RSC: ".length);

/** Spellings of a point of access of which none is it; `T` stands for the token. */
const OTHERS = [
  "/poa",
  "/poa/",
  "/poa//T",
  "//poa/T",
  "/poa/./T",
  "/./poa/T",
  "/x/../poa/T",
  "/poa/x/../T",
  "/poa/T/..",
  "/poa/T/../x",
  "/poa/T/%2e%2e/x",
  "/poa/%2e/T",
  "/poa/T%2F",
  "/poa/T%2f..%2fx",
  "/poa%2FT",
  "/%70oa/T",
  "/poa/T%00",
  "/poa/T%20",
  "/poa/T%0d%0a",
  "/poa/T;x",
  "/poa;x/T",
  "/poa/T\\x",
  "/poa\\T",
  "/POA/T",
  "/poax/T",
  "/poa/T%",
  "/poa/%54",
  "/~/poa/T",
  "/_/poa/T",
  "/poa/Tx",
  "/poa/__proto__",
  "/poa/constructor",
  "http://x/%70oa/T",
  "http://x?/poa/T",
  "http://x/x/../poa/T",
];

test("only the token itself is a point of access: no other spelling reaches its registree", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const token = point.slice("/poa/".length);
  for (const other of [...OTHERS, `/poa/T`.replace("T", token.slice(0, -1))]) {
    const target = other.replace("T", token);
    const before = front.cse.requests.length;
    const response = await call(front.gateway.http, target);
    const passed = front.cse.requests.slice(before);
    // Refused here, or for the CSE to judge, byte for byte.
    if (passed.length === 0) expect(rscOf(response), other).toMatch(/^(?:4000|4004|4005)$/);
    else
      expect(passed, other).toMatchObject([
        { target: target.replace(/^http:\/\/x(?=\?)/, "/").replace(/^http:\/\/x/, "") },
      ]);
  }
  await inStep(ae);
  expect(ae.frames).toHaveLength(1);
  expect(rscOf(await call(front.gateway.http, `http://elsewhere${point}?ct=json`))).toBe("2000");
});

test.each([
  "/..",
  "/../x",
  "/a/../../x",
  "/%2e%2e/x",
  "/.%2E/x",
  "/a%2F..%2F..%2Fx",
  "/a/%2e",
  "/%00",
  "/a%00b",
  "/%c0%ae%c0%ae/x",
  "/%",
  "/%zz",
  "/~/..",
  "/a%23b/c",
])(
  "behind a point of access the path %s is refused, and its registree CSE sees nothing",
  async (path) => {
    const front = await startFront({ "ws.allowCseOnPlain": "true" });
    const { ae, point } = await front.registreeCse("/id-mn", { answer: ok });
    expect(rscOf(await call(front.gateway.http, `${point}${path}`, "GET"))).toBe("4000");
    await inStep(ae);
    expect(ae.frames).toHaveLength(1);
  },
);

test.each(["/..;/x", "/a\\..\\x", "/a;b=../x", "//x", "/~//x", "/%5c..%5cx"])(
  "behind a point of access the path %s is To as it is, and resolved by nobody",
  async (path) => {
    const front = await startFront({ "ws.allowCseOnPlain": "true" });
    const { ae, point } = await front.registreeCse("/id-mn", { answer: ok });
    const rsc = rscOf(await call(front.gateway.http, `${point}${path}`, "GET"));
    if (rsc === "2000") {
      const to = String((await ae.nextRequest()).to);
      expect(decodeURIComponent(path)).toContain(to);
    } else {
      expect(rsc).toBe("4000");
    }
  },
);

const ESCAPES = [
  "/../admin",
  "/..",
  "/a/../../admin",
  "/%2e%2e/admin",
  "/.%2e/admin",
  "/%2E%2E%2Fadmin",
  "/..%2fadmin",
  "/..%5cadmin",
  "/..\\admin",
  "/a\\..\\..\\admin",
  "/..;/admin",
  "http://x/../admin",
  "http://x/%2e%2e/admin",
];

test("what passes through cannot leave the path of the CSE's URL, whoever resolves it there", async () => {
  const cse = await startCse(() => ({ rsc: 2000 }));
  const gateway = await startGateway({ "cse.url": `${cse.url}/base` });
  for (const target of ESCAPES)
    expect(rscOf(await call(gateway.http, target, "GET")), target).toBe("4000");
  expect(cse.requests).toEqual([]);
  for (const target of ["/a..b/..c/c..", "/...", "/a?x=/../y", "//a"]) {
    expect(await call(gateway.http, target, "GET"), target).toMatchObject({ status: 200 });
    expect(cse.requests.at(-1)?.target).toBe(`/base${target}`);
  }
});

test("a target with another host goes nowhere but to the CSE", async () => {
  const other = await startCse();
  const front = await startFront();
  const { host } = new URL(other.url);
  for (const target of [
    `http://${host}/cse-in/x`,
    `//${host}/cse-in/x`,
    `/_/${host}/cse-in/x`,
    `/http://${host}/cse-in/x`,
    `/@${host}/cse-in/x`,
    `http://x@${host}/cse-in/x`,
  ]) {
    await call(front.gateway.http, target, "GET");
  }
  expect(other.requests).toEqual([]);
  expect(asked(front.cse)).toHaveLength(6);
});

/** Names that every object of JavaScript has. */
const INHERITED = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf"];

async function expectUnpolluted(front: Front): Promise<void> {
  expect(Reflect.ownKeys(Object.prototype)).toHaveLength(12);
  const { ae, point } = await front.ae("CGood", { answer: ok });
  expect(await front.notify(point)).toMatchObject({ status: 200, rsc: 2000 });
  expect(await ae.request({ op: 2, to: "cse-in", fr: "CGood" })).toMatchObject({ rsc: 2000 });
}

test("names that every object has are names like any other: of originators, targets, tokens and requests", async () => {
  const front = await startFront({ "ws.trustOrigin": "never" });
  for (const name of INHERITED) {
    const stranger = await front.connect({ origin: name });
    front.cse.answer(() => ({ rsc: 4004 }));
    expect(await stranger.request({ op: 2, to: "cse-in", fr: name, rqi: name })).toMatchObject({
      rsc: 4106,
      rqi: name,
    });
    expect(await front.notify(`/poa/${name}`, { rqi: name })).toMatchObject({ rsc: 4004 });
    for (const target of [`/${name}`, `/~/${name}/x`, `/~/id-in/${name}`]) {
      expect(await front.notify(target, { rqi: name })).toMatchObject({ rsc: 4004 });
    }
    const query = `?${name}=x&c.${name}=y&atrl=${name}&lbl=${name}`;
    expect(await front.http({ target: `/cse-in/x${query}` })).toMatchObject({ rsc: 4004 });
  }
  const { defaultScript } = await import("../helpers/fake-cse.ts");
  front.cse.answer(defaultScript);
  for (const name of INHERITED) {
    const { ae, point } = await front.ae(name, { answer: ok });
    expect(await front.notify(point, { rqi: name })).toMatchObject({ status: 200 });
    expect(await ae.nextRequest()).toMatchObject({ to: name });
  }
  await expectUnpolluted(front);
});
