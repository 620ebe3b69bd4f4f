// Preloaded into a gateway that shall fail: at SIGUSR2 it throws an error with what is in the file that CRASH_TEXT names.
import { readFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  process.on("SIGUSR2", () => {
    throw new TypeError(readFileSync(process.env.CRASH_TEXT, "utf8"));
  });
}
