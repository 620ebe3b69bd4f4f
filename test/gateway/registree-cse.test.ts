import { expect, test } from "vitest";
import { ManualClock } from "../helpers/manual-clock.ts";
import { asked, gatewayUrlIn, inStep, ok, registerCse, startFront } from "./front.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };

test("on plain ws a CSE may not register: 4107, and nothing goes to the CSE (RG-19, S17)", async () => {
  const front = await startFront();
  const cse = await front.connect();
  expect(await registerCse(cse, "/id-mn")).toMatchObject({ rsc: 4107 });
  expect(await cse.request({ op: 2, to: "cse-in", fr: "/id-mn" })).toMatchObject({ rsc: 4107 });
  expect(asked(front.cse)).toEqual([]);
});

test("with the laboratory switch it registers: csi bound, poa rewritten, rr untouched (RG-18, S17)", async () => {
  const front = await startFront(LABORATORY);
  const cse = await front.connect({ answer: ok });
  const response = await registerCse(cse, "/id-mn", { poa: ["ws://default"] });
  expect(response).toMatchObject({ rsc: 2001, pc: { "m2m:csr": { poa: ["ws://default"] } } });
  const [post] = front.cse.requests;
  expect(post).toMatchObject({
    method: "POST",
    target: "/cse-in",
    headers: { "x-m2m-origin": "/id-mn" },
  });
  const url = gatewayUrlIn(front.poaAtCse(), front.gateway);
  expect(JSON.parse(post?.body ?? "")).toEqual({
    "m2m:csr": { csi: "/id-mn", cb: "/id-mn/cse", rr: true, srv: ["3"], poa: [url] },
  });
  expect(await front.notify("/~/id-mn/cse/x")).toMatchObject({ status: 200, rsc: 2000 });
});

test("a CSE that registered is known on its next connection by its CSE-ID", async () => {
  const front = await startFront(LABORATORY);
  const { ae: cse } = await front.registreeCse("/id-mn");
  await cse.disconnect();
  const again = await front.connect({ answer: ok });
  expect(await again.request({ op: 2, to: "cse-in", fr: "/id-mn" })).toMatchObject({ rsc: 2000 });
  expect(asked(front.cse)).toEqual(["POST /cse-in", "GET /cse-in"]);
  expect(await front.http({ target: "/~/id-mn/cse", headers: ORIGIN })).toMatchObject({
    status: 200,
    rsc: 2000,
  });
});

test("every parameter of a GET reaches a registree CSE with the right type (EX-02)", async () => {
  const clock = new ManualClock();
  const front = await startFront(LABORATORY, { clock });
  const { ae: cse, point } = await front.registreeCse("/id-mn", { answer: ok });
  const query = [
    "rt=4&rp=20260102T000000&rcn=6&da=true&drt=2&rids=a%40r+b%40r&tids=t1+t2&ltids=l1&tqi=true&asi=false&auri=1",
    "crb=20260101T000000&cra=20250101T000000&ms=20250102T000000&us=20250103T000000&exb=20270101T000000&exa=20260201T000000",
    "sts=7&stb=2&sza=10&szb=99&lbl=room:1+tag&ty=2+3&ty=4&cty=application%2Fjson+text%2Fplain",
    "lim=5&lvl=3&ofst=2&fu=1&fo=2&smf=PREFIX%20a%2Bb&cfs=1&cfq=%24.a&cr=Sam&c.con=on&p.cr=CAE7",
  ].join("&");
  const answer = await front.http({
    target: `${point}/~/id-mn/cse/a?${query}`,
    headers: {
      ...ORIGIN,
      "X-M2M-GID": "g1",
      "X-M2M-RTU": "http://a/x&/id-in/CAE1",
      "X-M2M-OT": "20260101T120000",
      "X-M2M-RST": "20260101T130000",
      "X-M2M-RET": "20260101T123000",
      "X-M2M-OET": "20260101T121000",
      "X-M2M-EC": "100",
      "X-M2M-VSI": "acme;v=1",
      "X-M2M-AS": "c2ln+bmF0",
      Authorization: "eyJ0eXAi.eyJpc3Mi.dBjftJeZ",
    },
  });
  expect(answer).toMatchObject({ status: 200, rsc: 2000 });
  expect(await cse.nextRequest()).toEqual({
    op: 2,
    to: "/id-mn/cse/a",
    fr: "CApp",
    rqi: "h1",
    rvi: "3",
    gid: "g1",
    // The targets are the gateway's to tell (TS-0004, 7.3.2.8).
    rt: { rtv: 4 },
    ot: "20260101T120000",
    rset: "20260101T130000",
    rqet: "20260101T123000",
    oet: "20260101T121000",
    ec: 100,
    vsi: "acme;v=1",
    aus: ["c2ln", "bmF0"],
    tkns: ["eyJ0eXAi.eyJpc3Mi.dBjftJeZ"],
    rp: "20260102T000000",
    rcn: 6,
    da: true,
    drt: 2,
    rids: ["a@r", "b@r"],
    tids: ["t1", "t2"],
    ltids: ["l1"],
    tqi: true,
    asi: false,
    auri: true,
    fc: {
      crb: "20260101T000000",
      cra: "20250101T000000",
      ms: "20250102T000000",
      us: "20250103T000000",
      exb: "20270101T000000",
      exa: "20260201T000000",
      sts: 7,
      stb: 2,
      sza: 10,
      szb: 99,
      lbl: ["room:1", "tag"],
      ty: [2, 3, 4],
      cty: ["application/json", "text/plain"],
      lim: 5,
      lvl: 3,
      ofst: 2,
      fu: 1,
      fo: 2,
      smf: ["PREFIX a+b"],
      cfs: 1,
      cfq: "$.a",
      atr: [{ nm: "cr", val: "Sam" }],
      catr: [{ nm: "con", val: "on" }],
      patr: [{ nm: "cr", val: "CAE7" }],
    },
  });
});

test("the path behind a token is To in each of its three forms (EX-03)", async () => {
  const front = await startFront(LABORATORY);
  const { ae: cse, point } = await front.registreeCse("/id-mn", { answer: ok });
  for (const [path, to] of [
    ["/a/b", "a/b"],
    ["/~/csi/a", "/csi/a"],
    ["/_/sp/csi/a", "//sp/csi/a"],
    ["", "/id-mn"],
  ]) {
    expect(await front.http({ target: point + path, headers: ORIGIN })).toMatchObject({
      rsc: 2000,
    });
    expect(await cse.nextRequest()).toMatchObject({ op: 2, to });
  }
});

test("the token decides before To: a descendant's address goes to the CSE above it (RG-22)", async () => {
  const front = await startFront(LABORATORY);
  const { ae: cse, point } = await front.registreeCse("/id-mn", { answer: ok });
  const { ae: other } = await front.registreeCse("/mn2");
  expect(await front.http({ target: `${point}/~/mn2/x`, headers: ORIGIN })).toMatchObject({
    rsc: 2000,
  });
  expect(await cse.nextRequest()).toMatchObject({ op: 2, to: "/mn2/x" });
  await inStep(other);
  expect(other.frames).toHaveLength(1);
});

test("all operations under the CSE-ID of a registree CSE go to it without a token (architecture, 2)", async () => {
  const front = await startFront(LABORATORY);
  const { ae: cse } = await front.registreeCse("/id-mn", { answer: ok });
  const json = { ...ORIGIN, "Content-Type": "application/json" };
  const calls = [
    {
      method: "POST",
      headers: { ...json, "Content-Type": "application/json;ty=3" },
      body: '{"m2m:cnt":{}}',
      seen: { op: 1, ty: 3, pc: { "m2m:cnt": {} } },
    },
    { method: "GET", headers: ORIGIN, seen: { op: 2 } },
    {
      method: "PUT",
      headers: json,
      body: '{"m2m:cnt":{"lbl":null}}',
      seen: { op: 3, pc: { "m2m:cnt": { lbl: null } } },
    },
    { method: "DELETE", headers: ORIGIN, seen: { op: 4 } },
    {
      method: "POST",
      headers: json,
      body: '{"m2m:sgn":{}}',
      seen: { op: 5, pc: { "m2m:sgn": {} } },
    },
  ];
  for (const { seen, ...call } of calls) {
    expect(await front.http({ ...call, target: "/~/id-mn/cse/c" })).toMatchObject({ rsc: 2000 });
    expect(await cse.nextRequest()).toEqual({
      to: "/id-mn/cse/c",
      fr: "CApp",
      rqi: "h1",
      rvi: "3",
      ...seen,
    });
  }
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
});

test("a created resource's URI becomes Content-Location of the 201 (EX-17)", async () => {
  const front = await startFront(LABORATORY);
  const contents = [
    [{ "m2m:uri": "cse/a/c1" }, "cse/a/c1"],
    [{ "m2m:rce": { "m2m:cnt": { rn: "c1" }, uri: "cse/a/c1" } }, "cse/a/c1"],
    [{ "m2m:cnt": { rn: "c1" } }, undefined],
  ] as const;
  const answers = contents.map(([pc]) => ({ rsc: 2001, pc }));
  const { point } = await front.registreeCse("/id-mn", { answer: () => answers.shift() });
  for (const [pc, location] of contents) {
    const answer = await front.http({
      method: "POST",
      target: `${point}/cse/a`,
      headers: { ...ORIGIN, "Content-Type": "application/json;ty=3" },
      body: '{"m2m:cnt":{}}',
    });
    expect(answer).toMatchObject({ status: 201, rsc: 2001, body: JSON.stringify(pc) });
    expect(answer.headers["content-location"]).toBe(location);
  }
});

test("each Response Status Code has its HTTP status (EX-18)", async () => {
  const front = await startFront(LABORATORY);
  const table = [
    [5103, 404],
    [4008, 504],
    [4106, 403],
    [4105, 409],
    [5206, 501],
    [1000, 202],
    [2001, 201],
    [2002, 200],
    [2004, 200],
    [4001, 501],
    [4015, 415],
    [5207, 406],
    [5000, 500],
  ] as const;
  const codes = table.map(([rsc]) => rsc);
  const { point } = await front.registreeCse("/id-mn", {
    answer: () => ({ rsc: codes.shift() ?? 0 }),
  });
  for (const [rsc, status] of table) {
    expect(await front.http({ target: `${point}/cse`, headers: ORIGIN })).toMatchObject({
      rsc,
      status,
    });
  }
});

test("parameters of a response become header fields in the spelling of TS-0009 (9.3)", async () => {
  const front = await startFront(LABORATORY);
  const { point } = await front.registreeCse("/id-mn", {
    answer: () => ({
      rsc: 2000,
      rvi: "3",
      to: "CApp",
      fr: "/id-mn",
      ot: "20260101T120001",
      rset: "20260101T120020",
      ec: 2,
      vsi: "v",
      cnst: 1,
      cnot: 11,
      pc: { "m2m:cnt": {} },
    }),
  });
  const { rawHeaders } = await front.http({ target: `${point}/cse`, headers: ORIGIN });
  const pairs = new Map(
    rawHeaders.flatMap((name, at) => (at % 2 ? [] : [[name, rawHeaders[at + 1]]])),
  );
  expect(Object.fromEntries(pairs)).toMatchObject({
    "X-M2M-RSC": "2000",
    "X-M2M-RI": "h1",
    "X-M2M-RVI": "3",
    "X-M2M-Origin": "/id-mn",
    "X-M2M-OT": "20260101T120001",
    "X-M2M-RST": "20260101T120020",
    "X-M2M-EC": "2",
    "X-M2M-VSI": "v",
    "X-M2M-CTS": "1",
    "X-M2M-CTO": "11",
    "Content-Type": "application/json",
    "Content-Length": "14",
  });
});

test("a registree CSE speaks for its own AEs and descendants, and for nobody else's (8; ID-15, ID-16)", async () => {
  const front = await startFront(LABORATORY);
  const { ae: cse } = await front.registreeCse("/id-mn");
  await front.registreeCse("/id-mn2");
  const rscOf = async (fr: string): Promise<unknown> =>
    (await cse.request({ op: 2, to: `cse-in/x`, fr })).rsc;
  expect(await rscOf("/id-mn/CX")).toBe(2000);
  expect(front.cse.requests.at(-1)?.headers["x-m2m-origin"]).toBe("/id-mn/CX");
  expect(await rscOf("/id-below/CX")).toBe(2000);
  expect(await rscOf("/id-mn2")).toBe(4106);
  expect(await rscOf("/id-mn2/CX")).toBe(4106);
  expect(await rscOf("CX")).toBe(4106);
  // Which provider is the own one is not configured: any that has a CSE of this name may be.
  expect(await rscOf("//sp.example/id-in/CX")).toBe(4106);
  expect(await rscOf("//sp.example/id-far/CX")).toBe(2000);
});

test("a descendant that the CSE does not know says nothing about the CSE that relays for it (4.3)", async () => {
  const front = await startFront(LABORATORY);
  const { ae: cse, point } = await front.registreeCse("/id-mn", { answer: ok });
  front.cse.answer(() => ({ rsc: 4106, status: 403 }));
  expect(await cse.request({ op: 2, to: "cse-in/x", fr: "/id-mn/CX" })).toMatchObject({
    rsc: 4106,
  });
  const answer = await front.http({ target: `${point}/cse`, headers: ORIGIN });
  expect(answer).toMatchObject({ status: 200, rsc: 2000 });
});

test.each([
  ["1 is answered 1001 with a reference, and carried out (BF-31, 5.4)", 1, 202, 1001],
  ["2 is answered 1002 with a reference, and carried out (5.4)", 2, 202, 1002],
  ["3 is blocking", 3, 200, 2000],
  ["4 is answered as blocking (5.4)", 4, 200, 2000],
])("response type %s", async (_what, rt, status, rsc) => {
  const front = await startFront(LABORATORY);
  const { ae: cse, point } = await front.registreeCse("/id-mn", { answer: ok });
  const answer = await front.http({ target: `${point}/cse?rt=${rt}`, headers: ORIGIN });
  expect(answer).toMatchObject({
    status,
    rsc,
    body: status === 202 ? expect.stringMatching(/^\{"m2m:uri":"[^"]+"\}$/) : "",
  });
  expect(await cse.nextRequest()).toMatchObject({ op: 2, to: "cse" });
});

test("response type 5 is sent and answered with 204, without X-M2M-RSC (S14)", async () => {
  const front = await startFront(LABORATORY);
  const { ae: cse, point } = await front.registreeCse("/id-mn", { answer: ok });
  const answer = await front.http({ target: `${point}/cse?rt=5`, headers: ORIGIN });
  expect(answer).toMatchObject({ status: 204, rsc: undefined, body: "" });
  const sent = await cse.nextRequest();
  expect(sent).toMatchObject({ op: 2, to: "cse" });
  expect(sent).not.toHaveProperty("rt");
});
