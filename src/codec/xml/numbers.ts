import { type ExactTree, Numeral } from "../../primitive/content.ts";
import { operationNumber } from "../../primitive/primitive.ts";

const NUMBER = /^([+-]?)(\d*)(\.\d*)?([eE][+-]?\d+)?$/;
const INTEGER = /^-?(?:0|[1-9]\d*)$/;
/** Longer integers stay text: making a bigint of them costs more than their length. */
const MAX_DIGITS = 64;

/**
 * The number that an XML text stands for, every digit kept; undefined for anything else, INF and NaN included.
 *
 * What JSON cannot spell is respelled: `+5`, `007`, `.5`, `5.`.
 */
export function numberOf(text: string): number | bigint | Numeral | undefined {
  const [matched, sign, whole = "", fraction = "", exponent = ""] = NUMBER.exec(text) ?? [];
  if (matched === undefined || (whole === "" && fraction.length < 2)) return undefined;
  const digits = whole.replace(/^0+(?=\d)/, "") || "0";
  const written = `${sign === "-" ? "-" : ""}${digits}${fraction === "." ? "" : fraction}${exponent}`;
  const value = Number(written);
  if (String(value) === written) return value;
  return INTEGER.test(written) && written !== "-0" && written.length <= MAX_DIGITS
    ? BigInt(written)
    : new Numeral(written);
}

/** A number as xs:integer has it, without fraction and exponent, where its value is one (TS-0004, 8.4.2). */
export function integerText(number: number | bigint | Numeral): string {
  const text = number instanceof Numeral ? number.text : String(number);
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];
  if (fraction === "" && exponent === "0") return text;
  const digits = whole + fraction;
  const significant = digits.replace(/(?<!0)0+$/, "").length;
  const point = whole.length + Number(exponent);
  if (significant === 0) return `${sign}0`;
  const isShort = point <= MAX_DIGITS || exponent === "0";
  if (significant > point || !isShort) return text;
  return (
    sign +
    digits
      .slice(0, point)
      .padEnd(point, "0")
      .replace(/^0+(?=\d)/, "")
  );
}

/** As JSON and `String` spell numbers. */
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * Whether the `op` of a request, in any spelling, is that of an Update: then empty elements in its content stand for
 * null (TS-0004, 7.3.3.7).
 */
export function isUpdateNumber(op: ExactTree | undefined): boolean {
  const isNumber = typeof op === "number" || op instanceof Numeral;
  const text = isNumber ? integerText(op) : op;
  return typeof text === "string" && numberOf(text.trim()) === UPDATE;
}

const UPDATE = operationNumber("update");
