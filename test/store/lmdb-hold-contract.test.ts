import { onTestFinished } from "vitest";
import { tempDir } from "../helpers/temp-dir.ts";
import { holdStoreContract } from "./hold-store-contract.ts";
import { openHoldStore } from "./open-hold-store.ts";

holdStoreContract(async () => {
  const opened = openHoldStore(tempDir());
  onTestFinished(() => opened.close());
  return opened.store;
});
