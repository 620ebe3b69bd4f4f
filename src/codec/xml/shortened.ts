const LENGTH = 32;

/** The beginning of what a peer wrote, for a sentence about it, no character cut in two. */
export function shortened(text: string, length: number = LENGTH): string {
  // No character has more than two units: what follows them cannot be part of it.
  return Array.from(text.slice(0, 2 * length))
    .slice(0, length)
    .join("");
}

/** As `shortened`, in quotes unless it is a plain name. */
export function quoted(text: string): string {
  const short = shortened(text);
  return /^[\w:.-]+$/.test(short) ? short : JSON.stringify(short);
}
