import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openState, type State } from "../../src/store/lmdb-open.ts";
import { tableContract } from "./table-contract.ts";

let dir: string;
let state: State;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "m2mgw-test-"));
  state = await openState(dir);
});
afterAll(async () => {
  await state.close();
  await rm(dir, { recursive: true, force: true });
});

tableContract(async () => {
  const table = state.table<unknown>("contract");
  for (const [key] of table.entries()) await table.remove(key);
  return table;
});

test("a key that LMDB has no room for is refused, and others are still written", async () => {
  const table = state.table<unknown>("contract");
  await expect(table.put("k".repeat(1979), {})).rejects.toMatchObject({ code: "GW_STORE_FAILED" });
  await table.put("k".repeat(1978), { n: 1 });
  expect(new Map(table.entries()).get("k".repeat(1978))).toEqual({ n: 1 });
});
