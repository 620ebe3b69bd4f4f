import { GatewayError } from "../../base/errors.ts";
import { type ExactTree, isExactObject, Numeral } from "../../primitive/content.ts";
import { jsonOf } from "../json/content.ts";
import type { Member } from "../schema/schema.ts";
import { integerText } from "./numbers.ts";
import { forbiddenAt } from "./scan.ts";
import { quoted, shortened } from "./shortened.ts";

export const notTranscodable = (about: string): GatewayError =>
  new GatewayError("GW_CONTENT_NOT_TRANSCODABLE", about);

/**
 * The text, not yet escaped, that a value is in XML; "" for null (TS-0004, 8.3.1).
 *
 * An object or a list has none but where the table takes anything: there it is its JSON text, since ACME takes any
 * JSON for `con` and XML has no spelling for it.
 *
 * @throws GatewayError GW_CONTENT_NOT_TRANSCODABLE
 */
export function valueText({ name, kind }: Member, value: ExactTree): string {
  if (value === null) return "";
  if (typeof value === "string") return allowed(name, value);
  if (typeof value === "boolean") return String(value);
  if (value instanceof Numeral || typeof value !== "object") {
    return kind === "integer" ? integerText(value) : jsonOf(value);
  }
  if (kind === "any") return allowed(name, jsonOf(value));
  throw notTranscodable(
    `${quoted(name)} has ${isExactObject(value) ? "an object" : "a list"} where XML has room for text only`,
  );
}

/** The text of one item of an xs:list. @throws GatewayError GW_CONTENT_NOT_TRANSCODABLE */
export function itemText(member: Member, item: ExactTree): string {
  const text = valueText(member, item);
  if (isWord(text)) return text;
  const shown = item === null ? "null" : JSON.stringify(shortened(text));
  throw notTranscodable(
    `${quoted(member.name)} has the item ${shown}, and in XML blanks separate the items of a list`,
  );
}

/** Whether a list of such scalars can be an xs:list. */
export const isItem = (item: ExactTree): boolean =>
  typeof item === "string"
    ? isWord(item)
    : item !== null && (typeof item !== "object" || item instanceof Numeral);

const isWord = (text: string): boolean => text !== "" && !/[ \t\r\n]/.test(text);

function allowed(name: string, text: string): string {
  const at = forbiddenAt(text);
  if (at < 0) return text;
  const code = text.charCodeAt(at).toString(16).toUpperCase().padStart(4, "0");
  throw notTranscodable(`${quoted(name)} has the character U+${code}, which XML cannot hold`);
}
