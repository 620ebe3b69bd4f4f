import { expect, test } from "vitest";
import { asked, type NotifyOptions, ok, SGN, startFront, VERIFY } from "./front.ts";

const NOT_FOUND = { status: 404, rsc: 4004 };
const NOT_REACHABLE = { status: 404, rsc: 5103 };
const HELD = { status: 202, rsc: 1000 };

test("a Notify at a registree's point of access reaches it, and its answer comes back (EX-01)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const answer = await front.notify(point, { rqi: "n7" });
  expect(await ae.nextRequest()).toEqual({
    op: 5,
    to: "CAE1",
    fr: "/id-in",
    rqi: "n7",
    rvi: "3",
    pc: JSON.parse(SGN),
  });
  expect(answer).toMatchObject({ status: 200, rsc: 2000, body: "" });
  expect(answer.rawHeaders).toEqual(
    expect.arrayContaining(["X-M2M-RSC", "2000", "X-M2M-RI", "n7", "X-M2M-RVI", "3"]),
  );
});

test.each([
  ["the bare point of access means the AE itself (EX-04)", "", "CAE1"],
  ["a slash at the end adds nothing (EX-04)", "/", "CAE1"],
  ["the AE-ID behind it is To (EX-05)", "/CAE1", "CAE1"],
  ["an SP-relative AE-ID behind it is To (EX-05)", "/~/id-in/CAE1", "/id-in/CAE1"],
  [
    "an absolute AE-ID behind it is To (EX-05)",
    "/_/sp.example/id-in/CAE1",
    "//sp.example/id-in/CAE1",
  ],
  ["a point of access with a slash of its own doubles it (EX-05)", "//~/id-in/CAE1", "/id-in/CAE1"],
])("at a point of access, %s", async (_title, rest, to) => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  expect(await front.notify(point + rest)).toMatchObject({ status: 200, rsc: 2000 });
  expect(await ae.nextRequest()).toMatchObject({ op: 5, to });
});

test.each([
  ["CSE-relative", "/CAE1", "CAE1"],
  ["SP-relative", "/~/id-in/CAE1", "/id-in/CAE1"],
  ["absolute", "/_/sp.example/id-in/CAE1", "//sp.example/id-in/CAE1"],
  ["escaped", "/%7E/id-in/C%41E1", "/id-in/CAE1"],
])(
  "without a token, an AE-ID in %s form routes to the AE, To as in the path (EX-06)",
  async (_form, target, to) => {
    const front = await startFront({ "cse.spId": "sp.example" });
    const { ae } = await front.ae("CAE1", { answer: ok });
    expect(await front.notify(target)).toMatchObject({ status: 200, rsc: 2000 });
    expect(await ae.nextRequest()).toMatchObject({ op: 5, to });
    expect(asked(front.cse)).toEqual(["POST /cse-in"]);
  },
);

test("an AE-ID of another provider's domain routes to nobody here", async () => {
  const front = await startFront({ "cse.spId": "sp.example" });
  await front.ae("CAE1");
  await front.notify("/_/other.example/id-in/CAE1");
  expect(asked(front.cse)).toEqual(["POST /cse-in", "POST /_/other.example/id-in/CAE1"]);
});

test("a wrong token is 404 with 4004, whatever stands behind it (EX-07, RG-07)", async () => {
  const front = await startFront();
  await front.ae("CAE1");
  const unknown = `/poa/${"A".repeat(22)}`;
  expect(await front.notify(unknown, { rqi: "n9" })).toMatchObject({
    ...NOT_FOUND,
    headers: { "x-m2m-ri": "n9" },
  });
  expect(await front.notify(`${unknown}/CAE1`)).toMatchObject(NOT_FOUND);
  expect(await front.notify(`${unknown}/~/id-in/CAE1`)).toMatchObject(NOT_FOUND);
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
});

test("a Notify to an AE-ID that no registree has goes to the CSE (RG-07)", async () => {
  const front = await startFront();
  front.cse.answer(() => ({ rsc: 4004, status: 404, headers: { "X-From": "cse" } }));
  const answer = await front.notify("/~/id-in/CNobody");
  expect(answer).toMatchObject({ ...NOT_FOUND, headers: { "x-from": "cse" } });
  expect(asked(front.cse)).toEqual(["POST /~/id-in/CNobody"]);
});

test("a registree that is away is known by token and by AE-ID: a Notify is held, a verification 404 with 5103 (4.4, 5.4)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1");
  await ae.disconnect();
  await front.gateway.metricIs("m2mgw_links", 0);
  for (const target of [point, "/~/id-in/CAE1"]) {
    expect(await front.notify(target, VERIFY)).toMatchObject(NOT_REACHABLE);
    expect(await front.notify(target)).toMatchObject(HELD);
  }
});

test.each([
  ["GET", {}],
  ["DELETE", {}],
  ["PUT", { "Content-Type": "application/json" }],
  ["POST", { "Content-Type": "application/json;ty=3" }],
  ["PATCH", { "Content-Type": "application/json" }],
])(
  "%s at an AE's point of access is 405 with 4005, and the AE sees nothing (RW-07)",
  async (method, headers) => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    const answer = await front.http({
      method,
      target: point,
      headers: { "X-M2M-Origin": "/id-in", "X-M2M-RI": "r1", "X-M2M-RVI": "3", ...headers },
      ...("Content-Type" in headers ? { body: '{"m2m:cnt":{}}' } : {}),
    });
    expect(answer).toMatchObject({ status: 405, rsc: 4005, headers: { "x-m2m-ri": "r1" } });
    await front.notify(point, { rqi: "after" });
    expect(await ae.nextRequest()).toMatchObject({ rqi: "after" });
    expect(asked(front.cse)).toEqual(["POST /cse-in"]);
  },
);

test.each([
  ["GET", "/~/id-in/CAE1", {}],
  ["POST", "/~/id-in/CAE1", { "Content-Type": "application/json;ty=3" }],
  ["PUT", "/CAE1", { "Content-Type": "application/json" }],
])(
  "%s at an AE's address without a token concerns its resource and goes to the CSE (9.2)",
  async (method, target, headers) => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    await front.http({
      method,
      target,
      headers: { "X-M2M-Origin": "CApp", "X-M2M-RI": "r1", "X-M2M-RVI": "3", ...headers },
      ...("Content-Type" in headers ? { body: '{"m2m:cnt":{}}' } : {}),
    });
    // Behind an update the gateway asks for what has become of its registree.
    expect(asked(front.cse).slice(0, 2)).toEqual(["POST /cse-in", `${method} ${target}`]);
    await front.notify(point, { rqi: "after" });
    expect(await ae.nextRequest()).toMatchObject({ rqi: "after" });
  },
);

test.each([
  [2000, 200],
  [4005, 405],
  [5205, 403],
  [5204, 500],
  [4999, 400],
])("the registree's own %i is relayed as HTTP %i (BF-14)", async (rsc, status) => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", {
    answer: () => ({ rsc, pc: { "m2m:dbg": "because" } }),
  });
  expect(await front.notify(point, VERIFY)).toMatchObject({
    status,
    rsc,
    body: '{"m2m:dbg":"because"}',
    headers: { "content-type": "application/json", "content-length": "21" },
  });
});

test("X-M2MGW-Disposition says relayed, held, refused or expired, and can be switched off", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const disposition = async (options?: NotifyOptions): Promise<unknown> =>
    (await front.notify(point, options)).headers["x-m2mgw-disposition"];
  expect(await disposition()).toBe("relayed");
  expect(await disposition({ headers: { "X-M2M-RET": "20200101T000000" } })).toBe("expired");
  await ae.disconnect();
  await front.gateway.metricIs("m2mgw_links", 0);
  expect(await disposition(VERIFY)).toBe("refused");
  expect(await disposition()).toBe("held");

  const silent = await startFront({ "http.disposition": "false" });
  const other = await silent.ae("CAE1", { answer: ok });
  expect((await silent.notify(other.point)).headers).not.toHaveProperty("x-m2mgw-disposition");
});

test("a registree's Notify to another registree's AE-ID goes there and not to the CSE (architecture, 2)", async () => {
  const front = await startFront();
  const { ae: one } = await front.ae("CAE1");
  const { ae: two } = await front.ae("CAE2", { answer: ok });
  const response = await one.request({ op: 5, to: "/id-in/CAE2", fr: "CAE1", pc: JSON.parse(SGN) });
  expect(response).toMatchObject({ rsc: 2000 });
  expect(await two.nextRequest()).toMatchObject({ op: 5, to: "/id-in/CAE2", fr: "CAE1" });
  expect(asked(front.cse)).toEqual(["POST /cse-in", "POST /cse-in"]);
});

test("points of access lie under the configured prefix", async () => {
  const front = await startFront({ "http.prefix": "/gw/in" });
  const ae = await front.connect({ answer: ok });
  await ae.register("CAE1");
  const [url = ""] = front.poaAtCse();
  expect(url).toMatch(new RegExp(`^${front.gateway.http}/gw/in/[A-Za-z0-9_-]{22}$`));
  expect(await front.notify(new URL(url).pathname)).toMatchObject({ status: 200, rsc: 2000 });
});

test("points of access are advertised under the configured URL", async () => {
  const front = await startFront({ "http.advertise": "https://gateway.example.org:8443" });
  const ae = await front.connect({ answer: ok });
  await ae.register("CAE1");
  const [url = ""] = front.poaAtCse();
  expect(url).toMatch(/^https:\/\/gateway\.example\.org:8443\/poa\/[A-Za-z0-9_-]{22}$/);
  expect(await front.notify(new URL(url).pathname)).toMatchObject({ status: 200, rsc: 2000 });
});
