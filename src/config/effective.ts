import { LIVE_KEYS } from "./changes.ts";
import type { Leaf } from "./leaf.ts";
import type { Config } from "./schema.ts";
import { leavesByPath } from "./schema.ts";

/** One key with what holds, and who says so. */
export interface EffectiveKey {
  readonly key: string;
  /** In the form of a file; undefined where there is none. */
  readonly value: unknown;
  /** `default`, or `file:line:column`, a variable, or an option. */
  readonly origin: string;
  /** A running gateway takes another value over. */
  readonly live: boolean;
}

/** Every key, in the order of the schema. Passwords in URLs are masked; other secrets are in files. */
export function effectiveKeys(config: Config): readonly EffectiveKey[] {
  return [...leavesByPath()].map(([key, schema]) => {
    const origin = config.origins.get(key);
    // Where to put the state is always known, and what a person looks for first.
    const unset = key === "stateDir" ? config.stateDir : (schema as unknown as Leaf).default;
    return {
      key,
      value: masked(origin === undefined ? unset : origin.written),
      origin: origin?.where ?? "default",
      live: LIVE_KEYS.some((one) => key === one || key.startsWith(`${one}.`)),
    };
  });
}

function masked(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(/:\/\/[^/\s@]*@/g, "://***@");
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, masked(member)]));
}
