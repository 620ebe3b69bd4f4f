import { MAJOR, writeHead } from "./item.ts";

/**
 * The bytes of an item as they should have been, made while the item is passed from its start to its end.
 *
 * No copy is taken before something has to be set right. What is set right is never longer than what it stands for,
 * so the copy never grows.
 */
export class CborCopy {
  readonly #bytes: Buffer;
  #copy: Buffer | undefined;
  /** What lies before `#from` in the bytes lies before `#to` in the copy; what follows is in the same place in both. */
  #from = 0;
  #to = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** The bytes themselves, when nothing had to be set right. */
  finished(): Buffer {
    if (this.#copy === undefined) return this.#bytes;
    this.#keepUntil(this.#bytes.length);
    return this.#copy.subarray(0, this.#to);
  }

  /** Makes a text string of the byte string at `at`. */
  makeText(at: number): void {
    this.#made()[at] = (this.#bytes[at] as number) | (MAJOR.TEXT << 5);
  }

  /** Leaves out what lies between `start` and `end`. */
  drop(start: number, end: number): void {
    this.#keepUntil(start);
    this.#from = end;
  }

  /**
   * Makes one text string of the item between `start` and `end`, and gives its text.
   *
   * @param chunks where the content of each chunk starts and ends, in turn
   */
  join(start: number, end: number, chunks: readonly number[]): Buffer {
    const copy = this.#keepUntil(start);
    const length = chunks.reduce((sum, at, index) => (index % 2 === 0 ? sum - at : sum + at), 0);
    const text = writeHead(copy, this.#to, MAJOR.TEXT, length);
    this.#to = text;
    for (let index = 0; index < chunks.length; index += 2) {
      this.#to += this.#bytes.copy(copy, this.#to, chunks[index], chunks[index + 1]);
    }
    this.#from = end;
    return copy.subarray(text, this.#to);
  }

  /** Brings the copy up to `at`. */
  #keepUntil(at: number): Buffer {
    const copy = this.#made();
    if (this.#to < this.#from) copy.copyWithin(this.#to, this.#from, at);
    this.#to += at - this.#from;
    this.#from = at;
    return copy;
  }

  #made(): Buffer {
    this.#copy ??= Buffer.from(this.#bytes);
    return this.#copy;
  }
}
