import { Numeral } from "../../primitive/content.ts";

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
  if (!(number instanceof Numeral)) return String(number);
  const { text } = number;
  const whole = /^(-?\d+)\.0+$/.exec(text)?.[1];
  if (whole !== undefined) return whole;
  const value = Number(text);
  return /[eE]/.test(text) && Number.isSafeInteger(value) ? String(value) : text;
}
