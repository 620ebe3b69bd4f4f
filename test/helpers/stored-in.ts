import { join } from "node:path";
import { open } from "lmdb";

/** How many primitives are in the hold store of a state directory, its gateway running or not: a scan of its keys. */
export function storedIn(stateDir: string): number {
  const path = join(stateDir, "m2mgw.mdb");
  const root = open({ path, noSubdir: true, readOnly: true, maxDbs: 16 });
  try {
    const entries = root.openDB({ name: "hold-entries", keyEncoding: "binary" });
    return Array.from(entries.getKeys()).length;
  } finally {
    void root.close();
  }
}
