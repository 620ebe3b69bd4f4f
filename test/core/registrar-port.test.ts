import { describe, expect, test } from "vitest";
import { type EpochMs, later, millis } from "../../src/base/clock.ts";
import { type RegistrarHost, RegistrarPort } from "../../src/core/registrar-port.ts";
import { Registry } from "../../src/core/registry.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { silentObserver } from "../helpers/silent-observer.ts";
import { AnsweringLink } from "./answering-link.ts";
import { DOMAIN, requestOf } from "./primitives.ts";

const SECOND = 1_000;
const HOST: RegistrarHost = {
  opened: () => {},
  receive: () => Promise.resolve(undefined),
  unanswered: () => {},
};

/** A port with a connection for each originator, to a registrar that accepts when a test lets it. */
class World {
  readonly clock = new ManualClock();
  readonly links: AnsweringLink[] = [];
  readonly port: RegistrarPort;
  #accepts: ((link: AnsweringLink) => void)[] = [];
  readonly #observer = silentObserver();

  constructor() {
    const { clock } = this;
    this.port = new RegistrarPort({
      domain: DOMAIN,
      dialler: {
        dial: (_originator, service) =>
          new Promise((accept) => {
            this.#accepts.push((link) => {
              link.close = () => {
                link.lose();
                service.closed(link);
              };
              accept(link);
            });
          }),
      },
      links: "per-originator",
      always: true,
      idleClose: undefined,
      windows: [],
      longestPause: millis(60 * SECOND),
      originator: undefined,
      namesOriginator: true,
      maxConnections: 2,
      maxInFlight: 100,
      clock,
      observer: this.#observer,
    });
    const table = memoryTable<never>();
    const registry = new Registry({ domain: DOMAIN, clock, observer: this.#observer, table });
    this.port.start(HOST, registry);
  }

  get dials(): number {
    return this.#accepts.length;
  }

  /** All attempts that are under way succeed. */
  async accept(prepare: (link: AnsweringLink) => void = () => {}): Promise<void> {
    for (const accept of this.#accepts.splice(0)) {
      const link = new AnsweringLink(this.clock, `r${this.links.length}`);
      link.answers = true;
      prepare(link);
      this.links.push(link);
      accept(link);
    }
    await settled();
  }

  ask(from: string, within = 20 * SECOND): Promise<unknown> {
    const deadline: EpochMs = later(this.clock.now(), millis(within));
    const request = requestOf({ op: "retrieve", fr: from, to: "cse-in/x" });
    return this.port.request(request, deadline).catch((error: unknown) => error);
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((next) => setImmediate(next));
};

describe("a connection for each originator", () => {
  test("that opens when nobody waits for it any more, nor knows it, is closed", async () => {
    const world = new World();
    const answer = world.ask("CAE1", SECOND);
    await settled();
    world.clock.advance(SECOND);
    expect(await answer).toMatchObject({ code: "GW_CSE_UNREACHABLE" });
    await world.accept();
    expect(world.links.map(({ open }) => open)).toEqual([false]);
    expect(world.port.connected.open).toBe(0);
  });

  test("is opened for nobody once the port closes", async () => {
    const world = new World();
    await world.port.close();
    expect(await world.ask("CAE1")).toMatchObject({ code: "GW_DRAINING" });
    expect(world.dials).toBe(0);
  });

  test("of those who are not registered leaves half of the room to those who are", async () => {
    const world = new World();
    void world.ask("CSTRANGER1");
    expect(await world.ask("CSTRANGER2")).toMatchObject({ code: "GW_CSE_BUSY" });
  });

  test("closes once, however often it is told to", async () => {
    const world = new World();
    void world.ask("CAE1");
    await settled();
    world.clock.advance(1);
    await world.accept();
    await Promise.all([world.port.close(), world.port.close()]);
  });
});

test("a Retrieve that was sent and lost, and cannot be sent again, may have arrived", async () => {
  const world = new World();
  const answer = world.ask("CAE1", SECOND);
  await settled();
  await world.accept((link) => {
    link.answers = false;
  });
  world.links[0]?.lose();
  await settled();
  world.clock.advance(SECOND);
  expect(await answer).toMatchObject({ code: "GW_CSE_CONNECTION_LOST" });
});
