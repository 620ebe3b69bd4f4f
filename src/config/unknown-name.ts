/** What to say about a name that is none: the nearest of `names` is suggested when it may be a slip. */
export function unknownName(what: string, name: string, names: Iterable<string>): string {
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 4)) + 1;
  for (const candidate of names) {
    const distance =
      lastPart(candidate) === lastPart(name)
        ? 1
        : editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  return nearest === undefined ? `no such ${what}` : `no such ${what}; did you mean ${nearest}?`;
}

const lastPart = (path: string): string => path.slice(path.lastIndexOf(".") + 1);

/** Levenshtein's: insertions, deletions and substitutions that make `b` of `a`. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substituted = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substituted, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
