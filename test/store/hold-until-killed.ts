import { openState } from "../../src/store/lmdb-open.ts";
import { AE, codecs, held } from "./held.ts";
import { LIMITS } from "./hold-store-contract.ts";

/** The second argument is how many are enough; without it there is no end. */
const [dir = "", enough = "Infinity"] = process.argv.slice(2);
const state = await openState(dir);
const store = state.holdStore({ codecs, deadLetters: LIMITS, onUnreadable: () => {} });
for (let sequence = 1; sequence <= Number(enough); sequence += 1) {
  await store.put(held({ registree: AE, sequence }));
  process.stdout.write(`${sequence}\n`);
}
await state.close();
