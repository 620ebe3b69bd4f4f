import { type TUnsafe, Type } from "@sinclair/typebox";
import type { Millis } from "../base/clock.ts";
import type { WeeklyWindow } from "../base/weekly-windows.ts";
import type { Endpoint, Network } from "./addresses.ts";

/** What names of resources, paths and identifiers consist of, as a pattern. */
export const NAME = "[A-Za-z0-9][A-Za-z0-9._-]*";

/** What every key says about itself, beside its JSON Schema for the form it has in the file. */
export interface Leaf {
  readonly type: "string" | "boolean" | "integer" | "array" | "object";
  /** One sentence. */
  readonly description: string;
  /** In the form it has in the file; undefined when `absent` says what its absence means. */
  readonly default?: unknown;
  /** What holds while the key is not set and there is no default. */
  readonly absent?: string;
  /** What its value must be, to follow "must be", its range included. */
  readonly expects: string;
  /** The values it can have, for documentation; undefined where the description says enough. */
  readonly range?: string;
  /** A value for the example file where there is no default. */
  readonly example?: string;
  /** Values that are refused for a reason of their own, with the sentence that says it; such a value is not shown. */
  readonly refused?: { readonly pattern: string; readonly sentence: string };
}

interface Described {
  readonly description: string;
}
interface Ranged extends Described {
  readonly default: string;
  readonly minimum: string;
  readonly maximum: string;
}
interface OptionalText extends Described {
  readonly absent: string;
  readonly example: string;
  readonly refused?: Leaf["refused"];
}
interface TextForm {
  readonly pattern: string;
  readonly expects: string;
}

/** A length of time, with its unit in the file. */
export const Duration = (facts: Ranged): TUnsafe<Millis> => Type.Unsafe<Millis>(duration(facts));

/** The same where its absence means something. */
export const OptionalDuration = (
  facts: Omit<Ranged, "default"> & OptionalText,
): TUnsafe<Millis | undefined> => Type.Unsafe<Millis | undefined>(duration(facts));

const duration = ({ minimum, maximum, ...rest }: Omit<Ranged, "default">): object => ({
  ...rest,
  type: "string",
  format: "duration",
  formatMinimum: minimum,
  formatMaximum: maximum,
  range: `${minimum} to ${maximum}`,
  expects: `a length of time with its unit (ms, s, m, h, d) from ${minimum} to ${maximum}`,
});

/** A number of bytes, with its unit in the file. */
export function Size({ minimum, maximum, ...rest }: Ranged): TUnsafe<number> {
  return Type.Unsafe<number>({
    ...rest,
    type: "string",
    format: "size",
    formatMinimum: minimum,
    formatMaximum: maximum,
    range: `${minimum} to ${maximum}`,
    expects: `a size with its unit (B, KiB, MiB, GiB) from ${minimum} to ${maximum}`,
  });
}

export function Count(
  facts: Described & {
    readonly default: number;
    readonly minimum: number;
    readonly maximum: number;
  },
): TUnsafe<number> {
  return Type.Unsafe<number>({
    ...facts,
    type: "integer",
    range: `${facts.minimum} to ${facts.maximum}`,
    expects: `a whole number from ${facts.minimum} to ${facts.maximum}`,
  });
}

export function Switch(facts: Described & { readonly default: boolean }): TUnsafe<boolean> {
  return Type.Unsafe<boolean>({ ...facts, type: "boolean", expects: "true or false" });
}

export function Choice<const T extends string>(
  values: readonly [T, ...T[]],
  facts: Described & { readonly default: NoInfer<T> },
): TUnsafe<T> {
  return Type.Unsafe<T>({
    ...facts,
    type: "string",
    enum: values,
    range: values.join(", "),
    expects: `one of ${values.join(", ")}`,
  });
}

export function Text(facts: Described & TextForm & { readonly default: string }): TUnsafe<string> {
  return Type.Unsafe<string>({ ...facts, type: "string" });
}

export function OptionalText(facts: OptionalText & TextForm): TUnsafe<string | undefined> {
  return Type.Unsafe<string | undefined>({ ...facts, type: "string" });
}

/** An http:// or https:// base URL. */
export function OptionalUrl(facts: OptionalText): TUnsafe<string | undefined> {
  return Type.Unsafe<string | undefined>({
    ...facts,
    type: "string",
    format: "http-url",
    expects: "an http:// or https:// URL without user name, query or fragment",
  });
}

/** The same, or a ws:// or wss:// one. */
export function OptionalCseUrl(facts: OptionalText): TUnsafe<string | undefined> {
  return Type.Unsafe<string | undefined>({
    ...facts,
    type: "string",
    format: "cse-url",
    expects: "an http://, https://, ws:// or wss:// URL without user name, query or fragment",
  });
}

/** Where to listen: `host:port`. */
export function Listen(facts: Described & { readonly default: string }): TUnsafe<Endpoint> {
  return Type.Unsafe<Endpoint>({
    ...facts,
    type: "string",
    format: "endpoint",
    expects: "host:port with a port from 0 to 65535, an IPv6 address in brackets",
  });
}

export function Networks(
  facts: Described & { readonly default?: readonly string[] },
): TUnsafe<readonly Network[]> {
  return Type.Unsafe<readonly Network[]>({
    default: [],
    ...facts,
    type: "array",
    items: { type: "string", format: "network" },
    expects: "a list of networks such as 10.0.0.0/8 or fd00::/8",
  });
}

export function Texts({ pattern, ...facts }: Described & TextForm): TUnsafe<readonly string[]> {
  return Type.Unsafe<readonly string[]>({
    ...facts,
    default: [],
    type: "array",
    items: { type: "string", pattern },
  });
}

/** Parts of every week; none of them means always. */
export function Windows(facts: Described): TUnsafe<readonly WeeklyWindow[]> {
  return Type.Unsafe<readonly WeeklyWindow[]>({
    ...facts,
    default: [],
    type: "array",
    items: { type: "string", format: "windows" },
    expects: "a list of times of the week in UTC such as 02:00-04:00 or Mon-Fri 22:00-06:00",
  });
}

/** At least one text, none twice. */
export function SomeTexts({
  pattern,
  ...facts
}: Described & TextForm & { readonly default: readonly string[] }): TUnsafe<readonly string[]> {
  return Type.Unsafe<readonly string[]>({
    ...facts,
    type: "array",
    items: { type: "string", pattern },
    minItems: 1,
    uniqueItems: true,
  });
}

/** Some of a few values, at least one, none twice. */
export function Choices<const T extends string>(
  values: readonly T[],
  facts: Described & { readonly default: readonly T[] },
): TUnsafe<readonly T[]> {
  return Type.Unsafe<readonly T[]>({
    ...facts,
    type: "array",
    items: { enum: values },
    minItems: 1,
    uniqueItems: true,
    expects: `a list of ${values.join(", ")}`,
  });
}
