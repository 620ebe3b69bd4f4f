import { describe, expect, test } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { formatTimestamp } from "../../src/primitive/timestamps.ts";
import { CBOR } from "../helpers/coders.ts";
import { type CseAnswer, type FakeCse, startCse } from "../helpers/fake-cse.ts";
import { startRegistrar } from "../helpers/fake-registrar.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";
import { type Diagnosis, examined } from "./doctor-in.ts";

const BASE = { "m2m:cb": { ty: 5, csi: "/id-in", rn: "cse-in" } };
const SGN = { "m2m:sgn": { sur: "cse-in/sub" } };
const GOOD: CseAnswer = { rsc: 2000, body: BASE };

const answering = (answer: CseAnswer): Promise<FakeCse> => startCse(() => answer);

/** As a front of it. */
const asked = (
  cse: FakeCse,
  settings: Readonly<Record<string, string>> = {},
  terminal = new TestTerminal(),
): Promise<Diagnosis> =>
  examined({ "cse.url": cse.url, "cse.originator": "CGateway", ...settings }, { terminal });

describe("a Retrieve of the CSEBase (S3)", () => {
  test("is asked by cse.originator and nothing else is: a good answer is all well", async () => {
    const cse = await answering(GOOD);
    const { code, about, troubles } = await asked(cse);
    expect([code, troubles]).toEqual([EXIT.OK, []]);
    expect(about("CSE")[0]?.text).toMatch(/^it answers \(\d+ ms\), and is \/id-in, cse-in$/);
    expect(cse.requests).toEqual([
      expect.objectContaining({
        method: "GET",
        target: "/~/id-in/cse-in",
        headers: expect.objectContaining({ "x-m2m-origin": "CGateway", "x-m2m-rvi": "3" }),
      }),
    ]);
  });

  test.each([{}, { rsc: 4106 }])(
    "that is answered with 401 and %j is told that a certificate may help, and nothing else",
    async (more) => {
      const cse = await answering({ status: 401, headers: { Server: "gate" }, ...more });
      const { code, about } = await asked(cse);
      expect(code).toBe(EXIT.FATAL);
      expect(about("CSE")).toEqual([
        {
          severity: "fault",
          about: "CSE",
          text: expect.stringMatching(
            /^credentials are wanted, .*: HTTP status 401.*, Server gate$/,
          ),
          change: expect.stringContaining("with https:// in cse.url, and a certificate"),
        },
      ]);
    },
  );

  test("that something before the CSE answers with 403 may lack a certificate", async () => {
    const { about } = await asked(await answering({ status: 403 }));
    expect(about("CSE")[0]?.text).toMatch(/^it is not the CSE that answers: HTTP status 403/);
    expect(about("CSE")[0]?.change).toContain("cse.tls.certificate and cse.tls.key");
  });

  test("without cse.originator is left out, which is said", async () => {
    const cse = await answering(GOOD);
    const { code, about } = await examined({ "cse.url": cse.url });
    expect(code).toBe(EXIT.OK);
    expect(about("CSE")).toEqual([
      expect.objectContaining({
        severity: "note",
        text: expect.stringContaining("was not asked"),
        change: expect.stringContaining("cse.originator"),
      }),
    ]);
    expect(cse.requests).toEqual([]);
  });

  test("over WebSocket goes as the gateway's own requests do, in the subprotocol that was chosen", async () => {
    for (const options of [{}, { ...CBOR, choose: () => "oneM2M.cbor" }]) {
      const registrar = await startRegistrar({
        ...options,
        answer: () => ({ rsc: 2000, rvi: "3", pc: BASE }),
      });
      const { code, about, troubles } = await examined({
        "cse.url": registrar.url,
        "cse.originator": "CGateway",
        "cse.subprotocols": "oneM2M.json,oneM2M.cbor",
      });
      expect([code, troubles]).toEqual([EXIT.OK, ["note clock"]]);
      expect(about("CSE")[0]?.text).toContain("and is /id-in, cse-in");
      const [, one] = registrar.dialled;
      expect(await one?.peer.nextRequest()).toMatchObject({
        op: 2,
        to: "/id-in/cse-in",
        fr: "CGateway",
        rvi: "3",
      });
      await Promise.all(registrar.dialled.map(({ peer }) => peer.closed));
    }
  });

  test("a request that comes down meanwhile is left to whoever sent it", async () => {
    const registrar = await startRegistrar({
      answer: (_, { peer }) => {
        peer.send({ op: 5, rqi: "n1", to: "CGateway", fr: "/id-in", rvi: "3", pc: SGN });
        return { rsc: 2000, rvi: "3", pc: BASE };
      },
    });
    const settings = { "cse.url": registrar.url, "cse.originator": "CGateway" };
    expect((await examined({ ...settings, "shutdown.drain": "0s" })).code).toBe(EXIT.OK);
    await Promise.all(registrar.dialled.map(({ peer }) => peer.closed));
    const frames = registrar.dialled.flatMap(({ peer }) => peer.frames);
    expect(frames.map(({ text }) => JSON.parse(text))).toEqual([
      expect.objectContaining({ op: 2 }),
    ]);
  });

  test.each([
    [4103, "note", "may not retrieve /id-in/cse-in (4103)", "privilege"],
    [4106, "note", "does not take this for CGateway (4106)", "register CGateway"],
    [4107, "fault", "over a secured connection only (4107)", "cse.url"],
    [4004, "fault", "has no /id-in/cse-in (4004)", "cse.id and cse.name"],
    [5000, "fault", "with 5000", "cse.originator"],
  ])(
    "a refusal with %i still proves that the CSE answers: %s",
    async (rsc, severity, text, change) => {
      const { code, about } = await asked(await answering({ rsc }));
      expect(code).toBe(severity === "fault" ? EXIT.FATAL : EXIT.OK);
      expect(about("CSE")).toEqual([
        {
          severity,
          about: "CSE",
          text: expect.stringMatching(/^it answers/),
          change: expect.stringContaining(change),
        },
      ]);
      expect(about("CSE")[0]?.text).toContain(text);
    },
  );

  test("an answer that does not say its names is a note", async () => {
    const { code, about } = await asked(await answering({ rsc: 2000, body: { "m2m:cb": {} } }));
    expect(code).toBe(EXIT.OK);
    expect(about("CSE")[0]).toMatchObject({
      severity: "note",
      text: expect.stringContaining("without saying its names"),
    });
  });

  test.each([
    [{ csi: "/id-other", rn: "cse-in" }, ["set cse.id to /id-other, or cse.url to that of /id-in"]],
    [{ csi: "/id-in", rn: "base" }, ["set cse.name to base"]],
    [
      { csi: "other", rn: "base" },
      ["set cse.id to /other, or cse.url to that of /id-in", "set cse.name to base"],
    ],
    [{ csi: "id-in", rn: "cse-in" }, []],
    [{ csi: "//sp.example/id-in", rn: "cse-in" }, []],
  ])("names that are not those configured are faults: %j", async (names, changes) => {
    const cse = await answering({ rsc: 2000, body: { "m2m:cb": names } });
    const { about } = await asked(cse, { "cse.spId": "sp.example" });
    const faults = about("CSE").filter(({ severity }) => severity === "fault");
    expect(faults.map(({ change }) => change)).toEqual(changes);
  });

  test("where the CSE knows no such address, it is asked by the name that every CSEBase has", async () => {
    const cse = await startCse(({ target }) =>
      target === "/-"
        ? { rsc: 2000, body: { "m2m:cb": { csi: "/id-x", rn: "x" } } }
        : { rsc: 4004 },
    );
    const { code, about } = await asked(cse);
    expect(code).toBe(EXIT.FATAL);
    expect(about("CSE").map(({ text }) => text)).toEqual([
      "the CSE that answers is /id-x, not /id-in",
      "the CSEBase of the CSE that answers is called x, not cse-in",
    ]);
  });
});

describe("what is no CSE", () => {
  const html = { headers: { "Content-Type": "text/html", Server: "nginx/1.22" }, body: "<html>" };

  test("a page instead of an answer is a fault that says so", async () => {
    const { code, about } = await asked(await answering({ status: 200, ...html }));
    expect(code).toBe(EXIT.FATAL);
    expect(about("CSE")).toEqual([
      {
        severity: "fault",
        about: "CSE",
        text: "what answers is no oneM2M CSE: HTTP status 200 without X-M2M-RSC, Content-Type text/html, Server nginx/1.22",
        change: expect.stringContaining("cse.url"),
      },
    ]);
  });

  test("a server before the CSE that does not reach it is told apart from the CSE", async () => {
    const { about } = await asked(await answering({ status: 502, ...html }));
    expect(about("CSE")[0]?.text).toBe(
      "it is not the CSE that answers: HTTP status 502 without X-M2M-RSC, Content-Type text/html, Server nginx/1.22",
    );
  });

  test("no answer in time is a fault", async () => {
    const clock = new ManualClock();
    const pass = (): undefined => void clock.advance(10_000);
    const silent = await startCse(pass);
    const registrar = await startRegistrar({ answer: pass });
    for (const url of [silent.url, registrar.url]) {
      const settings = { "cse.url": url, "cse.originator": "CGateway", "cse.timeout": "10s" };
      const { code, about } = await examined(
        { ...settings, "shutdown.drain": "0s" },
        { terminal: new TestTerminal(clock) },
      );
      expect(code).toBe(EXIT.FATAL);
      expect(about("CSE")).toEqual([
        expect.objectContaining({
          text: "no answer to a Retrieve within 10s",
          change: expect.stringContaining("cse.timeout"),
        }),
      ]);
    }
  });

  test("a connection that is closed instead of an answer is a fault", async () => {
    const cse = await startCse((_, response) => void response.socket?.destroy());
    const registrar = await startRegistrar({
      answer: (_, { peer }) => void peer.socket.terminate(),
    });
    for (const url of [cse.url, registrar.url]) {
      const { about } = await examined({ "cse.url": url, "cse.originator": "CGateway" });
      expect(about("CSE")[0]).toMatchObject({
        severity: "fault",
        text: expect.stringContaining("closed before the answer to a Retrieve came"),
      });
    }
  });
});

describe("the clocks", () => {
  // No time passes between an answer and a look at the clock.
  const clock = new ManualClock();
  const at = (seconds: number): Date => new Date(clock.now() + seconds * 1_000);
  const dated = (date: Date): CseAnswer => ({ ...GOOD, headers: { Date: date.toUTCString() } });
  const stamped = (date: Date, ot: Date): CseAnswer => ({
    ...GOOD,
    headers: { Date: date.toUTCString(), "X-M2M-OT": formatTimestamp(epochMs(ot.getTime())) },
  });

  test.each([
    ["close together", () => dated(at(0)), "ok", "the clocks are less than 2 s apart, by the Date"],
    [
      "4 s apart",
      () => stamped(at(0), at(4)),
      "ok",
      "less than 5 s apart, by the Originating Timestamp",
    ],
    ["far ahead", () => dated(at(3_600)), "note", /^the CSE's clock is 3600 s ahead.*by the Date/],
    [
      "far behind",
      () => stamped(at(0), at(-60)),
      "note",
      /60 s behind this one, by the Originating Timestamp.*4008/,
    ],
  ] as const)("%s", async (_, answer, severity, text) => {
    const cse = await startCse(() => answer());
    const { code, about } = await asked(cse, {}, new TestTerminal(clock));
    expect(code).toBe(EXIT.OK);
    expect(about("clock")).toEqual([
      expect.objectContaining({
        severity,
        text:
          typeof text === "string" ? expect.stringContaining(text) : expect.stringMatching(text),
      }),
    ]);
  });

  test("over WebSocket the Originating Timestamp of the answer tells it", async () => {
    const registrar = await startRegistrar({
      answer: () => ({
        rsc: 2000,
        rvi: "3",
        ot: formatTimestamp(epochMs(at(30).getTime())),
        pc: BASE,
      }),
    });
    const settings = { "cse.url": registrar.url, "cse.originator": "CGateway" };
    const terminal = new TestTerminal(clock);
    expect((await examined(settings, { terminal })).about("clock")[0]).toMatchObject({
      severity: "note",
      text: expect.stringContaining("30 s ahead of this one, by the Originating Timestamp"),
    });
  });
});
