import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { CseRequest } from "../helpers/fake-cse.ts";
import { asked, inStep, SGN, startFront } from "./front.ts";

/** Header names and values with their spelling on the wire. */
function headersOf({ rawHeaders }: CseRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers[rawHeaders[at] ?? ""] = rawHeaders[at + 1] ?? "";
  }
  return headers;
}

test("an AE's Create goes up as TS-0009 has it, in its spelling, with a length and without a charset", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  const pc = { "m2m:cnt": { lbl: ["ü"] } };
  const response = await ae.request({ op: 1, to: "CAE1", fr: "CAE1", ty: 3, rcn: 2, rqi: "q", pc });
  const request = front.cse.requests.at(-1);
  expect(request).toMatchObject({
    method: "POST",
    target: "/CAE1?rcn=2",
    body: JSON.stringify(pc),
  });
  const headers = headersOf(request as CseRequest);
  expect(headers).toMatchObject({
    "X-M2M-Origin": "CAE1",
    "X-M2M-RI": "q",
    "X-M2M-RVI": "3",
    "Content-Type": "application/json;ty=3",
    Accept: "application/json",
  });
  expect(request?.headers).toMatchObject({
    "content-length": String(Buffer.byteLength(JSON.stringify(pc))),
    host: new URL(front.cse.url).host,
  });
  expect(request?.headers).not.toHaveProperty("transfer-encoding");
  expect(response).toEqual({ rsc: 2001, rqi: "q", pc });
});

test("every operation has its method, and Retrieve and Delete have no body (TS-0009, 6.2.1)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  const cnt = { "m2m:cnt": { lbl: ["a"] } };
  const rows = [
    [{ op: 1, ty: 3, pc: cnt }, "POST", "application/json;ty=3", 2001],
    [{ op: 2 }, "GET", undefined, 2000],
    [{ op: 3, pc: cnt }, "PUT", "application/json", 2004],
    [{ op: 4 }, "DELETE", undefined, 2002],
    [{ op: 5, pc: JSON.parse(SGN) }, "POST", "application/json", 2000],
  ] as const;
  for (const [message, method, type, rsc] of rows) {
    expect(await ae.request({ ...message, to: "cse-in/c", fr: "CAE1" })).toMatchObject({ rsc });
    const request = front.cse.requests.at(-1);
    expect(request).toMatchObject({ method, target: "/cse-in/c" });
    expect(request?.headers["content-type"]).toBe(type);
    expect(request?.body === "").toBe(type === undefined);
  }
});

test("an AE's Notify to another resource is a POST without ty (EX-19)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  const request = { op: 5, to: "/id-in/cse-in/pch1/pcu", fr: "CAE1", pc: JSON.parse(SGN) };
  expect(await ae.request(request)).toMatchObject({ rsc: 2000 });
  expect(front.cse.requests.at(-1)).toMatchObject({
    method: "POST",
    target: "/~/id-in/cse-in/pch1/pcu",
    headers: { "content-type": "application/json" },
    body: SGN,
  });
});

test("To becomes the path by its form (TS-0009, 6.2.2.1)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  for (const [to, target] of [
    ["cse-in/a", "/cse-in/a"],
    ["-/a", "/-/a"],
    ["/id-in/cse-in/a", "/~/id-in/cse-in/a"],
    ["//sp.example/id-in/a", "/_/sp.example/id-in/a"],
    ["cse-in/a/la", "/cse-in/a/la"],
    ["cse-in/g/fopt/x/y", "/cse-in/g/fopt/x/y"],
  ]) {
    expect(await ae.request({ op: 2, to: to ?? "", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
    expect(front.cse.requests.at(-1)?.target).toBe(target);
  }
});

test("every parameter of a Retrieve reaches the CSE in query and header fields (9.3)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  await ae.request({
    op: 2,
    to: "cse-in",
    fr: "CAE1",
    rqi: "q",
    rcn: 6,
    drt: 2,
    rt: { rtv: 3 },
    gid: "g",
    ec: 3,
    vsi: "v",
    tkns: ["a.b.c", "d.e.f"],
    fc: {
      fu: 1,
      ty: [2, 3],
      lbl: ["a b", "c&d"],
      lim: 5,
      crb: "20260101T000000",
      atr: [{ nm: "cr", val: "Sam" }],
    },
  });
  const request = front.cse.requests.at(-1);
  const [path, query = ""] = (request?.target ?? "").split("?");
  expect(path).toBe("/cse-in");
  expect(query.split("&").sort()).toEqual(
    [
      "crb=20260101T000000",
      "cr=Sam",
      "drt=2",
      "fu=1",
      "lbl=a%20b+c%26d",
      "lim=5",
      "rcn=6",
      "rt=3",
      "ty=2+3",
    ].sort(),
  );
  expect(headersOf(request as CseRequest)).toMatchObject({
    "X-M2M-GID": "g",
    "X-M2M-EC": "3",
    "X-M2M-VSI": "v",
    Authorization: "a.b.c+d.e.f",
  });
});

test("an attribute list goes into atrl, from the content and from To (TS-0009, 6.2.2.2)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  await ae.request({ op: 2, to: "cse-in/a", fr: "CAE1", pc: { "m2m:atrl": ["ri", "lbl"] } });
  expect(front.cse.requests.at(-1)).toMatchObject({ target: "/cse-in/a?atrl=ri+lbl", body: "" });
  await ae.request({ op: 2, to: "cse-in/a#lbl", fr: "CAE1" });
  expect(front.cse.requests.at(-1)).toMatchObject({ target: "/cse-in/a?atrl=lbl", body: "" });
});

test("an answer of the CSE comes back with its parameters (9.3)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  front.cse.answer(() => ({
    rsc: 2000,
    headers: {
      "X-M2M-RVI": "3",
      "X-M2M-OT": "20260101T120001",
      "X-M2M-CTS": "1",
      "X-M2M-CTO": "11",
      "X-M2M-EC": "2",
      "Content-Location": "cse-in/a",
    },
    body: { "m2m:cnt": { rn: "a" } },
  }));
  expect(await ae.request({ op: 2, to: "cse-in/a", fr: "CAE1", rqi: "q" })).toEqual({
    rsc: 2000,
    rqi: "q",
    rvi: "3",
    ot: "20260101T120001",
    cnst: 1,
    cnot: 11,
    ec: 2,
    pc: { "m2m:cnt": { rn: "a" } },
  });
});

test("fr is the same on both sides, in each of its forms (SE-08)", async () => {
  const front = await startFront({ "cse.spId": "sp.example" });
  const { ae } = await front.ae("CAE1");
  for (const fr of ["CAE1", "/id-in/CAE1", "//sp.example/id-in/CAE1"]) {
    expect(await ae.request({ op: 2, to: "cse-in", fr })).toMatchObject({ rsc: 2000 });
    expect(front.cse.requests.at(-1)?.headers["x-m2m-origin"]).toBe(fr);
  }
});

test.each([
  ["rqi", { rqi: "q\r\nX-Evil: 1" }],
  ["rvi", { rvi: "3\r\nX-Evil: 1" }],
  ["vsi", { vsi: "v\nX-Evil: 1" }],
  ["gid", { gid: "g\0" }],
  ["a target of rt", { rt: { rtv: 2, nu: ["http://a\r\nX-Evil: 1"] } }],
  ["a token", { tkns: ["a.b.c\r\nX-Evil: 1"] }],
])(
  "a line break or NUL in %s is rejected with 4000, never written into a header field (SE-09)",
  async (_what, members) => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1");
    ae.send({ rqi: "q", rvi: "3", op: 2, to: "cse-in/x", fr: "CAE1", ...members });
    expect(await ae.nextResponse()).toMatchObject({ rsc: 4000 });
    expect(asked(front.cse)).toEqual(["POST /cse-in"]);
    expect(await ae.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
  },
);

test("a line break in fr of a registration is rejected with 4000 (SE-09)", async () => {
  const front = await startFront();
  const ae = await front.connect();
  expect(await ae.register("CAE1\r\nX-M2M-Origin: CEvil")).toMatchObject({ rsc: 4000 });
  expect(asked(front.cse)).toEqual([]);
});

test.each(["cse-in/a b?rcn=4", "cse-in/ü", "cse-in/a%2Fb"])(
  "To %j reaches the CSE as one path that means the same again",
  async (to) => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1");
    await ae.request({ op: 2, to, fr: "CAE1" });
    const target = front.cse.requests.at(-1)?.target ?? "";
    expect(decodeURIComponent(target)).toBe(`/${to}`);
    expect(target).not.toContain("?");
  },
);

test.each(["../admin", "cse-in/../../x", "cse-in/./x", "~/id-in/x", ""])(
  "To %j, which HTTP would turn into another target, is 4000",
  async (to) => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1");
    ae.send({ op: 2, to, fr: "CAE1", rqi: "q", rvi: "3" });
    expect(await ae.nextResponse()).toMatchObject({ rsc: 4000, rqi: "q" });
    expect(asked(front.cse)).toEqual(["POST /cse-in"]);
  },
);

test("the path of cse.url stands before every target", async () => {
  const front = await startFront();
  const based = await startFront({ "cse.url": `${front.cse.url}/base/` });
  const ae = await based.connect();
  expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
  await ae.request({ op: 2, to: "/id-in/cse-in", fr: "CAE1" });
  expect(asked(front.cse)).toEqual(["POST /base/cse-in", "GET /base/~/id-in/cse-in"]);
});

test("response type 5 of a registree gets no response, and the CSE gets the request (S14)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  ae.send({ op: 2, to: "cse-in/x", fr: "CAE1", rqi: "q", rvi: "3", rt: { rtv: 5 } });
  expect(await ae.request({ op: 2, to: "cse-in/y", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
  await inStep(ae);
  expect(ae.frames).toHaveLength(2);
  expect(asked(front.cse)).toContain("GET /cse-in/x?rt=5");
});

test("every header field goes to the CSE in canonical spelling, those of the connection included (http-binding 4)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  await ae.request({ op: 2, to: "cse-in", fr: "CAE1", rqi: "r2", rvi: "3" });
  await front.http({
    method: "POST",
    target: "/cse-in",
    headers: { "content-type": "application/json;ty=3", "content-length": "14" },
    body: '{"m2m:cnt":{}}',
  });
  await front.http({
    method: "POST",
    target: "/cse-in",
    headers: { "Content-Type": "application/json;ty=3" },
    body: Readable.from([
      '{"m2m:cnt":{}}',
      ...Array.from({ length: 50 }, () => " ".repeat(16_384)),
    ]),
  });

  const names = front.cse.requests.map(({ rawHeaders }) =>
    rawHeaders.filter((_, index) => index % 2 === 0),
  );
  expect(names[0]).toEqual(
    expect.arrayContaining(["Host", "Connection", "Content-Length", "Content-Type", "Accept"]),
  );
  expect(names[1]).toEqual(expect.arrayContaining(["Host", "Connection", "X-M2M-RI"]));
  // What the client spelled stays as it spelled it (S1); the rest is the gateway's.
  expect(new Set(names[2])).toEqual(
    new Set(["content-type", "Host", "Connection", "Content-Length"]),
  );
  expect(names[3]).toEqual(expect.arrayContaining(["Host", "Connection", "Transfer-Encoding"]));
});

const SGN_PC = { "m2m:sgn": { sur: "a" } };
const CNT_PC = { "m2m:cnt": {} };
test.each([
  ["create", { op: 1, ty: 3, pc: CNT_PC }, true],
  ["retrieve", { op: 2 }, false],
  ["update", { op: 3, pc: CNT_PC }, true],
  ["delete", { op: 4 }, false],
  ["notify", { op: 5, pc: SGN_PC }, true],
])(
  "a %s has these header fields on the wire and no other, each by the letter (http-binding 4.1)",
  async (_, asked, hasBody) => {
    const front = await startFront({ "http.laterHeaders": "true" });
    const { ae } = await front.ae("CAE1");
    const all = {
      ot: "20260101T000000",
      rqet: "20990101T000000",
      rset: "20990102T000000",
      oet: "20260101T000000",
      rt: { rtv: 3, nu: ["http://a.example"] },
      ec: 2,
      gid: "g",
      vsi: "v",
      tkns: ["aaaa.bbbb.cccc"],
      omr: ["/id-in/o"],
      prpi: "p",
      msu: "u",
    };
    const aus = asked.op === 5 ? {} : { aus: ["c2ln"] };
    await ae.request({ to: "CAE1/x", fr: "CAE1", rqi: "q", rvi: "3", ...all, ...aus, ...asked });
    const { rawHeaders = [] } = front.cse.requests.at(-1) ?? {};
    const names = rawHeaders.filter((_name, index) => index % 2 === 0);
    const fields = "Origin RI RVI OT RET RST OET RTU EC GID VSI OMR PRPI MSU".split(" ");
    expect([...names].sort()).toEqual(
      [
        "Host",
        "Connection",
        "Accept",
        "Authorization",
        ...fields.map((field) => `X-M2M-${field}`),
        ...(asked.op === 5 ? [] : ["X-M2M-AS"]),
        ...(hasBody ? ["Content-Type", "Content-Length"] : []),
      ].sort(),
    );
  },
);
