import { open } from "node:fs/promises";

/** Makes durable which files are in a directory, and their names. */
export async function flushDirectory(dir: string): Promise<void> {
  // Windows neither can nor needs to flush a directory.
  if (process.platform === "win32") return;
  const directory = await open(dir, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
