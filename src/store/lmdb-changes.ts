import type { Database } from "lmdb";
import { entryKey, letterKey } from "./hold-keys.ts";
import { LmdbDeadLetters } from "./lmdb-dead-letters.ts";
import { LmdbHoldEntries } from "./lmdb-hold-entries.ts";
import { LmdbHoldUsage } from "./lmdb-hold-usage.ts";
import type { LmdbRoot } from "./lmdb-root.ts";

/**
 * One change to the state, as it is sent to the thread that makes it. Values are copied on the way: plain objects, and
 * bytes in memory of their own.
 */
export type Change = TableChange | HoldChange;

/** To a Table. */
export type TableChange =
  | { readonly kind: "put"; readonly table: string; readonly key: string; readonly value: unknown }
  | { readonly kind: "remove"; readonly table: string; readonly key: string };

/** To the hold store. */
export type HoldChange =
  | (Place & { readonly kind: "hold"; readonly record: Uint8Array })
  | (Place & { readonly kind: "markSent" })
  | (Place & { readonly kind: "letGo"; readonly letter: LetterRecord | undefined })
  | (Place & { readonly kind: "removeLetter" })
  | { readonly kind: "removeOldLetters"; readonly until: number; readonly limit: number };

/** Of what is held, or of a dead letter. */
interface Place {
  readonly registree: string;
  readonly sequence: number;
}

export interface LetterRecord {
  readonly at: number;
  readonly record: Uint8Array;
  /** As many of its registree stay. */
  readonly perRegistree: number;
}

interface HoldTables {
  readonly entries: LmdbHoldEntries;
  readonly letters: LmdbDeadLetters;
}

/** Makes changes to an open LMDB file. */
export class LmdbChanges {
  readonly #root: LmdbRoot;
  readonly #tables = new Map<string, Database<unknown, string>>();
  #hold: HoldTables | undefined;

  constructor(root: LmdbRoot) {
    this.#root = root;
  }

  /**
   * Makes all of them in one transaction, which is on disk when this returns.
   *
   * @throws errors of LMDB; then none was made
   */
  commit(changes: readonly Change[]): void {
    // Tables are opened first: what is opened in a transaction that fails is closed with it.
    const made = changes.map((change) => this.#prepared(change));
    this.#root.transactionSync(() => {
      for (const make of made) make();
    });
  }

  #prepared(change: Change): () => void {
    switch (change.kind) {
      case "put": {
        const table = this.#table(change.table);
        return () => void table.putSync(change.key, change.value);
      }
      case "remove": {
        const table = this.#table(change.table);
        return () => void table.removeSync(change.key);
      }
      default: {
        this.#hold ??= openHold(this.#root);
        const tables = this.#hold;
        return () => makeHeld(tables, change);
      }
    }
  }

  #table(name: string): Database<unknown, string> {
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const table = this.#root.openDB<unknown, string>({ name });
    this.#tables.set(name, table);
    return table;
  }
}

function openHold(root: LmdbRoot): HoldTables {
  const usage = new LmdbHoldUsage(root);
  return { entries: new LmdbHoldEntries(root, usage), letters: new LmdbDeadLetters(root, usage) };
}

function makeHeld({ entries, letters }: HoldTables, change: HoldChange): void {
  switch (change.kind) {
    case "hold":
      entries.put(change.registree, keyOf(change), change.record);
      break;
    case "markSent":
      entries.markSent(keyOf(change));
      break;
    case "letGo": {
      const { registree, sequence, letter } = change;
      entries.take(registree, keyOf(change));
      if (letter === undefined) break;
      const key = letterKey(registree, letter.at, sequence);
      letters.put(registree, key, letter.record, letter.perRegistree);
      break;
    }
    case "removeLetter":
      letters.removeOf(change.registree, change.sequence);
      break;
    case "removeOldLetters":
      letters.removeOld(change.until, change.limit);
      break;
  }
}

const keyOf = ({ registree, sequence }: Place): Buffer => entryKey(registree, sequence);
