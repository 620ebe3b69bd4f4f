import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runGateway } from "../helpers/run-gateway.ts";

const PAGES = 2 * 4_096;

test.each([
  ["is cut short", (file: string) => truncateSync(file, PAGES), /is truncated: it has \d+ of/],
  ["is damaged inside", spoilInside, /is damaged: its page \d+ is damaged/],
  ["is something else", (file: string) => writeFileSync(file, "#!/bin/sh\n"), /too short for an/],
])(
  "a gateway whose state %s says so in one line and one record, ends with 1 and leaves it; with the file back it starts (architecture, 5)",
  async (_what, spoil, says) => {
    const gateway = await runGateway();
    await gateway.stop();
    const file = join(gateway.stateDir, "m2mgw.mdb");
    const sound = readFileSync(file);
    spoil(file);
    const spoilt = readFileSync(file);
    const before = gateway.log().length;

    await expect(gateway.start()).rejects.toThrow("it ended at once");
    expect(await gateway.stop()).toBe(1);
    const [said, record, ...more] = gateway
      .log()
      .slice(before)
      .trimEnd()
      .split("\n")
      .toSorted(byForm);
    expect(said).toMatch(says);
    expect(said).toContain(file);
    expect(JSON.parse(record ?? "")).toMatchObject({ msg: "cannot start", level: 60 });
    expect(more).toEqual([]);
    expect(readFileSync(file).equals(spoilt)).toBe(true);

    writeFileSync(file, sound);
    await gateway.start();
  },
);

/** What a person reads first, the record of the log after it: they come through two streams. */
function byForm(one: string, other: string): number {
  return Number(one.startsWith("{")) - Number(other.startsWith("{"));
}

function spoilInside(file: string): void {
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0xa5, PAGES));
}
