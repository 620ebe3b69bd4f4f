import { type ExactTree, isExactObject, Numeral } from "../../src/primitive/content.ts";
import { contentOf } from "./json/using-json.ts";

/** A text that two trees share when they say the same: numbers by value, members in any order. */
export function sayingOf(tree: ExactTree): string {
  if (Array.isArray(tree)) return `[${tree.map(sayingOf).join(",")}]`;
  if (isExactObject(tree)) return braced(Object.entries(tree).map(([n, v]) => [n, sayingOf(v)]));
  const number = numeralIn(tree);
  return number === undefined ? JSON.stringify(tree) : decimalOf(number);
}

/**
 * The same for what XML can tell apart.
 *
 * It has one spelling for all that is empty, for one item and a list of it, and for a list and its items between
 * blanks; where no table says better, numbers and booleans come back as texts, and what stands under `any` as the text
 * of its JSON. Names of the core come back with or without prefix.
 */
export function sayingInXml(tree: ExactTree): string {
  if (Array.isArray(tree)) return listInXml(tree);
  if (isExactObject(tree)) {
    const entries = Object.entries(tree)
      .map(([name, value]): [string, string] => [name.replace(/^m2m:/, ""), sayingInXml(value)])
      .filter(([, value]) => value !== "");
    const [only] = entries;
    if (only?.[0] === "val" && entries.length === 1) return only[1];
    return entries.length === 0 ? "" : braced(entries);
  }
  const number = numeralIn(tree);
  return tree === null ? "" : textInXml(number ?? String(tree));
}

function listInXml(items: readonly ExactTree[]): string {
  const full = items.filter((item) => sayingInXml(item) !== "");
  const said = full.map(sayingInXml);
  const isPlain = full.every((item) => !Array.isArray(item) && !isExactObject(item));
  return isPlain || said.length < 2 ? said.join(" ") : `[${said.join(",")}]`;
}

function textInXml(text: string): string {
  const words = text.split(/[ \t\r\n]+/).filter((word) => word !== "");
  if (/^[[{]/.test(text)) {
    const inside = treeIn(text);
    if (inside !== undefined) return sayingInXml(inside);
  }
  return words.map(wordInXml).join(" ");
}

function wordInXml(word: string): string {
  if (word === "true") return "1";
  if (word === "false") return "0";
  const digits = /^\+?(-?)0*(\d*(?:\.\d*)?(?:[eE][+-]?\d+)?)$/.exec(word);
  return digits === null || !/\d/.test(word) ? word : decimalOf(`${digits[1]}0${digits[2]}`);
}

function treeIn(text: string): ExactTree | undefined {
  try {
    return contentOf(text).exact();
  } catch {
    return undefined;
  }
}

function braced(entries: [string, string][]): string {
  const members = entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`);
  return `{${members.sort().join(",")}}`;
}

function numeralIn(tree: ExactTree): string | undefined {
  if (tree instanceof Numeral) return tree.text;
  return typeof tree === "number" || typeof tree === "bigint" ? String(tree) : undefined;
}

/** One spelling for each value: digits without zeros at either end, times a power of ten; zero has no sign. */
function decimalOf(text: string): string {
  const [, sign = "", whole = "", fraction = "", power = "0"] =
    /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  if (digits === "") return "0";
  return `${sign}${digits}e${Number(power) - fraction.length + all.length - digits.length}`;
}
