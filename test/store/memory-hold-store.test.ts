import { MemoryHoldStore } from "../../src/store/memory-hold-store.ts";
import { holdStoreContract, LIMITS } from "./hold-store-contract.ts";

holdStoreContract(async () => new MemoryHoldStore(LIMITS));
