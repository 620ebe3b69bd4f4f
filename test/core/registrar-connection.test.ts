import { describe, expect, test } from "vitest";
import { later, millis } from "../../src/base/clock.ts";
import { GatewayError } from "../../src/base/errors.ts";
import { parseWindows } from "../../src/base/weekly-windows.ts";
import type { Link } from "../../src/core/ports.ts";
import {
  RegistrarConnection,
  type RegistrarConnectionParts,
} from "../../src/core/registrar-connection.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { AnsweringLink } from "./answering-link.ts";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const SECOND = 1_000;

/** A registrar that is dialled, and may be away. */
class Registrar {
  readonly clock = new ManualClock();
  readonly links: AnsweringLink[] = [];
  /** When it was dialled. */
  readonly dialled: number[] = [];
  readonly #start = this.clock.now();
  isAway = false;
  random = 1 / 2;
  readonly connection: RegistrarConnection;

  constructor(parts: Partial<RegistrarConnectionParts> = {}) {
    this.connection = new RegistrarConnection({
      dial: async () => {
        this.dialled.push(this.clock.now() - this.#start);
        await settled();
        if (this.isAway) throw new GatewayError("GW_CSE_UNREACHABLE");
        const link = new AnsweringLink(this.clock, `r${this.links.length}`);
        this.links.push(link);
        return link;
      },
      clock: this.clock,
      random: () => this.random,
      longestPause: millis(60 * SECOND),
      idleClose: () => undefined,
      windows: [],
      reopens: () => true,
      opened: () => {},
      ...parts,
    });
  }

  get last(): AnsweringLink {
    const link = this.links.at(-1);
    if (link === undefined) throw new Error("nothing was dialled");
    return link;
  }

  async pass(by: number): Promise<void> {
    for (let left = by; left > 0; left -= 100) {
      this.clock.advance(Math.min(left, 100));
      await settled();
      await settled();
    }
  }

  lose(link = this.last): void {
    link.lose();
    this.connection.closed(link);
  }

  use(within = 20 * SECOND): Promise<Link> {
    return this.connection.use(later(this.clock.now(), millis(within)), async (link) => link);
  }
}

describe("opening (TS-0020, 5.2)", () => {
  test("what needs it opens it at once, and waits for it", async () => {
    const registrar = new Registrar();
    const used = registrar.use();
    await registrar.pass(100);
    expect(await used).toBe(registrar.last);
    expect(registrar.connection.link).toBe(registrar.last);
    expect(await registrar.use()).toBe(registrar.last);
    expect(registrar.dialled).toHaveLength(1);
  });

  test("those who wait together share one attempt, and its failure", async () => {
    const registrar = new Registrar({ reopens: () => false });
    registrar.isAway = true;
    const all = Promise.allSettled([registrar.use(), registrar.use()]);
    await registrar.pass(100);
    expect(await all).toMatchObject([
      { reason: { code: "GW_CSE_UNREACHABLE" } },
      { reason: { code: "GW_CSE_UNREACHABLE" } },
    ]);
    expect(registrar.dialled).toHaveLength(1);
  });

  test("who asks again and again has it tried once a second, not each time", async () => {
    const registrar = new Registrar({ reopens: () => false });
    registrar.isAway = true;
    for (let asked = 0; asked < 30; asked += 1) {
      registrar.use().catch(() => {});
      await registrar.pass(100);
    }
    expect(registrar.dialled).toEqual([0, 1_000, 2_000, 3_000]);
  });

  test("nobody waits longer than the own deadline", async () => {
    const registrar = new Registrar({ dial: () => new Promise(() => {}) });
    const used = registrar.use(5 * SECOND);
    const outcome = expect(used).rejects.toMatchObject({ code: "GW_CSE_UNREACHABLE" });
    await registrar.pass(5 * SECOND);
    await outcome;
  });
});

describe("opening again", () => {
  test("happens by itself where that is wished, and only when needed where not", async () => {
    for (const reopens of [true, false]) {
      const registrar = new Registrar({ reopens: () => reopens });
      void registrar.use();
      await registrar.pass(20 * SECOND);
      registrar.lose();
      await registrar.pass(5 * SECOND);
      expect(registrar.dialled).toHaveLength(reopens ? 2 : 1);
      expect(await Promise.all([registrar.use(), registrar.pass(SECOND)])).toEqual([
        registrar.last,
        undefined,
      ]);
    }
  });

  test("pauses are drawn from a range that doubles up to the longest pause", async () => {
    const registrar = new Registrar();
    registrar.isAway = true;
    registrar.connection.open();
    await registrar.pass(200 * SECOND);
    const pauses = registrar.dialled.map((at, index) => at - (registrar.dialled[index - 1] ?? 0));
    const seconds = pauses.map((pause) => Math.round(pause / 500) / 2);
    expect(seconds.slice(0, 9)).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30]);
  });

  test("those that lost it together do not return together: a pause may be any within its range", async () => {
    const waits = [0, 0.25, 0.999].map((random) => {
      const registrar = new Registrar();
      registrar.random = random;
      return registrar;
    });
    for (const registrar of waits) {
      void registrar.use();
      await registrar.pass(20 * SECOND);
      registrar.lose();
      await registrar.pass(1_100);
    }
    const back = waits.map(({ dialled: [, second = 0] }) => second - 20 * SECOND);
    expect(back.map((ms) => Math.round(ms / 100) * 100)).toEqual([0, 300, 1_000]);
  });

  test("a registrar that turns it away again and again is asked less and less, until it stays 10 s", async () => {
    const registrar = new Registrar();
    void registrar.use();
    for (let times = 0; times < 6; times += 1) {
      await registrar.pass(100);
      const before = registrar.dialled.length;
      registrar.lose();
      while (registrar.dialled.length === before) await registrar.pass(100);
    }
    const [, ...pauses] = registrar.dialled.map(
      (at, index) => at - (registrar.dialled[index - 1] ?? 0),
    );
    expect(pauses.at(-1)).toBeGreaterThan(15 * SECOND);
    await registrar.pass(11 * SECOND);
    const before = registrar.dialled.length;
    registrar.lose();
    await registrar.pass(SECOND);
    expect(registrar.dialled).toHaveLength(before + 1);
  });
});

describe("closing", () => {
  test("what was not used for a while is closed, and opened when it is needed", async () => {
    const registrar = new Registrar({ idleClose: () => millis(60 * SECOND) });
    void registrar.use();
    await registrar.pass(30 * SECOND);
    void registrar.use();
    await registrar.pass(59 * SECOND);
    expect(registrar.last.open).toBe(true);
    await registrar.pass(2 * SECOND);
    expect(registrar.last.open).toBe(false);
    registrar.connection.closed(registrar.last);
    await registrar.pass(100 * SECOND);
    expect(registrar.dialled).toHaveLength(1);
    void registrar.use();
    await registrar.pass(SECOND);
    expect(registrar.dialled).toHaveLength(2);
  });

  test("what is in use is not unused, however long that takes (TS-0020, 6.5)", async () => {
    const registrar = new Registrar({ idleClose: () => millis(60 * SECOND) });
    const deadline = later(registrar.clock.now(), millis(300 * SECOND));
    void registrar.connection.use(deadline, () => new Promise(() => {}));
    await registrar.pass(200 * SECOND);
    expect(registrar.last.open).toBe(true);
  });

  test("at the end who waits is told, and nothing is opened again", async () => {
    const registrar = new Registrar();
    registrar.isAway = true;
    registrar.connection.open();
    await registrar.pass(5 * SECOND);
    const waiting = registrar.use();
    const outcome = expect(waiting).rejects.toMatchObject({ code: "GW_DRAINING" });
    await registrar.connection.close();
    await outcome;
    const before = registrar.dialled.length;
    await registrar.pass(200 * SECOND);
    expect(registrar.dialled).toHaveLength(before);
    await expect(registrar.use()).rejects.toMatchObject({ code: "GW_DRAINING" });
  });

  test("a link that opens too late is closed at once", async () => {
    const registrar = new Registrar();
    registrar.use().catch(() => {});
    registrar.clock.advance(1);
    await registrar.connection.close();
    await registrar.pass(SECOND);
    expect(registrar.last.open).toBe(false);
    expect(registrar.connection.link).toBeUndefined();
  });
});

describe("windows, when the registrar may expect it (TS-0020, 5.2; architecture, S22)", () => {
  const MINUTE = 60 * SECOND;
  /** Time stands at noon of a Thursday. */
  const within = (...texts: readonly string[]) => ({
    windows: texts.flatMap((text) => parseWindows(text) ?? []),
  });

  test("at the end of one it is closed, and opened again in the next", async () => {
    const registrar = new Registrar(within("11:00-12:05", "Thu 12:20-13:00"));
    registrar.connection.open();
    await registrar.pass(5 * MINUTE - SECOND);
    expect(registrar.last.open).toBe(true);
    await registrar.pass(2 * SECOND);
    expect(registrar.last.open).toBe(false);
    registrar.connection.closed(registrar.last);
    await registrar.pass(14 * MINUTE);
    expect(registrar.dialled).toHaveLength(1);
    await registrar.pass(MINUTE);
    expect(registrar.dialled).toEqual([500, 20 * MINUTE + 500]);
    expect(registrar.connection.link).toBe(registrar.last);
  });

  test("outside of them what needs it is refused at once, and nothing is dialled", async () => {
    const registrar = new Registrar(within("Fri 00:00-24:00"));
    await expect(registrar.use()).rejects.toMatchObject({ code: "GW_CSE_UNREACHABLE" });
    registrar.connection.open();
    await registrar.pass(MINUTE);
    expect(registrar.dialled).toEqual([]);
  });

  test("a registrar that stays away in one is not dialled before the next", async () => {
    const registrar = new Registrar(within("12:00-12:01", "12:10-13:00"));
    registrar.isAway = true;
    registrar.connection.open();
    await registrar.pass(10 * MINUTE);
    expect(Math.max(...registrar.dialled)).toBeLessThan(MINUTE);
    await registrar.pass(MINUTE);
    expect(registrar.dialled.at(-1)).toBeGreaterThanOrEqual(10 * MINUTE);
  });

  test("what opens only after the end of one is closed again", async () => {
    let open = (_: Link): void => {};
    const dial = () =>
      new Promise<Link>((resolve) => {
        open = resolve;
      });
    const registrar = new Registrar({ ...within("11:00-12:01"), dial });
    registrar.connection.open();
    await registrar.pass(2 * MINUTE);
    const late = new AnsweringLink(registrar.clock, "late");
    open(late);
    await registrar.pass(SECOND);
    expect(late.open).toBe(false);
  });

  test("where it is opened when it is needed only, the next one opens nothing", async () => {
    const registrar = new Registrar({
      ...within("11:00-12:05", "12:20-13:00"),
      reopens: () => false,
    });
    void registrar.use();
    await registrar.pass(6 * MINUTE);
    registrar.connection.closed(registrar.last);
    await registrar.pass(20 * MINUTE);
    expect(registrar.dialled).toHaveLength(1);
    expect(await Promise.all([registrar.use(), registrar.pass(SECOND)])).toEqual([
      registrar.last,
      undefined,
    ]);
  });
});

test("how long it has been open is counted over all its links", async () => {
  const registrar = new Registrar();
  void registrar.use();
  await registrar.pass(20 * SECOND);
  registrar.lose();
  const before = registrar.connection.seconds;
  expect(before).toBeCloseTo(20, 0);
  await registrar.pass(10 * SECOND);
  expect(registrar.connection.seconds).toBeGreaterThan(before + 8);
});
