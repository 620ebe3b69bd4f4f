import { readFileSync } from "node:fs";
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from "yaml";
import type { Key } from "./keys.ts";
import type { Fault, Setting, Source } from "./settings.ts";
import { unknownName } from "./unknown-name.ts";

/** Reads the configuration file at `path`; that it cannot be read is a fault like any other. */
export function settingsOfFile(keys: ReadonlyMap<string, Key>, path: string): Source {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    // Whatever the file system has against it, the person who named the file can tell from its own words.
    const sentence = `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { settings: new Map(), faults: [{ where: path, key: undefined, sentence }] };
  }
  return settingsOfYaml(keys, text, path);
}

/**
 * Reads YAML text; `file` is its name in faults.
 *
 * Text that is not well-formed gives its syntax faults only: what a parser makes of the rest is guesswork.
 */
export function settingsOfYaml(keys: ReadonlyMap<string, Key>, text: string, file: string): Source {
  const lines = new LineCounter();
  // Our own walk reports a repeated key, with its whole path.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
  });
  const reading = new Reading(keys, document, (offset) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  });
  reading.readSyntax();
  if (reading.faults.length === 0 && document.contents !== null) reading.readTop(document.contents);
  return reading;
}

class Reading implements Source {
  readonly settings = new Map<string, Setting>();
  readonly faults: Fault[] = [];
  readonly #keys: ReadonlyMap<string, Key>;
  readonly #groups: ReadonlySet<string>;
  readonly #document: Document;
  readonly #whereOf: (offset: number) => string;

  constructor(
    keys: ReadonlyMap<string, Key>,
    document: Document.Parsed,
    whereOf: (offset: number) => string,
  ) {
    this.#keys = keys;
    this.#document = document;
    this.#whereOf = whereOf;
    this.#groups = new Set([...keys.keys()].flatMap(groupsOf));
  }

  readSyntax(): void {
    for (const { pos, message } of [...this.#document.errors, ...this.#document.warnings]) {
      this.#fault(pos[0], undefined, `this is not well-formed YAML: ${message}`);
    }
    visit(this.#document, {
      Alias: (_, node) => this.#fault(offsetOf(node), undefined, "YAML aliases are not read here"),
    });
  }

  readTop(contents: Node): void {
    if (!isMap(contents)) {
      this.#fault(offsetOf(contents), undefined, "must be a mapping of keys to values");
      return;
    }
    this.#readMembers(contents, "");
  }

  #readMembers(map: YAMLMap, prefix: string): void {
    const seen = new Set<string>();
    for (const pair of map.items) {
      const path = `${prefix}${keyText(pair)}`;
      if (seen.has(path)) this.#fault(offsetOf(pair.key), path, "this key is given twice");
      seen.add(path);
      const value = isNode(pair.value) ? pair.value : undefined;
      const isOnePart = !keyText(pair).includes(".");
      if (isOnePart && this.#groups.has(path)) this.#readGroup(pair, path, value);
      else this.#readLeaf(pair, path, value);
    }
  }

  #readGroup(pair: Pair, path: string, value: Node | undefined): void {
    if (isMap(value)) this.#readMembers(value, `${path}.`);
    else if (!isEmpty(value)) {
      this.#fault(offsetOf(value ?? pair.key), path, "must be a mapping of keys to values");
    }
  }

  #readLeaf(pair: Pair, path: string, value: Node | undefined): void {
    const key = this.#keys.get(path);
    // A key of several parts lies in its group; `http.listen:` at the top is a slip, not that key.
    if (key === undefined || keyText(pair).includes(".")) {
      const sentence =
        key === undefined
          ? unknownName("key", path, [...this.#keys.keys(), ...this.#groups])
          : `is written in a line for each part: ${path.replaceAll(".", ": and, indented below it, ")}:`;
      this.#fault(offsetOf(pair.key), path, sentence);
      return;
    }
    const offset = offsetOf(value ?? pair.key);
    if (isEmpty(value)) {
      this.#fault(offset, path, "has no value; leave the key out to get its default");
      return;
    }
    if (isMap(value)) this.#checkDistinct(value, path);
    const written: unknown = value?.toJS(this.#document);
    const result = key.reader.read(written);
    if ("sentence" in result) this.#fault(offset, path, result.sentence);
    else {
      this.settings.set(path, { value: result.value, where: this.#whereOf(offset), written });
      if (isMap(value)) this.#placeMembers(value, path);
    }
  }

  /** Where the members of a value are, for what is found out about them later; they are no keys themselves. */
  #placeMembers({ items }: YAMLMap, path: string): void {
    for (const pair of items) {
      const { value } = pair;
      const member = `${path}.${keyText(pair)}`;
      this.settings.set(member, { value: undefined, where: this.#whereOf(offsetOf(value)) });
      if (isMap(value)) this.#placeMembers(value, member);
    }
  }

  #checkDistinct({ items }: YAMLMap, path: string): void {
    const seen = new Set<string>();
    for (const pair of items) {
      const name = keyText(pair);
      if (seen.has(name)) this.#fault(offsetOf(pair.key), path, `${name} is given twice`);
      seen.add(name);
      if (isMap(pair.value)) this.#checkDistinct(pair.value, `${path}.${name}`);
    }
  }

  #fault(offset: number, key: string | undefined, sentence: string): void {
    this.faults.push({ where: this.#whereOf(offset), key, sentence });
  }
}

/** `ws` and `ws.tls` of `ws.tls.keys`. */
const groupsOf = (path: string): string[] =>
  [...path.matchAll(/\./g)].map(({ index }) => path.slice(0, index));

const isEmpty = (value: Node | undefined): boolean =>
  value === undefined || (isScalar(value) && value.value === null);

/** The text of a key, as it is written. */
export const keyText = ({ key }: Pair): string => (isScalar(key) ? String(key.value) : String(key));

/** Where a node begins. */
export const offsetOf = (node: unknown): number => (isNode(node) ? (node.range?.[0] ?? 0) : 0);
