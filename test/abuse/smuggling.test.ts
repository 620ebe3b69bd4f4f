import { expect, test } from "vitest";
import { asked, type Front, inStep, ok, SGN, startFront } from "../gateway/front.ts";
import { RawHttp, type RawResponse } from "../helpers/raw-http.ts";
import { rawUpgrade } from "../helpers/raw-upgrade.ts";

const FIELDS = [
  "X-M2M-Origin: CApp",
  "X-M2M-RI: n1",
  "X-M2M-RVI: 3",
  "Content-Type: application/json",
];
const LENGTH = `Content-Length: ${SGN.length}`;
const SIZE = SGN.length.toString(16);
const CHUNKED = "Transfer-Encoding: chunked";
const IN_CHUNKS = `${SIZE}\r\n${SGN}\r\n0\r\n\r\n`;
/** What an attacker wants to be taken for a request of somebody else. */
const HIDDEN = ["GET /cse-in/hidden HTTP/1.1", "Host: x", "Connection: close"];

interface Shape {
  /** `POST <point> HTTP/1.1` unless given; `POINT` stands for the registree's point of access. */
  readonly start?: string;
  /** `Host: x` unless given. */
  readonly host?: readonly string[];
  readonly fields?: readonly string[];
  readonly body?: string;
}

/** Sends a request of this shape and another behind it, and gives what came back when the connection is closed. */
async function attack(front: Front, point: string, shape: Shape): Promise<readonly RawResponse[]> {
  const { start = "POST POINT HTTP/1.1", host = ["Host: x"], fields = [], body = "" } = shape;
  const peer = new RawHttp(front.gateway.http);
  peer.send([start.replace("POINT", point), ...host, ...FIELDS, ...fields], body);
  peer.send(HIDDEN);
  await peer.gone;
  return peer.responses;
}

/** Requests whose end two readers may see in two places (RFC 9112, 6.3 and 11.2). */
const AMBIGUOUS: readonly (readonly [string, Shape])[] = [
  ["both lengths", { fields: ["Content-Length: 5", CHUNKED], body: "0\r\n\r\n" }],
  ["both lengths, the other first", { fields: [CHUNKED, "Content-Length: 5"], body: "0\r\n\r\n" }],
  ["two lengths", { fields: [LENGTH, "Content-Length: 0"], body: SGN }],
  ["one length twice", { fields: [LENGTH, LENGTH], body: SGN }],
  ["a list of lengths", { fields: [`${LENGTH}, ${SGN.length}`], body: SGN }],
  ["a length with a sign", { fields: [`Content-Length: +${SGN.length}`], body: SGN }],
  ["a negative length", { fields: ["Content-Length: -1"], body: SGN }],
  ["a length in hexadecimal", { fields: ["Content-Length: 0x1b"], body: SGN }],
  ["a length beyond 64 bits", { fields: ["Content-Length: 18446744073709551643"], body: SGN }],
  ["an unknown coding", { fields: ["Transfer-Encoding: xchunked"], body: "0\r\n\r\n" }],
  ["chunks not last", { fields: ["Transfer-Encoding: chunked, identity"], body: "0\r\n\r\n" }],
  ["a blank before the colon", { fields: ["Transfer-Encoding : chunked"], body: IN_CHUNKS }],
  ["a folded line", { fields: [LENGTH, "X-A: b\r\n Transfer-Encoding: chunked"], body: SGN }],
  ["a folded originator", { fields: [LENGTH, "X-M2M-GID: a\r\n\tb"], body: SGN }],
  ["a line that ends with LF alone", { fields: [`X-A: b\n${LENGTH}`], body: SGN }],
  ["a line that ends with CR alone", { fields: [`X-A: b\r${LENGTH}`], body: SGN }],
  ["NUL in a value", { fields: [LENGTH, "X-A: \0"], body: SGN }],
  ["a field without a name", { fields: [LENGTH, ": x"], body: SGN }],
  ["a blank before the first field", { host: [" Host: x"], fields: [LENGTH], body: SGN }],
  ["a chunk's line with LF alone", { fields: [CHUNKED], body: `${SIZE}\n${SGN}\r\n0\r\n\r\n` }],
  ["an extension with LF", { fields: [CHUNKED], body: `${SIZE};a\n${SGN}\r\n0\r\n\r\n` }],
  ["an endless extension", { fields: [CHUNKED], body: `${SIZE};${"a".repeat(20_000)}` }],
  ["a negative chunk", { fields: [CHUNKED], body: `-1\r\n${SGN}\r\n0\r\n\r\n` }],
  ["a chunk beyond 64 bits", { fields: [CHUNKED], body: `10000000000000000\r\n${SGN}` }],
  ["a blank in the target", { start: "POST POINT x HTTP/1.1", fields: [LENGTH], body: SGN }],
  ["a tab in the target", { start: "POST POINT\tx HTTP/1.1", fields: [LENGTH], body: SGN }],
  ["a version of its own", { start: "POST POINT HTTP/1.2", fields: [LENGTH], body: SGN }],
  ["no version", { start: "POST POINT", fields: [LENGTH], body: SGN }],
  ["HTTP/2 by heart", { start: "PRI * HTTP/2.0" }],
];

test("a request whose end two readers may see in two places is refused, and so is all behind it", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  for (const [what, shape] of AMBIGUOUS) {
    const responses = await attack(front, point, shape);
    expect(responses, what).toMatchObject([{ status: 400 }]);
    expect(responses[0]?.lines, what).toContain("X-M2M-RSC: 4000");
  }
  await inStep(ae);
  expect(ae.frames).toHaveLength(1);
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
});

test.each<[string, Shape]>([
  ["chunk extensions", { fields: [CHUNKED], body: `${SIZE};a=b\r\n${SGN}\r\n0;c\r\n\r\n` }],
  ["a tab before the coding", { fields: ["Transfer-Encoding:\tchunked"], body: IN_CHUNKS }],
  [
    "absolute-form",
    { start: "POST http://evil.example:1POINT HTTP/1.1", fields: [LENGTH], body: SGN },
  ],
  [
    "user and password in it",
    { start: "POST http://a:b@cPOINT HTTP/1.1", fields: [LENGTH], body: SGN },
  ],
])(
  "a request with %s is read as every other reader reads it, and the one behind it is its own",
  async (_what, shape) => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    expect(await attack(front, point, shape)).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect(await ae.nextRequest()).toMatchObject({ op: 5, to: "CAE1", fr: "CApp" });
    expect(asked(front.cse)).toEqual(["POST /cse-in", "GET /cse-in/hidden"]);
  },
);

test("what stands in a trailer is no header field: it cannot replace the originator (RFC 9110, 6.5.1)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const body = `${SIZE}\r\n${SGN}\r\n0\r\nX-M2M-Origin: CEvil\r\n\r\n`;
  expect(await attack(front, point, { fields: [CHUNKED], body })).toHaveLength(2);
  expect(await ae.nextRequest()).toMatchObject({ fr: "CApp" });
});

test("a second Host is refused, whoever of the two a proxy goes by (RFC 9112, 3.2)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const twice = { host: ["Host: x", "hOST: evil.example"], fields: [LENGTH], body: SGN };
  const [refused] = await attack(front, point, twice);
  expect(refused).toMatchObject({ status: 400 });
  const [passing] = await attack(front, "/cse-in/x", twice);
  expect(passing).toMatchObject({ status: 400 });
  await inStep(ae);
  expect(ae.frames).toHaveLength(1);
  expect(asked(front.cse)).not.toContain("POST /cse-in/x");
});

test("no Host is refused (RFC 9112, 3.2)", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  const [refused] = await attack(front, point, { host: [], fields: [LENGTH], body: SGN });
  expect(refused).toMatchObject({ status: 400 });
});

test.each(["POST * HTTP/1.1", "OPTIONS * HTTP/1.1"])(
  "%s names no resource: it is refused, and does not go to the CSE without a path",
  async (start) => {
    const front = await startFront();
    const [refused] = await attack(front, "", { start, fields: ["Content-Length: 0"] });
    expect(refused).toMatchObject({ status: 400 });
    expect(asked(front.cse)).toEqual(["GET /cse-in/hidden"]);
  },
);

test("a tunnel is not opened to anywhere (CONNECT)", async () => {
  const front = await startFront();
  const peer = new RawHttp(front.gateway.http);
  peer.send(["CONNECT 127.0.0.1:80 HTTP/1.1", "Host: 127.0.0.1:80"]);
  peer.send(HIDDEN);
  await peer.gone;
  expect(peer.responses).toEqual([]);
  expect(front.cse.requests).toEqual([]);
});

test.each(["", "Content-Length: 40"])(
  "a request hidden in the body of one that is refused unread is never taken for a request (%s)",
  async (length) => {
    const front = await startFront();
    const { point } = await front.ae("CAE1", { answer: ok });
    const hidden = `${HIDDEN.join("\r\n")}\r\n\r\n`;
    const fields = [
      length === "" ? `Content-Length: ${hidden.length}` : "Content-Length: 9000000",
      "Accept: text/html",
    ];
    const peer = new RawHttp(front.gateway.http);
    peer.send([`POST ${point} HTTP/1.1`, "Host: x", ...FIELDS, ...fields], hidden);
    const [refused] = await peer.answered();
    expect(refused).toMatchObject({ status: 406 });
    peer.socket.end();
    await peer.gone;
    expect(asked(front.cse)).toEqual(["POST /cse-in"]);
  },
);

test("Connection cannot take away what the gateway goes by, nor Content-Length from what passes (RFC 9110, 7.6.1)", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const fields = ["Connection: content-length, x-m2m-origin, x-m2m-ri", LENGTH];
  expect(await attack(front, point, { fields, body: SGN })).toHaveLength(2);
  expect(await ae.nextRequest()).toMatchObject({ fr: "CApp", rqi: "n1" });
  await attack(front, "/cse-in/c", { fields, body: SGN });
  const passed = front.cse.requests.find(({ target }) => target === "/cse-in/c");
  expect(passed?.body).toBe(SGN);
  expect(asked(front.cse).filter((line) => line.includes("hidden"))).toHaveLength(2);
});

/** As many as node reads without being told otherwise: more than that must not look like just as many. */
const MANY_FIELDS = { "limits.headerFields": "1000" };

test("header fields behind a thousand others are read all the same: nobody hides the proxy that speaks for him", async () => {
  const front = await startFront(MANY_FIELDS);
  const { ae } = await front.ae("CAE1", { answer: ok });
  const others = Array.from({ length: 1_100 }, () => "a");
  const { peer, status } = await rawUpgrade(front.gateway.ws, {
    headers: { "X-M2M-Origin": "CAE1", a: others, "X-Forwarded-For": "203.0.113.7" },
  });
  if (status === 101) {
    // Not trusted, so neither the handshake nor a request of it takes the identity over.
    const claim = { op: 2, to: "cse-in", fr: "CAE1", rqi: "1" };
    expect(await peer.request(claim)).toMatchObject({ rsc: 4106 });
  } else {
    expect(status).toBe(431);
  }
  expect(await ae.request({ op: 2, to: "cse-in", fr: "CAE1" })).toMatchObject({ rsc: 2000 });
  expect(ae.socket.readyState).toBe(ae.socket.OPEN);
});

test("over HTTP a header field behind a thousand others counts too: a second originator is noticed", async () => {
  const front = await startFront(MANY_FIELDS);
  const { ae, point } = await front.ae("CAE1", { answer: ok });
  const others = Array.from({ length: 1_100 }, () => "a: b");
  const fields = [LENGTH, ...others, "X-M2M-Origin: CEvil"];
  const [refused] = await attack(front, point, { fields, body: SGN });
  expect([400, 431]).toContain(refused?.status);
  await inStep(ae);
  expect(ae.frames).toHaveLength(1);
});

test.each([
  ["one field of 70 kB", [`X-A: ${"a".repeat(70_000)}`], "POST POINT HTTP/1.1"],
  ["9,000 short fields", Array.from({ length: 9_000 }, () => "a: b"), "POST POINT HTTP/1.1"],
  ["a target of 70 kB", [], `POST POINT${"a".repeat(70_000)} HTTP/1.1`],
  ["a method of 70 kB", [], `${"P".repeat(70_000)} POINT HTTP/1.1`],
])(
  "a head with %s is refused before it takes memory (RFC 9110, 15.5)",
  async (_what, fields, start) => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    const responses = await attack(front, point, { start, fields: [...fields, LENGTH], body: SGN });
    expect(responses).toHaveLength(1);
    expect([400, 431]).toContain(responses[0]?.status);
    await inStep(ae);
    expect(ae.frames).toHaveLength(1);
  },
);
