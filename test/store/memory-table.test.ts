import { memoryTable } from "../../src/store/memory-table.ts";
import { tableContract } from "./table-contract.ts";

tableContract(async () => memoryTable());
