import { openState } from "../../src/store/lmdb-open.ts";

const [dir = ""] = process.argv.slice(2);
const state = await openState(dir);
const table = state.table<{ n: number }>("numbers");
for (let n = 0; ; n += 1) {
  await table.put(`key-${n}`, { n });
  process.stdout.write(`${n}\n`);
}
