import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** In memory where the system has such a place: what tests write need not survive a power cut, and syncs cost most. */
const PLACE = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A folder of its own for one test, removed when the test ends. */
export function tempDir(): string {
  const path = mkdtempSync(join(PLACE, "m2mgw-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
