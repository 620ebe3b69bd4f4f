import { parentPort, workerData } from "node:worker_threads";
import { type Change, LmdbChanges } from "./lmdb-changes.ts";
import { openRoot } from "./lmdb-root.ts";

/** The thread that `startWriter` starts: makes batches of changes, and answers each with what went wrong, or nothing. */
const root = openRoot(workerData as string);
const changes = new LmdbChanges(root);

parentPort?.on("message", (batch: readonly Change[] | "close") => {
  if (batch === "close") {
    void root.close().then(() => parentPort?.close());
    return;
  }
  parentPort?.postMessage(failureOf(batch));
});

function failureOf(batch: readonly Change[]): unknown {
  try {
    changes.commit(batch);
    return undefined;
  } catch (error) {
    return error ?? new Error("the transaction failed");
  }
}
