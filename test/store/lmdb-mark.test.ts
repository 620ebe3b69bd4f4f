import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openState, type State } from "../../src/store/lmdb-open.ts";
import { tempDir } from "../helpers/temp-dir.ts";

/** From here on reading all of a file fails, since no process can be started for it. */
function letReadingFail(): void {
  const { execPath } = process;
  process.execPath = join(tempDir(), "nothing");
  onTestFinished(() => {
    process.execPath = execPath;
  });
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
  await state.table("one").put("a", { n: 1 });
  await state.close();
  return { dir, file: join(dir, "m2mgw.mdb") };
}

test("a file that is as it was closed is not read whole at the next start, nor at the one after", async () => {
  const { dir } = await closed();
  letReadingFail();
  const state = await openState(dir);
  await state.table("one").put("b", { n: 2 });
  await state.close();
  const again = await opened(dir);
  expect([...again.table("one").entries()]).toEqual([
    ["a", { n: 1 }],
    ["b", { n: 2 }],
  ]);
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
    letReadingFail();
    await expect(openState(dir)).rejects.toThrow(/reading all of it failed/);
  });
});

test("the mark of a file that was closed is there from when it was closed until it is opened", async () => {
  const { dir } = await closed();
  const state = await openState(dir);
  expect(readdirSync(dir)).toEqual(["m2mgw.mdb", "m2mgw.mdb-lock"]);
  await state.close();
  expect(readdirSync(dir)).toEqual(["m2mgw.mdb", "m2mgw.mdb-closed", "m2mgw.mdb-lock"]);
});
