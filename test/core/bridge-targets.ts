import { type BridgeTarget, BridgeTargets } from "../../src/core/bridge-targets.ts";
import type { Table } from "../../src/core/ports.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import { silentObserver } from "../helpers/silent-observer.ts";
import { DOMAIN } from "./primitives.ts";

/** Targets whose names end in t1, t2 and so on. */
export function bridgeTargets(table: Table<BridgeTarget> = memoryTable()) {
  const warned: string[] = [];
  let made = 0;
  const targets = new BridgeTargets({
    domain: DOMAIN,
    table,
    newToken: () => {
      made += 1;
      return `t${made}`;
    },
    most: () => 1_000,
    observer: silentObserver({ warn: (message) => warned.push(message) }),
  });
  return { targets, table, warned };
}
