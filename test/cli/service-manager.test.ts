import { expect, test } from "vitest";
import { millis } from "../../src/base/clock.ts";
import { ServiceManager } from "../../src/cli/service-manager.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { haveSystemdNotify, listenAsSystemd } from "../helpers/notify-socket.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";

function terminalIn(env: Record<string, string>, clock = new ManualClock()) {
  const terminal = new TestTerminal(clock);
  Object.assign(terminal.env, { PATH: process.env["PATH"], ...env });
  return terminal;
}

const skipped = !haveSystemdNotify();

test.skipIf(skipped)(
  "the service manager hears what the gateway is at, and how long stopping may take",
  async () => {
    const { path, messages } = await listenAsSystemd();
    const manager = new ServiceManager(terminalIn({ NOTIFY_SOCKET: path }));
    await manager.ready();
    await manager.reloading();
    await manager.ready();
    await manager.stopping(millis(3_000));
    expect(await messages(4)).toEqual([
      "READY=1",
      expect.stringMatching(/^RELOADING=1 MONOTONIC_USEC=[1-9]\d+$/),
      "READY=1",
      "STOPPING=1 EXTEND_TIMEOUT_USEC=13000000",
    ]);
  },
);

test.skipIf(skipped)("its watchdog hears twice in a period that timers fire", async () => {
  const { path, messages } = await listenAsSystemd();
  const clock = new ManualClock();
  const env = { NOTIFY_SOCKET: path, WATCHDOG_USEC: "60000000" };
  const manager = new ServiceManager(terminalIn(env, clock));
  expect(clock.waiting).toBe(0);
  await manager.ready();
  await manager.ready();
  clock.advance(29_999);
  expect(await messages(2)).toEqual(["READY=1", "READY=1"]);
  clock.advance(1);
  expect((await messages(3))[2]).toBe("WATCHDOG=1");
  clock.advance(30_000);
  expect((await messages(4))[3]).toBe("WATCHDOG=1");
  manager.close();
  expect(clock.waiting).toBe(0);
});

test("without a service manager nothing is said, and none is complained about", async () => {
  const terminal = terminalIn({ PATH: "/nowhere", WATCHDOG_USEC: "x" });
  const manager = new ServiceManager(terminal);
  await manager.ready();
  await manager.stopping(millis(0));
  manager.close();
  expect(terminal.complained).toEqual([]);
});

test("a message that does not arrive is one line and no failure", async () => {
  const terminal = terminalIn({ PATH: "/nowhere", NOTIFY_SOCKET: "/nowhere/notify" });
  await new ServiceManager(terminal).ready();
  expect(terminal.complained).toEqual([expect.stringMatching(/^READY=1 did not reach systemd: /)]);
});
