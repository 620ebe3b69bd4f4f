/** Up to this many bytes, looking at each is faster than a call into the runtime. */
const SHORT = 48;

/** The strings of one item. */
export class CborTexts {
  readonly #bytes: Buffer;
  /** Each byte as one character, which it is in ASCII: to cut it into pieces is far faster than to decode each piece. */
  #characters: string | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The text of bytes that are UTF-8. */
  between(start: number, end: number): string {
    if (!isShortAscii(this.#bytes, start, end)) return this.#bytes.toString("utf8", start, end);
    this.#characters ??= this.#bytes.toString("latin1");
    return this.#characters.slice(start, end);
  }
}

/** False also for what is long. */
export function isShortAscii(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > SHORT) return false;
  let at = start;
  while (at < end && (bytes[at] as number) < 128) at += 1;
  return at === end;
}
