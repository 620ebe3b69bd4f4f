import { isUtf8 } from "node:buffer";
import { GatewayError } from "../../base/errors.ts";
import {
  type Content,
  type Edit,
  type ExactTree,
  Numeral,
  type Tree,
} from "../../primitive/content.ts";
import {
  checkJson,
  DEEPEST,
  isObjectAt,
  JsonFault,
  MAX_DEPTH,
  type Member,
  membersAt,
} from "./scan.ts";
import { parseExactJson, parseJson } from "./tree.ts";

/** Reads content alone, as an HTTP body has it. @throws GatewayError GW_CONTENT_MALFORMED */
export function decodeJsonContent(bytes: Uint8Array, nesting = MAX_DEPTH): Content {
  const text = utf8Text(bytes);
  if (text === undefined) throw new GatewayError("GW_CONTENT_MALFORMED", NO_UTF8);
  try {
    return new JsonContent(text, checkJson(text, nesting));
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw new GatewayError("GW_CONTENT_MALFORMED", {
      detail: `JSON with ${error.message}`,
      cause: error,
    });
  }
}

/** The JSON text of any content: as received where it came as JSON. */
export function jsonTextOf(content: Content): string {
  return content instanceof JsonContent ? content.text : jsonOf(content.exact());
}

/** As JSON.stringify, and numbers with all their digits. */
export function jsonOf(tree: ExactTree): string {
  if (typeof tree !== "object" || tree === null) return digitsOf(tree);
  try {
    return JSON.stringify(tree);
  } catch (error) {
    // A number that is no double lies somewhere in it.
    if (!(error instanceof TypeError)) throw error;
    return digitsOf(tree);
  }
}

function digitsOf(tree: ExactTree): string {
  if (typeof tree === "bigint") return String(tree);
  if (tree instanceof Numeral) return tree.text;
  if (typeof tree !== "object" || tree === null) return JSON.stringify(tree);
  if (Array.isArray(tree)) return `[${tree.map(digitsOf).join(",")}]`;
  const members = Object.entries(tree).map(
    ([name, value]) => `${JSON.stringify(name)}:${digitsOf(value)}`,
  );
  return `{${members.join(",")}}`;
}

export const NO_UTF8 = "the bytes are not UTF-8";

/** The bytes as text; undefined when they are not UTF-8. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** Content that came in as JSON: the text as it was sent. Whoever makes one has checked the text. */
export class JsonContent implements Content {
  readonly serialization = "json";
  readonly text: string;
  readonly #root: string | undefined;

  /** @param root name of its only member, if it is an object with exactly one */
  constructor(text: string, root: string | undefined) {
    this.text = text;
    this.#root = root;
  }

  get size(): number {
    return this.text.length;
  }

  root(): string | undefined {
    return this.#root;
  }

  tree(): Tree {
    return parseJson(this.text, "round");
  }

  exact(keep: "values" | "digits" = "digits"): ExactTree {
    return parseExactJson(this.text, keep);
  }

  mentions(text: string): boolean {
    if (this.text.includes(text)) return true;
    // Escapes can hide it: `\/` is common, and any character may be written as one.
    return (
      this.text.includes("\\") && jsonOf(this.tree()).includes(JSON.stringify(text).slice(1, -1))
    );
  }

  edited(edits: readonly Edit[]): Content {
    const text = edits.reduce((before, edit) => spliced(before, edit.path, edit.value), this.text);
    return new JsonContent(text, checkJson(text, DEEPEST));
  }
}

/** `text` with the value at `path` replaced, added at the end of its object, or taken out; objects on the way are made. */
function spliced(text: string, path: readonly string[], value: Tree | undefined): string {
  let at = 0;
  for (const [depth, name] of path.entries()) {
    const members = membersAt(text, at);
    const found = members.findIndex((member) => member.name === name);
    const member = members[found];
    const rest = path.slice(depth + 1);
    if (member === undefined) {
      return value === undefined ? text : withMember(text, at, members, name, nested(rest, value));
    }
    if (rest.length === 0) {
      return value === undefined
        ? withoutMember(text, members, found)
        : text.slice(0, member.start) + jsonOf(value) + text.slice(member.end);
    }
    if (!isObjectAt(text, member.start)) return text;
    at = member.start;
  }
  return text;
}

const nested = (path: readonly string[], value: Tree): Tree =>
  path.reduceRight<Tree>((inner, name) => ({ [name]: inner }), value);

function withMember(
  text: string,
  object: number,
  members: Member[],
  name: string,
  value: Tree,
): string {
  const written = `${JSON.stringify(name)}:${jsonOf(value)}`;
  const last = members.at(-1);
  if (last !== undefined) return `${text.slice(0, last.end)},${written}${text.slice(last.end)}`;
  const brace = text.indexOf("{", object) + 1;
  return text.slice(0, brace) + written + text.slice(brace);
}

function withoutMember(text: string, members: Member[], index: number): string {
  const member = members[index] as Member;
  const next = members[index + 1];
  if (next !== undefined) return text.slice(0, member.nameStart) + text.slice(next.nameStart);
  const before = members[index - 1];
  return text.slice(0, before?.end ?? member.nameStart) + text.slice(member.end);
}
