import { readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openState, type State } from "../../src/store/lmdb-open.ts";
import { startChild } from "../helpers/child.ts";
import { tempDir } from "../helpers/temp-dir.ts";

async function opened(dir: string): Promise<State> {
  const state = await openState(dir);
  onTestFinished(() => state.close());
  return state;
}

describe("what was written", () => {
  test("is there again after closing and opening, table by table", async () => {
    const dir = tempDir();
    const first = await openState(dir);
    await first.table("one").put("a", { n: 1 });
    await first.table("two").put("a", { n: 2 });
    await first.close();
    const second = await opened(dir);
    expect([...second.table("one").entries()]).toEqual([["a", { n: 1 }]]);
    expect([...second.table("two").entries()]).toEqual([["a", { n: 2 }]]);
  });

  test("is there after kill -9, once its put resolved", async () => {
    const dir = tempDir();
    const script = join(import.meta.dirname, "put-until-killed.ts");
    const child = await startChild(process.execPath, ["--import", "tsx", script, dir]);
    let last = -1;
    await new Promise<void>((resolve) => {
      child.onLine((line) => {
        last = Number(line);
        if (last === 50) resolve();
      });
    });
    await child.stop("SIGKILL");
    const state = await opened(dir);
    const found = new Map(state.table<{ n: number }>("numbers").entries());
    expect(last).toBeGreaterThanOrEqual(50);
    for (let n = 0; n <= last; n += 1) expect(found.get(`key-${n}`)).toEqual({ n });
  });

  test("is there after a close that did not wait for it", async () => {
    const dir = tempDir();
    const state = await openState(dir);
    const written = state.table("one").put("a", { n: 1 });
    await state.close();
    await written;
    expect([...(await opened(dir)).table("one").entries()]).toEqual([["a", { n: 1 }]]);
  });
});

test("the directory is made for its owner only, with one file and its lock in it", async () => {
  const dir = join(tempDir(), "deep", "state");
  await opened(dir);
  expect(statSync(dir).mode & 0o777).toBe(0o700);
  expect(statSync(join(dir, "m2mgw.mdb")).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(["m2mgw.mdb", "m2mgw.mdb-lock"]);
});

test("the rest of an earlier start that never finished is no obstacle", async () => {
  const dir = tempDir();
  writeFileSync(join(dir, "m2mgw.mdb.new"), "half");
  expect([...(await opened(dir)).table("one").entries()]).toEqual([]);
});

test("closing twice is closing once, and later writes fail", async () => {
  const state = await openState(tempDir());
  const table = state.table("one");
  await state.close();
  await state.close();
  await expect(table.put("a", {})).rejects.toMatchObject({ code: "GW_STORE_FAILED" });
  await expect(table.remove("a")).rejects.toMatchObject({ code: "GW_STORE_FAILED" });
});

test("a state directory that cannot be made is reported", async () => {
  const file = join(tempDir(), "file");
  writeFileSync(file, "");
  await expect(openState(join(file, "state"))).rejects.toMatchObject({
    code: "GW_STORE_FAILED",
    message: expect.stringContaining("cannot be opened"),
  });
});
