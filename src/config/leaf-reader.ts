import type { TUnsafe } from "@sinclair/typebox";
import { Ajv, type ValidateFunction } from "ajv";
import formatsPlugin from "ajv-formats";
import { parse } from "yaml";
import { veiled } from "../base/veiled.ts";
import { parseWindows } from "../base/weekly-windows.ts";
import { parseCseUrl, parseEndpoint, parseHttpUrl, parseNetwork } from "./addresses.ts";
import type { Leaf } from "./leaf.ts";
import { parseDuration, parseSize } from "./units.ts";

/** How a value that is text in the file becomes what the program works with. */
const CONVERSIONS: ReadonlyMap<unknown, (text: string) => unknown> = new Map<
  string,
  (text: string) => unknown
>([
  ["duration", parseDuration],
  ["size", parseSize],
  ["endpoint", parseEndpoint],
  ["http-url", parseHttpUrl],
  ["cse-url", parseCseUrl],
  ["network", parseNetwork],
  ["windows", parseWindows],
]);

/** The value the program works with, or the sentence that says what is wrong. */
export type LeafResult = { readonly value: unknown } | { readonly sentence: string };

/** Reads the values of one key, from the form they have in the file. */
export class LeafReader {
  readonly leaf: Leaf;
  readonly #schema: TUnsafe<unknown>;
  readonly #ajv: Ajv;
  /** Made when a value is read: most keys are never set, and making it is dear. */
  #valid: ValidateFunction | undefined;
  readonly #convert: (value: unknown) => unknown;

  /** @param ajv from `makeAjv`; one serves all leaves */
  constructor(schema: TUnsafe<unknown>, ajv: Ajv) {
    // The constructors above are the only makers of leaves, and each gives what Leaf asks for.
    this.leaf = schema as unknown as Leaf;
    this.#schema = schema;
    this.#ajv = ajv;
    this.#convert = conversionOf(schema);
  }

  read(value: unknown): LeafResult {
    this.#valid ??= this.#ajv.compile(this.#schema);
    if (this.#valid(value)) return { value: this.#convert(value) };
    const { refused, expects } = this.leaf;
    if (
      typeof value === "string" &&
      refused !== undefined &&
      new RegExp(refused.pattern).test(value)
    ) {
      return { sentence: refused.sentence };
    }
    const [fault] = this.#valid.errors ?? [];
    const at = this.#isStructured && fault?.instancePath ? ` (see ${fault.instancePath})` : "";
    return { sentence: `must be ${expects}, but is ${this.#shown(value)}${at}` };
  }

  /** Where one text is expected, lists and mappings may be what belongs into a file of secrets. */
  #shown(value: unknown): string {
    const isOneText = this.leaf.type === "string" && typeof value === "object" && value !== null;
    return isOneText ? `a ${Array.isArray(value) ? "list" : "mapping"}` : shown(value);
  }

  /** Items have members of their own, and are written as in the file wherever they are written. */
  get #isStructured(): boolean {
    return (this.#schema["items"] as { type?: string } | undefined)?.type === "object";
  }

  /** What the program works with while the key is not set. */
  defaultValue(): unknown {
    const { default: text } = this.leaf;
    return text === undefined ? undefined : this.#convert(text);
  }

  /** The same as `read` for text of the environment or the command line, where commas separate the items of a list. */
  readText(text: string): LeafResult {
    switch (this.leaf.type) {
      case "boolean":
        return this.read(text === "true" ? true : text === "false" ? false : text);
      case "integer":
        return this.read(/^\d+$/.test(text) ? Number(text) : text);
      case "array":
        return this.read(this.#isStructured ? structureIn(text) : partsOf(text));
      case "object":
        return this.read(text.startsWith("{") ? structureIn(text) : pairsIn(partsOf(text)));
      case "string":
        return this.read(text);
    }
  }
}

const partsOf = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** A flow sequence or mapping of YAML, such as JSON; text that is none stays what it is, and is refused as such. */
function structureIn(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

/** `hd=http://a,v=urn:v`, as it stands in the environment and on the command line, in the form of the file. */
function pairsIn(parts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    parts.map((part) => {
      const [name = "", ...value] = part.split("=");
      return [name, value.join("=")];
    }),
  );
}

function conversionOf(schema: TUnsafe<unknown>): (value: unknown) => unknown {
  const convert = CONVERSIONS.get(schema["format"]);
  if (convert !== undefined) return (value) => convert(value as string);
  if (schema["type"] === "object") return (value) => new Map(Object.entries(value as object));
  const each = CONVERSIONS.get((schema["items"] as { format?: string } | undefined)?.format);
  return each === undefined ? (value) => value : (value) => (value as string[]).flatMap(each);
}

/** A validator that knows the formats and annotations of leaves. */
export function makeAjv(): Ajv {
  const ajv = new Ajv();
  formatsPlugin.default(ajv, { formats: [], keywords: true });
  ajv.addVocabulary(["absent", "expects", "range", "example", "refused"]);
  for (const [name, parse] of [
    ["duration", parseDuration],
    ["size", parseSize],
  ] as const) {
    ajv.addFormat(name, {
      type: "string",
      validate: (text: string) => parse(text) !== undefined,
      compare: (a: string, b: string) => (parse(a) ?? 0) - (parse(b) ?? 0),
    });
  }
  for (const [name, parse] of [
    ["endpoint", parseEndpoint],
    ["http-url", parseHttpUrl],
    ["cse-url", parseCseUrl],
    ["network", parseNetwork],
    ["windows", parseWindows],
  ] as const) {
    ajv.addFormat(name, (text: string) => parse(text) !== undefined);
  }
  return ajv;
}

/** In each text of JSON what stands before the last @, but for the scheme of a URL. */
const BEFORE_HOST = /"(\w+:\/\/)?(?:[^"\\]|\\.)*@/g;

/** A value for a sentence: short, and without the password a URL may carry. */
function shown(value: unknown): string {
  const json = JSON.stringify(value)?.replace(BEFORE_HOST, '"$1***@');
  const text = veiled(json ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
