/**
 * Counts by a closed set of label values, in a plain array.
 *
 * What is counted on every exchange is counted here and handed to prom-client when it is scraped: its own
 * observation costs more than everything else that is done to a small primitive.
 */
export class CountsBy<Names extends readonly (readonly string[])[]> {
  readonly #sets: Names;
  readonly #counts: Float64Array;

  constructor(...sets: Names) {
    this.#sets = sets;
    this.#counts = new Float64Array(sets.reduce((product, set) => product * set.length, 1));
  }

  add(...labels: { [Index in keyof Names]: Names[Index][number] }): void {
    let index = 0;
    for (let position = 0; position < labels.length; position += 1) {
      const set = this.#sets[position] as readonly string[];
      const place = set.indexOf(labels[position] as string);
      if (place < 0) return;
      index = index * set.length + place;
    }
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
  }

  /** Every combination, also those that were never counted: a series that is there with 0 shows its first increase. */
  *entries(): Iterable<{ readonly labels: readonly string[]; readonly count: number }> {
    for (const [index, count] of this.#counts.entries()) {
      const labels: string[] = [];
      let rest = index;
      for (const set of [...this.#sets].reverse()) {
        labels.unshift(set[rest % set.length] as string);
        rest = Math.floor(rest / set.length);
      }
      yield { labels, count };
    }
  }
}

/** Observations in fixed buckets. */
export class Buckets {
  /** Upper bounds, ascending, without the last, infinite one. */
  readonly bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  add(value: number): void {
    let index = 0;
    while (index < this.bounds.length && value > (this.bounds[index] as number)) index += 1;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Count of observations up to each bound, the infinite one last. */
  cumulative(): number[] {
    let total = 0;
    return Array.from(this.#counts, (count) => {
      total += count;
      return total;
    });
  }
}
