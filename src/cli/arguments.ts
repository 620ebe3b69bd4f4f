import { leavesByPath } from "../config/schema.ts";

export interface OptionSpec {
  /** What stands for its value in the help; undefined for an option that takes none. */
  readonly value: string | undefined;
  readonly short?: string;
  readonly text: string;
}

export interface CommandSpec {
  readonly summary: string;
  /** What may follow the options; undefined when nothing may. */
  readonly operands?: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Every other long option is a key of the configuration. */
  readonly configKeys?: true;
}

export interface Arguments {
  /** By long name, without dashes; an option without a value is "true". */
  readonly options: ReadonlyMap<string, string>;
  /** Text by what should be a key path; `loadConfig` knows whether it is one. */
  readonly configFlags: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/** What is wrong with a command line, in one sentence. */
export interface UsageFault {
  readonly usage: string;
}

export const HELP: OptionSpec = { value: undefined, short: "h", text: "Print this help." };

/** Reads `--name value`, `--name=value`, `-n value` and operands; after `--` all are operands. The last of equals wins. */
export function parseArguments(argv: readonly string[], spec: CommandSpec): Arguments | UsageFault {
  const reading = new Reading(argv, spec);
  const usage = reading.read();
  return usage === undefined ? reading : { usage };
}

class Reading implements Arguments {
  readonly options = new Map<string, string>();
  readonly configFlags = new Map<string, string>();
  readonly operands: string[] = [];
  readonly #rest: string[];
  readonly #spec: CommandSpec;
  readonly #known: ReadonlyMap<string, OptionSpec>;

  constructor(argv: readonly string[], spec: CommandSpec) {
    this.#rest = [...argv];
    this.#spec = spec;
    this.#known = new Map(Object.entries({ ...spec.options, help: HELP }));
  }

  /** @returns the first thing that is wrong */
  read(): string | undefined {
    for (let next = this.#rest.shift(); next !== undefined; next = this.#rest.shift()) {
      if (next === "--") this.operands.push(...this.#rest.splice(0));
      else if (next.startsWith("-") && next !== "-") {
        const usage = this.#readOption(next);
        if (usage !== undefined) return usage;
      } else this.operands.push(next);
    }
    const [extra] = this.operands;
    return extra !== undefined && this.#spec.operands === undefined
      ? `"${extra}" is not expected here`
      : undefined;
  }

  #readOption(word: string): string | undefined {
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    const spelled = equals < 0 ? word : word.slice(0, equals);
    const inline = equals < 0 ? undefined : word.slice(equals + 1);
    const name = this.#nameOf(spelled);
    const option = this.#known.get(name ?? "");
    if (name !== undefined && option !== undefined) {
      return option.value === undefined
        ? this.#take(this.options, name, spelled, inline ?? "true")
        : this.#take(this.options, name, spelled, inline ?? this.#value());
    }
    if (name === undefined || this.#spec.configKeys === undefined) {
      return `there is no option ${spelled}`;
    }
    return this.#take(this.configFlags, name, spelled, inline ?? this.#configValue(name));
  }

  #nameOf(spelled: string): string | undefined {
    if (spelled.startsWith("--")) return spelled.slice(2);
    return [...this.#known].find(([, { short }]) => `-${short}` === spelled)?.[0];
  }

  #take(
    into: Map<string, string>,
    name: string,
    spelled: string,
    value: string | undefined,
  ): string | undefined {
    if (value === undefined) return `${spelled} needs a value`;
    into.set(name, value);
    return undefined;
  }

  /** The next word, unless it is an option itself. */
  #value(): string | undefined {
    return this.#rest[0]?.startsWith("--") === true ? undefined : this.#rest.shift();
  }

  #configValue(path: string): string | undefined {
    const boolean = leavesByPath().get(path)?.["type"] === "boolean";
    if (!boolean) return this.#value();
    return /^(true|false)$/.test(this.#rest[0] ?? "") ? this.#rest.shift() : "true";
  }
}
