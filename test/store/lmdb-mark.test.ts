import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openState, type State } from "../../src/store/lmdb-open.ts";
import { tempDir } from "../helpers/temp-dir.ts";

/** So much that what else this process reads meanwhile does not count. Each value is on a page with others. */
const VALUES = 4_000;
const TEXT = "x".repeat(1_000);

/** How much this process has asked the system to read for it so far; what it maps is not in it. */
const bytesRead = (): number =>
  Number(/^rchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);

/** Whether the file in `dir` is read whole by opening it. */
async function isReadWhole(dir: string): Promise<boolean> {
  const before = bytesRead();
  await opened(dir);
  return bytesRead() - before > VALUES * TEXT.length;
}

async function opened(dir: string): Promise<State> {
  const state = await openState(dir);
  onTestFinished(() => state.close());
  return state;
}

/** A state directory whose file was closed. */
async function closed(): Promise<{ dir: string; file: string }> {
  const dir = tempDir();
  const state = await openState(dir);
  const table = state.table("one");
  await Promise.all(
    Array.from({ length: VALUES }, (_, n) => table.put(`key-${n}`, { text: TEXT })),
  );
  await state.close();
  return { dir, file: join(dir, "m2mgw.mdb") };
}

test("a file that is as it was closed is not read whole at the next start, nor at the one after", async () => {
  const { dir } = await closed();
  const state = await openState(dir);
  await state.table("one").put("b", { n: 2 });
  await state.close();
  expect(await isReadWhole(dir)).toBe(false);
  expect((await opened(dir)).table("one").get("b")).toEqual({ n: 2 });
});

describe("a file is read whole before it is opened", () => {
  interface Case {
    readonly title: string;
    readonly change: (file: string) => void | Promise<void>;
  }
  const rewrite = (file: string): void => writeFileSync(file, readFileSync(file), { flag: "r+" });
  const cases: readonly Case[] = [
    { title: "when it has been written to since it was closed", change: rewrite },
    {
      title: "also when its date was set back",
      change: (file) => {
        execFileSync("touch", ["-r", file, `${file}.date`]);
        rewrite(file);
        execFileSync("touch", ["-r", `${file}.date`, file]);
      },
    },
    {
      title: "when another file has its name, be it a copy",
      change: (file) => {
        copyFileSync(file, `${file}.copy`);
        renameSync(`${file}.copy`, file);
      },
    },
    {
      title: "when its mark is damaged",
      change: (file) => writeFileSync(`${file}-closed`, "1"),
    },
    {
      title: "when a gateway has opened it and not closed it, as one that was killed",
      change: async (file) => void (await opened(dirname(file))),
    },
    {
      title: "when a write to it had failed before it was closed",
      change: async (file) => {
        const state = await openState(dirname(file));
        const unwritable = () => {};
        await expect(state.table("one").put("b", unwritable)).rejects.toThrow();
        await state.close();
      },
    },
  ];

  test.each(cases)("$title", async ({ change }) => {
    const { dir, file } = await closed();
    await change(file);
    expect(await isReadWhole(dir)).toBe(true);
  });
});

test("the mark of a file that was closed is there from when it was closed until it is opened", async () => {
  const { dir } = await closed();
  const state = await openState(dir);
  expect(readdirSync(dir)).toEqual(["m2mgw.mdb", "m2mgw.mdb-lock"]);
  await state.close();
  expect(readdirSync(dir)).toEqual(["m2mgw.mdb", "m2mgw.mdb-closed", "m2mgw.mdb-lock"]);
});
