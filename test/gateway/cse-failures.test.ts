import { createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { defaultScript } from "../helpers/fake-cse.ts";
import type { Message, Registree } from "../helpers/fake-registree.ts";
import type { HttpAnswer, HttpCall } from "../helpers/http-client.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { expectSentence } from "./error-sentence.ts";
import { type Front, gate, inStep, startFront } from "./front.ts";

/** What a CSE does with a connection on which a request has come in whole. */
type Misbehaviour = (socket: Socket, request: string) => void;

interface RawCse {
  readonly url: string;
  /** Every request that came, head and body. */
  readonly requests: readonly string[];
  behave(next: Misbehaviour): void;
}

/** A CSE of raw bytes, which registers an AE and then does what it is told. */
async function startRawCse(atOnce?: (socket: Socket) => void): Promise<RawCse> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let behave: Misbehaviour = () => {};
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString();
      for (;;) {
        const end = text.indexOf("\r\n\r\n") + 4;
        if (end < 4) return;
        const length = Number(/content-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
        if (text.length < end + length) return;
        const request = text.slice(0, end + length);
        text = text.slice(end + length);
        if (/;ty=2\r/.test(request)) {
          const body = '{"m2m:ae":{"aei":"CAE1","ri":"CAE1"}}';
          socket.write(answer({ rsc: 2001, request, body }));
          continue;
        }
        requests.push(request);
        if (atOnce === undefined) behave(socket, request);
        else atOnce(socket);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    behave: (next) => {
      behave = next;
    },
  };
}

interface RawAnswer {
  readonly status?: string;
  readonly rsc?: number;
  readonly request?: string;
  readonly rqi?: string;
  readonly type?: string;
  readonly body?: string | Buffer;
  readonly headers?: readonly string[];
}

/** An HTTP response in bytes; X-M2M-RI is that of `request` unless `rqi` says otherwise. */
function answer(parts: RawAnswer): Buffer {
  const {
    status = "200 OK",
    rsc,
    request,
    type = "application/json",
    body = "",
    headers = [],
  } = parts;
  const rqi = parts.rqi ?? /x-m2m-ri: *(.*)\r/i.exec(request ?? "")?.[1];
  const lines = [
    `HTTP/1.1 ${status}`,
    ...(rsc === undefined ? [] : [`X-M2M-RSC: ${rsc}`]),
    ...(rqi === undefined ? [] : [`X-M2M-RI: ${rqi}`]),
    ...(body.length === 0 ? [] : [`Content-Type: ${type}`]),
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), Buffer.from(body)]);
}

const RETRIEVE: Message = { op: 2, to: "cse-in/x", fr: "CAE1" };
const CREATE: Message = { op: 1, to: "CAE1", fr: "CAE1", ty: 3, pc: { "m2m:cnt": {} } };
const GOOD: Misbehaviour = (socket, request) =>
  void socket.write(answer({ rsc: 2000, request, body: '{"m2m:cb":{}}' }));

/** A registree of a CSE of raw bytes; time stands still, so that what waits for a deadline never comes. */
async function startFailing(settings: Readonly<Record<string, string>> = {}): Promise<{
  readonly cse: RawCse;
  readonly ae: Registree;
  readonly clock: ManualClock;
  readonly front: Awaited<ReturnType<typeof startFront>>;
}> {
  const clock = new ManualClock();
  const cse = await startRawCse();
  const front = await startFront(
    { "cse.url": cse.url, "ws.pingAfter": "1h", ...settings },
    { clock },
  );
  const ae = await front.connect();
  expect(await ae.register("CAE1")).toMatchObject({ rsc: 2001 });
  return { cse, ae, clock, front };
}

const CLOSES = { Connection: "close" };
const NOT_SENT = [5103];
const MAYBE_EXECUTED = [4008];
const EITHER = [4008, 5103];
const HTML = "<!doctype html><html><body>Sorry</body></html>";

const FAILURES: readonly [string, Misbehaviour, readonly number[]][] = [
  ["resets the connection after the request", (socket) => socket.resetAndDestroy(), MAYBE_EXECUTED],
  ["closes the connection without an answer", (socket) => socket.end(), MAYBE_EXECUTED],
  [
    "breaks off in its header",
    (socket) => socket.end("HTTP/1.1 200 OK\r\nX-M2M-RSC: 20"),
    MAYBE_EXECUTED,
  ],
  [
    "breaks off in its body",
    (socket, request) =>
      socket.end(answer({ rsc: 2000, request, body: '{"m2m:cb":{"ri":"long"}}' }).subarray(0, -5)),
    MAYBE_EXECUTED,
  ],
  ["does not speak HTTP", (socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"), EITHER],
  ["sends bytes at random", (socket) => socket.write(Buffer.alloc(64, 0xff)), EITHER],
  [
    "answers 502 with an HTML page",
    (socket) => socket.write(answer({ status: "502 Bad Gateway", type: "text/html", body: HTML })),
    NOT_SENT,
  ],
  [
    "answers 503 with an HTML page",
    (socket) => socket.write(answer({ status: "503 Busy", type: "text/html", body: HTML })),
    NOT_SENT,
  ],
  [
    "answers 504 with an HTML page",
    (socket) => socket.write(answer({ status: "504 Late", type: "text/html", body: HTML })),
    MAYBE_EXECUTED,
  ],
  [
    "answers 200 with an HTML page",
    (socket) => socket.write(answer({ type: "text/html", body: HTML })),
    EITHER,
  ],
  [
    "answers 302 to somewhere else",
    (socket) =>
      socket.write(answer({ status: "302 Found", headers: ["Location: http://127.0.0.1:1/"] })),
    NOT_SENT,
  ],
  [
    "answers broken JSON with an RSC",
    (socket, request) => socket.write(answer({ rsc: 2000, request, body: '{"m2m:cb":{' })),
    EITHER,
  ],
  [
    "answers JSON with a member twice",
    (socket, request) =>
      socket.write(answer({ rsc: 2000, request, body: '{"m2m:cb":{"a":1,"a":2}}' })),
    EITHER,
  ],
  [
    "answers bytes that are not UTF-8",
    (socket, request) =>
      socket.write(
        answer({ rsc: 2000, request, body: Buffer.from('{"m2m:cb":"\xff"}', "latin1") }),
      ),
    EITHER,
  ],
  [
    "answers to another request",
    (socket) => socket.write(answer({ rsc: 2000, rqi: "other", body: '{"m2m:cb":{}}' })),
    EITHER,
  ],
  [
    "answers a body larger than the limit",
    (socket, request) =>
      socket.write(answer({ rsc: 2000, request, body: `{"m2m:cb":"${"x".repeat(2000)}"}` })),
    EITHER,
  ],
];

describe("a registree is answered promptly when the CSE", () => {
  test.each(FAILURES)("%s", async (_what, misbehave, codes) => {
    const { cse, ae } = await startFailing({ "http.maxBody": "1KiB" });
    for (const message of [CREATE, RETRIEVE]) {
      cse.behave(misbehave);
      const response = await ae.request(message);
      expect(codes).toContain(response.rsc);
      // Whoever answers in the CSE's place: a response has one (TS-0004, 6.4.2).
      expect(response["rvi"]).toBe("3");
      expect(JSON.stringify(response.pc ?? "")).not.toMatch(/<html|Sorry|127\.0\.0\.1/);
      cse.behave(GOOD);
      expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
    }
  });

  test("refuses connections (EX-16)", async () => {
    const { front, ae } = await (async () => {
      const front = await startFront({}, { clock: new ManualClock() });
      // One that it keeps might be taken before its end is noticed, and then nobody knows what became of the request.
      front.cse.answer((request) => ({ ...defaultScript(request), headers: CLOSES }));
      return { front, ...(await front.ae("CAE1")) };
    })();
    await front.cse.stop();
    for (const message of [CREATE, RETRIEVE]) {
      expect(await ae.request(message)).toMatchObject({ rsc: 5103, rqi: expect.any(String) });
    }
  });
});

test("a Create whose connection broke is never sent twice (5.3)", async () => {
  const { cse, ae } = await startFailing();
  cse.behave((socket) => socket.resetAndDestroy());
  expect(await ae.request(CREATE)).toMatchObject({ rsc: 4008 });
  expect(cse.requests).toHaveLength(1);
});

test("a CSE that is slow beyond the deadline is 4008, and its late answer goes to nobody", async () => {
  const { cse, ae, clock } = await startFailing();
  const reached = gate();
  let late = (): void => {};
  cse.behave((socket, request) => {
    late = () => void socket.write(answer({ rsc: 2000, request, body: '{"m2m:cb":{"late":1}}' }));
    reached.open();
  });
  const response = ae.request(RETRIEVE);
  await reached.opened;
  clock.advance(20_000);
  expect(await response).toMatchObject({ rsc: 4008 });
  late();
  cse.behave(GOOD);
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000, pc: { "m2m:cb": {} } });
  await inStep(ae);
  expect(ae.frames).toHaveLength(3);
});

test("a CSE that stalls in the middle of its answer is 4008 at the deadline", async () => {
  const { cse, ae, clock } = await startFailing();
  const begun = gate();
  cse.behave((socket, request) => {
    socket.write(answer({ rsc: 2000, request, body: '{"m2m:cb":{}}' }).subarray(0, -3), begun.open);
  });
  const response = ae.request(RETRIEVE);
  await begun.opened;
  clock.advance(20_000);
  expect(await response).toMatchObject({ rsc: 4008 });
});

test("a CSE that closes after each response serves one request after another", async () => {
  const { cse, ae } = await startFailing();
  cse.behave((socket, request) => {
    socket.end(
      answer({ rsc: 2000, request, body: '{"m2m:cb":{}}', headers: ["Connection: close"] }),
    );
  });
  for (const message of [RETRIEVE, CREATE, RETRIEVE, CREATE, RETRIEVE, CREATE]) {
    expect(await ae.request(message)).toMatchObject({ rsc: 2000 });
  }
});

test("a CSE that closes after each response without saying so loses no Retrieve", async () => {
  const { cse, ae } = await startFailing();
  cse.behave((socket, request) => {
    socket.end(answer({ rsc: 2000, request, body: '{"m2m:cb":{}}' }));
  });
  for (let turn = 0; turn < 20; turn += 1) {
    expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000 });
  }
});

test("two stray bytes after the body, as tinyIoT sends them, disturb nothing", async () => {
  const { cse, ae } = await startFailing();
  cse.behave((socket, request) => {
    const bytes = answer({
      rsc: 2000,
      request,
      type: "application/json; charset=utf-8",
      body: '{"m2m:cb":{}}',
      headers: ["Connection: Close"],
    });
    socket.end(Buffer.concat([bytes, Buffer.from("\r\n")]));
  });
  for (let turn = 0; turn < 3; turn += 1) {
    expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 2000, pc: { "m2m:cb": {} } });
  }
});

test("without X-M2M-RSC the HTTP status decides (http-binding, 6.2)", async () => {
  const { cse, ae } = await startFailing();
  const rows = [
    ["200 OK", RETRIEVE, 2000],
    ["201 Created", CREATE, 2001],
    ["204 No Content", { ...CREATE, op: 3, ty: undefined } as unknown as Message, 2004],
    ["400 Bad Request", RETRIEVE, 4000],
    ["401 Unauthorized", RETRIEVE, 5105],
    ["403 Forbidden", RETRIEVE, 4103],
    ["404 Not Found", RETRIEVE, 4004],
    ["405 Not Allowed", RETRIEVE, 4005],
    ["408 Timeout", RETRIEVE, 4008],
    ["409 Conflict", CREATE, 4105],
    ["429 Slow down", RETRIEVE, 5103],
    ["500 Oops", RETRIEVE, 5000],
    ["501 Not Implemented", RETRIEVE, 5001],
    ["502 Bad Gateway", RETRIEVE, 5103],
    ["503 Busy", RETRIEVE, 5103],
    ["504 Late", RETRIEVE, 4008],
  ] as const;
  for (const [status, message, rsc] of rows) {
    cse.behave((socket, request) => void socket.write(answer({ status, request })));
    expect(await ae.request(message), status).toMatchObject({ rsc });
  }
});

test("X-M2M-RSC wins over an HTTP status that contradicts it (http-binding, 6.1)", async () => {
  const { cse, ae } = await startFailing();
  cse.behave(
    (socket, request) => void socket.write(answer({ status: "200 OK", rsc: 5107, request })),
  );
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 5107 });
});

test("past cse.maxInFlight a request is refused with 5103 at once, and the others are served", async () => {
  const { cse, ae } = await startFailing({ "cse.maxInFlight": "2" });
  const full = gate();
  const release: (() => void)[] = [];
  cse.behave((socket, request) => {
    release.push(() => GOOD(socket, request));
    if (release.length === 2) full.open();
  });
  const served = [ae.request(RETRIEVE), ae.request(RETRIEVE)];
  await full.opened;
  expect(await ae.request(RETRIEVE)).toMatchObject({ rsc: 5103 });
  for (const go of release) go();
  for (const response of await Promise.all(served)) expect(response).toMatchObject({ rsc: 2000 });
});

/** What comes of a request that has reached the CSE and is not answered there, when time has passed. */
async function unanswered(front: Front, call: HttpCall, pass: () => void): Promise<HttpAnswer> {
  const reached = gate();
  front.cse.answer(() => void reached.open());
  const answer = front.http(call);
  await reached.opened;
  pass();
  return await answer;
}

describe("what passes through is answered in oneM2M's terms when the CSE", () => {
  const headers = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };
  const ASKED = { target: "/cse-in/x", headers };

  test.each([
    [
      "resets the connection",
      ((socket) => socket.resetAndDestroy()) as Misbehaviour,
      [504],
      [4008],
    ],
    ["closes without an answer", ((socket) => socket.end()) as Misbehaviour, [504], [4008]],
    [
      "does not speak HTTP",
      ((socket) => socket.end("SSH-2.0-x\r\n")) as Misbehaviour,
      [404, 504],
      EITHER,
    ],
  ])("%s", async (_what, misbehave, statuses, codes) => {
    const { cse, front } = await startFailing();
    cse.behave(misbehave);
    const failed = await front.http(ASKED);
    expect(statuses).toContain(failed.status);
    expect(codes).toContain(failed.rsc);
    expect(failed.headers["x-m2m-ri"]).toBe("h1");
    expectSentence(failed.body);
    cse.behave(GOOD);
    expect(await front.http(ASKED)).toMatchObject({ status: 200, rsc: 2000 });
  });

  test("refuses connections", async () => {
    const front = await startFront();
    await front.cse.stop();
    const failed = await front.http(ASKED);
    expect(failed).toMatchObject({ status: 404, rsc: 5103, headers: { "x-m2m-ri": "h1" } });
    expectSentence(failed.body);
  });

  test("does not answer within cse.timeout", async () => {
    const clock = new ManualClock();
    const front = await startFront({ "cse.timeout": "5s" }, { clock });
    const failed = await unanswered(front, ASKED, () => clock.advance(5_000));
    expect(failed).toMatchObject({ status: 504, rsc: 4008 });
    expectSentence(failed.body);
  });

  test("does not answer within X-M2M-RET", async () => {
    const clock = new ManualClock();
    const front = await startFront({}, { clock });
    const timed = { ...ASKED, headers: { ...headers, "X-M2M-RET": "2000" } };
    const failed = await unanswered(front, timed, () => clock.advance(2_000));
    expect(failed).toMatchObject({ status: 504, rsc: 4008 });
    expectSentence(failed.body);
  });
});
