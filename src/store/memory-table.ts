import type { Table } from "../core/ports.ts";

/** A Table that a restart empties, for gateways that were asked to keep nothing. */
export function memoryTable<V>(): Table<V> {
  const values = new Map<string, V>();
  return {
    entries: () => [...values],
    get: (key) => values.get(key),
    put: async (key, value) => {
      values.set(key, value);
    },
    remove: async (key) => {
      values.delete(key);
    },
  };
}
