import { describe, expect, test } from "vitest";
import { cborOf, fromCbor, XMLNS } from "../helpers/coders.ts";
import { type CseAnswer, type CseRequest, startCse } from "../helpers/fake-cse.ts";
import { callHttp, type HttpAnswer, type HttpCall } from "../helpers/http-client.ts";
import { startGateway } from "../helpers/start-gateway.ts";

/** The same CSE, asked directly and through a bridge and a front. */
interface Chain {
  /** What the CSE was asked, and what came back, on each way. */
  both(call: HttpCall): Promise<{ direct: Passage; through: Passage }>;
  through(call: HttpCall): Promise<Passage>;
}

interface Passage {
  readonly asked: CseRequest | undefined;
  readonly answer: HttpAnswer;
}

async function startChain(
  answer?: (request: CseRequest) => CseAnswer,
  subprotocol = "oneM2M.json",
): Promise<Chain> {
  const cse = await startCse();
  const front = await startGateway({
    "cse.url": cse.url,
    "http.maxBody": "2MiB",
    "ws.maxMessage": "2MiB",
  });
  const bridge = await startGateway({
    "cse.url": front.ws,
    "cse.subprotocols": subprotocol,
    "http.maxBody": "2MiB",
    "ws.maxMessage": "2MiB",
  });
  const registered = await callHttp(bridge.http, {
    method: "POST",
    target: "/cse-in",
    headers: { ...HEADERS, "Content-Type": "application/json;ty=2" },
    body: '{"m2m:ae":{"rn":"one","api":"N.test","rr":false,"srv":["3"]}}',
  });
  expect(registered).toMatchObject({ status: 201, rsc: 2001 });
  if (answer !== undefined) cse.answer(answer);
  const passage = async (base: string, call: HttpCall): Promise<Passage> => {
    const before = cse.requests.length;
    const got = await callHttp(base, call);
    return { asked: cse.requests[before], answer: got };
  };
  return {
    through: (call) => passage(bridge.http, call),
    both: async (call) => ({
      direct: await passage(cse.url, call),
      through: await passage(bridge.http, call),
    }),
  };
}

const HEADERS = { "X-M2M-Origin": "CAE1", "X-M2M-RI": "q1", "X-M2M-RVI": "3" };
const JSON_TYPE = { "Content-Type": "application/json" };

/** What a CSE is told by a request: To, the parameters and all header fields, wherever they stand, and the content. */
function saidBy(asked: CseRequest | undefined): unknown {
  const { headers, method, target = "", body } = asked ?? { headers: {} as CseRequest["headers"] };
  const [path, query = ""] = target.split("?");
  // Whether the connection is kept is each hop's own matter (RFC 9110, 7.6.1).
  const { connection: _, ...fields } = headers;
  // The last hop says what it can read, where the originator leaves it to the CSE (TS-0009, 6.4.2).
  const said = { accept: "application/json", ...fields };
  return { method, path, query: valuesIn(query), headers: said, body };
}

/** A list of values is said by repeating the name, or with `+` between them (TS-0009, 6.2.2.2). */
function valuesIn(query: string): readonly string[] {
  const pairs = query.split("&").flatMap((part) => {
    const [name, value = ""] = part.split("=");
    return value.split("+").map((one) => `${name}=${decodeURIComponent(one)}`);
  });
  return pairs.sort();
}

/** What an originator sees of an answer, all header fields among it. */
function seenIn({ headers, status, rsc, body }: HttpAnswer): unknown {
  // Each server has its own clock.
  return { status, rsc, body, headers: { ...headers, date: typeof headers.date } };
}

describe("through bridge and front a request is what it is without them:", () => {
  const filters = [
    "fu=1&ty=2&ty=3&lbl=a&lbl=b%26c",
    "fu=1&fo=2&crb=20260101T000000&cra=20250101T000000",
    "fu=1&sza=10&szb=1000&sts=1&stb=9",
    "fu=1&ops=2&lvl=3&lim=5&ofst=2&drt=1",
    "fu=1&cty=text%2Fplain&arp=x%2Fy&rn=z%2A",
    "rcn=4&lim=3&lvl=1",
    "rcn=1&atrl=lbl%2Brn",
    "fu=1&clbl=a&clbl=b%26c&palb=x&palb=y&lbq=a%20AND%20b",
    "fu=1&chty=3&chty=4&pty=2&pty=5&grtm=id1&grtm=%2Fid-in%2Fx",
    "fu=1&cr=Sam&api=N%2A&c.con=on&p.cr=CAE7",
    "rcn=10&sqi=true&smf=PREFIX%20a%3A%20%3Chttp%3A%2F%2Fa%3E&smf=x%2By",
    "fu=1&cfs=1&cfq=%24.a%5B%3F%28%40.b%20%3E%201%29%5D",
    "fu=1&gmty=1&geom=%5B8.5%2C49.1%5D&gsf=2&aq=ty%20%3D%3D%203&ma=PT5S",
  ];
  const calls: readonly (readonly [string, HttpCall])[] = [
    ["Retrieve", { method: "GET", target: "/cse-in/one" }],
    ["Retrieve of an attribute", { method: "GET", target: "/cse-in/one?atrl=lbl" }],
    ["Retrieve, SP-relative", { method: "GET", target: "/~/id-in/cse-in/one" }],
    ...filters.map((query): [string, HttpCall] => [
      `discovery with ${query}`,
      { method: "GET", target: `/cse-in?${query}` },
    ]),
    [
      "Create",
      {
        method: "POST",
        target: "/cse-in/one",
        headers: { "Content-Type": "application/json;ty=3" },
        body: '{ "m2m:cnt" : {"rn":"c","mni":10,"lbl":["\\u00e4"] } }',
      },
    ],
    [
      "Create of a large contentInstance",
      {
        method: "POST",
        target: "/cse-in/one/c",
        headers: { "Content-Type": "application/json;ty=4" },
        body: JSON.stringify({ "m2m:cin": { con: "x".repeat(900_000) } }),
      },
    ],
    [
      "Update",
      {
        method: "PUT",
        target: "/cse-in/one/c",
        headers: JSON_TYPE,
        body: '{"m2m:cnt":{"mni":null,"x":1.10}}',
      },
    ],
    ["Delete", { method: "DELETE", target: "/cse-in/one/c" }],
    [
      "Notify",
      {
        method: "POST",
        target: "/cse-in/another",
        headers: JSON_TYPE,
        body: '{"m2m:sgn":{"sur":"/id-in/s"}}',
      },
    ],
    ["a group's fan-out", { method: "GET", target: "/cse-in/g/fopt" }],
    [
      "non-blocking, synchronous",
      { method: "GET", target: "/cse-in/one?rt=1", headers: { "X-M2M-RET": "20991231T000000" } },
    ],
    [
      "non-blocking, asynchronous, with targets",
      {
        method: "GET",
        target: "/cse-in/one?rt=2",
        headers: { "X-M2M-RTU": "http://203.0.113.9/x&http://app.example.org/y" },
      },
    ],
    [
      "group, event category and result expiration",
      {
        method: "GET",
        target: "/cse-in/one?ec=4&rp=P1D",
        headers: { "X-M2M-GID": "g1", "X-M2M-RST": "20991231T000000" },
      },
    ],
  ];

  test.each(calls)("%s", async (_name, call) => {
    const { both } = await startChain();
    const { direct, through } = await both({
      ...call,
      headers: { ...HEADERS, ...call.headers },
    });
    expect(saidBy(through.asked)).toEqual(saidBy(direct.asked));
    expect(seenIn(through.answer)).toEqual(seenIn(direct.answer));
  });

  test.each([
    ["not found", { status: 404, rsc: 4004, body: { "m2m:dbg": "no such thing" } }],
    ["no privilege", { status: 403, rsc: 4103 }],
    ["conflict", { status: 409, rsc: 4105, body: { "m2m:dbg": "there already" } }],
    ["accepted", { status: 202, rsc: 1001, body: { "m2m:uri": "/id-in/req1" } }],
    ["an error of the CSE's own", { status: 500, rsc: 5000, body: { "m2m:dbg": "oh" } }],
    ["not implemented", { status: 501, rsc: 5001 }],
  ])("and so is an answer: %s", async (_name, answer) => {
    const { both } = await startChain(() => answer);
    const call = { method: "GET", target: "/cse-in/one", headers: HEADERS };
    const { direct, through } = await both(call);
    expect(seenIn(through.answer)).toEqual(seenIn(direct.answer));
    expect(through.answer.headers).toMatchObject({
      "x-m2m-ri": "q1",
      "x-m2m-rsc": `${answer.rsc}`,
    });
  });
});

test("what the CSE sends to a device behind the bridge comes with the header fields it was sent with", async () => {
  const cse = await startCse();
  const device = await startCse();
  const front = await startGateway({ "cse.url": cse.url });
  const bridge = await startGateway({ "cse.url": front.ws, "calls.networks": "127.0.0.0/8" });
  await callHttp(bridge.http, {
    method: "POST",
    target: "/cse-in",
    headers: { ...HEADERS, "Content-Type": "application/json;ty=2" },
    body: JSON.stringify({
      "m2m:ae": { rn: "one", api: "N.test", rr: true, srv: ["3"], poa: [`${device.url}/n`] },
    }),
  });
  const registered = JSON.parse(cse.requests[0]?.body ?? "{}");
  const { origin, pathname } = new URL(registered["m2m:ae"].poa[0]);
  const call = {
    method: "POST",
    headers: { ...HEADERS, ...JSON_TYPE, "X-M2M-Origin": "/id-in", "X-M2M-GID": "g1" },
    body: '{"m2m:sgn":{"sur":"/id-in/s"}}',
  };

  const direct = await callHttp(device.url, { ...call, target: "/n" });
  const through = await callHttp(origin, { ...call, target: pathname });

  const [asked, askedThrough] = device.requests;
  expect(saidBy(askedThrough)).toEqual(saidBy(asked));
  // The gateway tells the CSE which way its request went, and nothing else.
  const told = { ...direct.headers, "x-m2mgw-disposition": "relayed" };
  expect(seenIn(through)).toEqual(seenIn({ ...direct, headers: told }));
});

describe("whatever the device and the connection speak, the CSE gets its JSON and the device its own:", () => {
  const json = { "m2m:cnt": { rn: "c", mni: 10, lbl: ["\u00e4"] } };
  const xml = `<m2m:cnt ${XMLNS} rn="c"><lbl>\u00e4</lbl><mni>10</mni></m2m:cnt>`;
  const spoken = [
    ["json", Buffer.from(JSON.stringify(json)), (bytes: Buffer) => JSON.parse(bytes.toString())],
    ["cbor", cborOf(json), fromCbor],
    [
      "xml",
      Buffer.from(xml),
      (bytes: Buffer) => (/<mni>10<\/mni>/.test(bytes.toString()) ? json : bytes),
    ],
  ] as const;
  const table = ["oneM2M.json", "oneM2M.cbor", "oneM2M.xml"].flatMap((subprotocol) =>
    spoken.map(([device, body, read]) => ({ subprotocol, device, body, read })),
  );

  test.each(table)("$device over $subprotocol", async ({ subprotocol, device, body, read }) => {
    const { through } = await startChain(undefined, subprotocol);
    const type = `application/${device}`;
    const headers = { ...HEADERS, Accept: type, "Content-Type": `${type};ty=3` };
    const { asked, answer } = await through({
      method: "POST",
      target: "/cse-in/one",
      headers,
      body,
    });
    expect(JSON.parse(asked?.body ?? "")).toEqual(json);
    expect(asked?.headers["content-type"]).toBe("application/json;ty=3");
    expect(answer).toMatchObject({
      status: 201,
      rsc: 2001,
      headers: { "content-type": type },
    });
    expect(read(answer.bytes)).toEqual(json);
  });
});
