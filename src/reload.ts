import { type ConfigChanges, changesBetween, takenOver } from "./config/changes.ts";
import type { Config } from "./config/schema.ts";

/**
 * Makes a part of the gateway ready for other configuration, and returns what lets that hold, which cannot fail.
 *
 * @throws when the part cannot work with it; nothing may have changed then
 */
export type Prepare = (config: Config) => (() => void) | Promise<() => void>;

/** The configuration that a running gateway has, and the parts of it that take another one. */
export class LiveConfig {
  #config: Config;
  readonly #parts: Prepare[] = [];
  /** The reload that is under way: two at a time would each undo a part of the other. */
  #underWay: Promise<unknown> = Promise.resolve();

  constructor(config: Config) {
    this.#config = config;
  }

  /** What holds now. */
  get current(): Config {
    return this.#config;
  }

  /** @param prepare called for each other configuration, in the order in which they were added */
  add(prepare: Prepare): void {
    this.#parts.push(prepare);
  }

  /**
   * Lets another configuration hold, as far as a running gateway can take it over: in all parts, or in none when one
   * of them refuses it.
   *
   * @param read gives that configuration when it is its turn
   * @param dryRun finds out what would happen
   * @throws what `read` or a part throws
   */
  reload(read: () => Config, dryRun: boolean): Promise<ConfigChanges> {
    const turn = this.#underWay.then(() => this.#reload(read(), dryRun));
    this.#underWay = turn.catch(() => {});
    return turn;
  }

  async #reload(next: Config, dryRun: boolean): Promise<ConfigChanges> {
    const changes = changesBetween(this.#config, next);
    const config = takenOver(this.#config, next);
    const ready: (() => void)[] = [];
    for (const prepare of this.#parts) ready.push(await prepare(config));
    if (!dryRun) {
      this.#config = config;
      for (const apply of ready) apply();
    }
    return changes;
  }
}
