import { join } from "node:path";
import { open } from "lmdb";

const TABLE = { name: "hold-entries", keyEncoding: "binary", encoding: "binary" } as const;

/** How many primitives are in the hold store of a state directory, its gateway running or not: a scan of its keys. */
export function storedIn(stateDir: string): number {
  const path = join(stateDir, "m2mgw.mdb");
  const root = open({ path, noSubdir: true, readOnly: true, maxDbs: 16 });
  try {
    const entries = root.openDB(TABLE);
    return Array.from(entries.getKeys()).length;
  } finally {
    void root.close();
  }
}

/** Damages the content of the nth primitive, from 0, in the hold store of a gateway that does not run. */
export async function damageStored(stateDir: string, nth: number): Promise<void> {
  const root = open({ path: join(stateDir, "m2mgw.mdb"), noSubdir: true, maxDbs: 16 });
  try {
    const entries = root.openDB<Uint8Array, Uint8Array>(TABLE);
    const [key] = entries.getKeys({ offset: nth, limit: 1 });
    const record = key && entries.get(key);
    if (key === undefined || record === undefined) throw new Error(`there is no primitive ${nth}`);
    entries.putSync(key, Buffer.from(record).fill("{", 50));
  } finally {
    await root.close();
  }
}
