import { open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { flushDirectory } from "./flush-directory.ts";
import { SCHEMA } from "./lmdb-root.ts";

/**
 * Beside an LMDB file lies a mark from when it was closed until it is opened again, and says which file that was and
 * how it was left: whoever finds it so need not read all of it to know that it is sound.
 */
const markOf = (path: string): string => `${path}-closed`;

/** Whether the file at `path` is as it was when it was closed. */
export async function isMarked(path: string): Promise<boolean> {
  try {
    return (await readFile(markOf(path), "utf8")) === (await looksOf(path));
  } catch {
    // What cannot be read says nothing.
    return false;
  }
}

/**
 * Marks a file that is closed, and durable. A mark that is lost or torn is none.
 *
 * @throws errors of the file system
 */
export async function putMark(path: string): Promise<void> {
  await dateBack(path);
  await writeFile(markOf(path), await looksOf(path), { mode: 0o600 });
}

/**
 * To be called before anything is written. Resolves when the mark would not come back after a power failure.
 *
 * @throws errors of the file system
 */
export async function removeMark(path: string): Promise<void> {
  await rm(markOf(path), { force: true });
  await flushDirectory(dirname(path));
}

/** What is not the same any more once somebody has written to the file, or put another one in its place. */
async function looksOf(path: string): Promise<string> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [SCHEMA, ino, size, mtimeNs, ctimeNs].join(" ");
}

/** By a little: what somebody writes later has another date then, even within the same tick of the system's clock. */
async function dateBack(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    const { atime, mtimeMs } = await file.stat();
    await file.utimes(atime, (mtimeMs - 1) / 1_000);
  } finally {
    await file.close();
  }
}
