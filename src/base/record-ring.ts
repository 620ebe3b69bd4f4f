export type Value = string | number | boolean | undefined;

/** Characters of a text that are kept. */
export const LONGEST = 256;
/** In UTF-8 each takes up to three bytes; in front of them stand a tag and their number. */
const TEXT_BYTES = 3 + 3 * LONGEST;
const LENGTH_BYTES = 2;

const Tag = { UNDEFINED: 0, FALSE: 1, TRUE: 2, NUMBER: 3, TEXT: 4 } as const;

/**
 * Remembers the latest records in so many bytes.
 *
 * As bytes, since objects that outlive the tick they were made in are the dearest ones: each is moved by the collector,
 * and all of them together displace from the caches of the processor what is worked with.
 *
 * There are two halves: when one is full the other one is written over.
 */
export class RecordRing {
  readonly #size: number;
  #newer: Half;
  #older: Half;

  /** @param values how many a record has at most */
  constructor(bytes: number, values: number) {
    // The memory is taken as it is written to.
    this.#size = Math.ceil(bytes / 2) + LENGTH_BYTES + values * TEXT_BYTES;
    this.#newer = new Half(this.#size, values);
    this.#older = new Half(this.#size, values);
  }

  /** Of a long text only the beginning is kept. */
  append(record: readonly Value[]): void {
    if (!this.#newer.hasRoom) {
      [this.#newer, this.#older] = [this.#older, this.#newer];
      this.#newer.clear();
    }
    this.#newer.append(record);
  }

  /** The records whose first value is this text, the oldest first. */
  *startingWith(text: string): Iterable<readonly Value[]> {
    const written = new Half(LENGTH_BYTES + TEXT_BYTES, 1);
    written.append([text]);
    const first = written.written.subarray(LENGTH_BYTES);
    yield* this.#older.startingWith(first);
    yield* this.#newer.startingWith(first);
  }
}

class Half {
  readonly #bytes: Buffer;
  readonly #view: DataView;
  /** The largest record still fits behind this. */
  readonly #last: number;
  #end = 0;
  /** Where the next value is read. */
  #at = 0;

  constructor(size: number, values: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
    this.#view = new DataView(this.#bytes.buffer);
    this.#last = size - LENGTH_BYTES - values * TEXT_BYTES;
  }

  get hasRoom(): boolean {
    return this.#end <= this.#last;
  }

  clear(): void {
    this.#end = 0;
  }

  append(record: readonly Value[]): void {
    const start = this.#end;
    this.#end += LENGTH_BYTES;
    for (const value of record) this.#write(value);
    this.#view.setUint16(start, this.#end - start);
  }

  get written(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** @param first a value as it is written */
  *startingWith(first: Buffer): Iterable<readonly Value[]> {
    for (let start = 0; start < this.#end; ) {
      const next = start + this.#view.getUint16(start);
      const from = start + LENGTH_BYTES;
      if (this.#bytes.compare(first, 0, first.length, from, from + first.length) === 0) {
        const record: Value[] = [];
        this.#at = from;
        while (this.#at < next) record.push(this.#read());
        yield record;
      }
      start = next;
    }
  }

  #write(value: Value): void {
    if (typeof value === "string") this.#writeText(value);
    else if (typeof value === "number") {
      this.#bytes[this.#end] = Tag.NUMBER;
      this.#view.setFloat64(this.#end + 1, value);
      this.#end += 9;
    } else {
      const tag = value ? Tag.TRUE : Tag.FALSE;
      this.#bytes[this.#end] = value === undefined ? Tag.UNDEFINED : tag;
      this.#end += 1;
    }
  }

  #writeText(text: string): void {
    const start = this.#end + 3;
    const length = writeAscii(this.#bytes, text, start) ?? writeUtf8(this.#bytes, text, start);
    this.#bytes[this.#end] = Tag.TEXT;
    this.#view.setUint16(this.#end + 1, length);
    this.#end = start + length;
  }

  #read(): Value {
    const tag = this.#bytes[this.#at];
    this.#at += 1;
    if (tag === Tag.TEXT) {
      const start = this.#at + 2;
      this.#at = start + this.#view.getUint16(this.#at);
      return this.#bytes.toString("utf8", start, this.#at);
    }
    if (tag === Tag.NUMBER) {
      this.#at += 8;
      return this.#view.getFloat64(this.#at - 8);
    }
    return tag === Tag.UNDEFINED ? undefined : tag === Tag.TRUE;
  }
}

/** A call out of the engine costs more than most texts do. @returns undefined where it is not ASCII */
function writeAscii(bytes: Buffer, text: string, start: number): number | undefined {
  const length = Math.min(text.length, LONGEST);
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return undefined;
    bytes[start + index] = code;
  }
  return length;
}

const writeUtf8 = (bytes: Buffer, text: string, start: number): number =>
  bytes.write(text.slice(0, LONGEST), start, "utf8");
