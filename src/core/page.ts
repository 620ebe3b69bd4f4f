/** A part of a list in order. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page begins; undefined on the last one. */
  readonly next: string | undefined;
}

/**
 * The first `limit` of those that are wanted behind `after`, in the order of their keys.
 *
 * Looks at all of them, and keeps no more than a page.
 *
 * @param keyOf unique, so that a list that changes between two pages shows nothing twice
 */
export function pageOf<T>(
  all: Iterable<T>,
  keyOf: (item: T) => string,
  isWanted: (item: T) => boolean,
  after: string | undefined,
  limit: number,
): Page<T> {
  const kept: { readonly key: string; readonly item: T }[] = [];
  for (const item of all) {
    const key = keyOf(item);
    if (after !== undefined && key <= after) continue;
    const last = kept.length > limit ? kept.at(-1) : undefined;
    if ((last !== undefined && key > last.key) || !isWanted(item)) continue;
    kept.splice(placeOf(key, kept), 0, { key, item });
    if (kept.length > limit + 1) kept.pop();
  }
  const hasMore = kept.length > limit;
  const shown = kept.slice(0, limit);
  return { items: shown.map(({ item }) => item), next: hasMore ? shown.at(-1)?.key : undefined };
}

/** Before which of those that are in order a key belongs. */
function placeOf(key: string, sorted: readonly { readonly key: string }[]): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.key ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
