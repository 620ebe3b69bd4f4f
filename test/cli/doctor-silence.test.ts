import { describe, expect, test } from "vitest";
import { millis } from "../../src/base/clock.ts";
import { silencesUpTo } from "../../src/cli/doctor/silence.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { startCse } from "../helpers/fake-cse.ts";
import { type RegistrarOptions, startRegistrar } from "../helpers/fake-registrar.ts";
import type { Registree } from "../helpers/fake-registree.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";
import { type Diagnosis, examined } from "./doctor-in.ts";

const SECOND = 1_000;

/** Connections that are silent for 15, 30, 45 and 60 s. */
interface Measuring {
  readonly terminal: TestTerminal;
  /** The registrar's ends of those that are left, in that order. */
  readonly ends: readonly Registree[];
  readonly origins: readonly unknown[];
  /** Lets so much time pass, does that, and waits until no more than `left` connections are waited for. */
  pass(seconds: number, left: number, then?: (end: Registree) => void): Promise<void>;
  readonly over: Promise<Diagnosis>;
}

async function measuring(
  settings: Readonly<Record<string, string>> = {},
  options: RegistrarOptions = {},
): Promise<Measuring> {
  const clock = new ManualClock();
  const terminal = new TestTerminal(clock);
  const registrar = await startRegistrar(options);
  const over = examined(
    { "cse.url": registrar.url, "cse.originator": "CGateway", ...settings },
    { terminal, options: ["--silence", "60s"] },
  );
  await terminal.line(/silent now/);
  // The first two were for the handshake and the Retrieve.
  const silent = registrar.dialled.slice(2);
  const ends = silent.map(({ peer }) => peer);
  const until = async (left: number): Promise<void> => {
    while (clock.waiting > left) await new Promise((again) => setImmediate(again));
  };
  await until(ends.length);
  return {
    terminal,
    ends,
    origins: silent.map(({ handshake }) => handshake.headers["x-m2m-origin"]),
    pass: async (seconds, left, then = () => {}) => {
      clock.advance(seconds * SECOND);
      for (const end of ends) if (end.socket.readyState === end.socket.OPEN) then(end);
      await until(left);
    },
    over,
  };
}

const textsOf = (diagnosis: Diagnosis): readonly string[] =>
  diagnosis
    .about("silence")
    .slice(1)
    .map(({ severity, text }) => `${severity}: ${text}`);

const cut = ({ socket }: Registree): void => socket.terminate();

test("silences are those at which networks are known to cut, up to the longest that is asked for", () => {
  expect(silencesUpTo(millis(600_000)).map((silence) => silence / SECOND)).toEqual([
    15, 30, 45, 60, 90, 120, 180, 300, 600,
  ]);
  expect(silencesUpTo(millis(5_000))).toEqual([5_000]);
});

describe("connections that are left silent", () => {
  test("are all there at the end where nothing cuts them, and none has named an originator", async () => {
    const { origins, over, pass, terminal } = await measuring();
    expect(terminal.printed.at(-1)).toContain(
      "4 connections are silent now, for 15s, 30s, 45s, 1m",
    );
    expect(origins).toEqual([undefined, undefined, undefined, undefined]);
    for (const left of [3, 2, 1, 0]) await pass(15, left);
    const diagnosis = await over;
    expect(diagnosis.code).toBe(EXIT.OK);
    expect(textsOf(diagnosis)).toEqual([
      "ok: 1m of silence were survived, and no connection was cut: ws.pingAfter, 25s, is short enough",
    ]);
  });

  test.each([
    ["25s", "ok", "25s, is short enough", undefined],
    ["50s", "fault", "50s, is too long", "set ws.pingAfter to 20s"],
  ])(
    "and closed without a word after 40 s: a ws.pingAfter of %s is %s",
    async (pingAfter, severity, text, change) => {
      const { over, pass } = await measuring({ "ws.pingAfter": pingAfter });
      await pass(15, 3);
      await pass(15, 2);
      await pass(10, 0, cut);
      const diagnosis = await over;
      expect(diagnosis.code).toBe(severity === "ok" ? EXIT.OK : EXIT.FATAL);
      expect(diagnosis.about("silence").at(-1)).toEqual({
        severity,
        about: "silence",
        text: `this path cuts connections after 40s of silence (closed), and 30s were survived: ws.pingAfter, ${text}`,
        ...(change === undefined ? {} : { change }),
      });
    },
  );

  test("and forgotten on the way without a word are known by the pong that does not come within 10 s", async () => {
    const { ends, over, pass } = await measuring({}, { autoPong: false });
    const [first] = ends;
    first?.socket.on("ping", () => first.socket.pong());
    await pass(15, 3);
    await pass(15, 3);
    await pass(9, 3);
    await pass(1, 2);
    await pass(30, 0);
    await pass(0, 0);
    expect(textsOf(await over)).toEqual([
      "fault: this path cuts connections after 30s of silence (no answer came any more), and 15s were survived: ws.pingAfter, 25s, is too long",
    ]);
  });

  test("and survive nothing still say what to try", async () => {
    const { over, pass } = await measuring();
    await pass(9, 0, cut);
    expect((await over).about("silence").at(-1)).toMatchObject({
      text: expect.stringContaining(
        "after 9s of silence (closed), and none that was tried was survived",
      ),
      change: "set ws.pingAfter to 3s",
    });
  });

  test("and pinged by the registrar are silent for no longer than that", async () => {
    const { over, pass } = await measuring();
    await pass(15, 3);
    await pass(5, 0, ({ socket }) => socket.ping());
    const diagnosis = await over;
    expect(diagnosis.code).toBe(EXIT.OK);
    expect(textsOf(diagnosis)).toEqual([
      "ok: 20s of silence were survived, and no connection was cut: the registrar itself breaks it then, so that longer ones do not occur",
    ]);
  });

  test("and closed by the registrar itself say nothing of the path", async () => {
    const { over, pass } = await measuring();
    await pass(15, 3);
    await pass(15, 2);
    await pass(2, 0, ({ socket }) => socket.close(1008, "no registration"));
    const diagnosis = await over;
    expect(diagnosis.code).toBe(EXIT.OK);
    expect(textsOf(diagnosis)).toEqual([
      "ok: 30s of silence were survived, and no connection was cut: ws.pingAfter, 25s, is short enough",
      'note: the registrar itself closed a connection after 32s (1008, "no registration"): longer silences could not be tried',
    ]);
    expect(diagnosis.about("silence").at(-1)?.change).toContain("ws.unboundTimeout");
  });

  test("and too many for the registrar are fewer", async () => {
    let asked = 0;
    const refuses = (): number | undefined => {
      asked += 1;
      return asked > 4 ? 503 : undefined;
    };
    const { over, pass, terminal } = await measuring({}, { refuses });
    expect(terminal.printed.slice(-2).map((line) => JSON.parse(line).text)).toEqual([
      "only 2 of 4 connections could be opened side by side: the answer is 503",
      "2 connections are silent now, for 15s, 30s; please wait",
    ]);
    await pass(15, 1);
    await pass(15, 0);
    expect(textsOf(await over).at(-1)).toContain("30s of silence were survived");
  });

  test("are left at once when the program is told to stop", async () => {
    const { over, terminal } = await measuring();
    terminal.interrupt();
    const diagnosis = await over;
    expect(diagnosis.code).toBe(EXIT.FATAL);
    expect(textsOf(diagnosis)).toEqual(["note: stopped before the end: nothing is known"]);
  });
});

test("a CSE over HTTP has no connection that is silent for long", async () => {
  const cse = await startCse(() => ({ rsc: 2000, body: {} }));
  const { code, about } = await examined({ "cse.url": cse.url }, { options: ["--silence", "60s"] });
  expect(code).toBe(EXIT.OK);
  expect(about("silence")).toEqual([expect.objectContaining({ severity: "note" })]);
});
