import type { Numeral } from "../../primitive/content.ts";

/** What CBOR has for a number: an integer of 64 bits and a sign, or a double. */
export type CborNumber = { readonly integer: number | bigint } | { readonly double: number };

const SMALLEST = -(2n ** 64n);
const LARGEST = 2n ** 64n - 1n;
/** Digits of the longest such integer. */
const LONGEST = 20;
/** Digits, sign and point of decimals that all have a double of their own. */
const SURE = 15;

/**
 * What carries exactly the value of `number`; undefined when nothing does.
 *
 * A double stands for the shortest decimal that reads as this double. That is what JSON makes of it again, so what
 * comes from JSON is the same when it returns there; where several decimals read as one double, the others are refused.
 */
export function cborNumberOf(number: number | bigint | Numeral): CborNumber | undefined {
  if (typeof number === "number") {
    if (Number.isSafeInteger(number)) return { integer: number };
    if (!Number.isInteger(number)) return Number.isFinite(number) ? { double: number } : undefined;
    return decimalNumber(String(number));
  }
  if (typeof number === "bigint") {
    return isCborInteger(number) ? { integer: number } : decimalNumber(String(number));
  }
  const { text } = number;
  // So few digits a double carries, whatever they are.
  if (text.length <= SURE && !/[eE]/.test(text)) {
    const value = Number(text);
    return Number.isInteger(value) ? { integer: value } : { double: value };
  }
  return decimalNumber(text);
}

const isCborInteger = (value: bigint): boolean => value >= SMALLEST && value <= LARGEST;

function decimalNumber(text: string): CborNumber | undefined {
  const decimal = decimalOf(text);
  if (decimal.digits === "") return { integer: 0 };
  const integer = integerOf(decimal);
  if (integer !== undefined && isCborInteger(integer)) return { integer };
  const double = Number(text);
  if (!Number.isFinite(double)) return undefined;
  const carried = decimalOf(String(double));
  const isSame = carried.digits === decimal.digits && carried.exponent === decimal.exponent;
  return isSame ? { double } : undefined;
}

/** `digits` times ten to the power of `exponent`; no zeros at either end, so that equal values look equal. */
interface Decimal {
  readonly sign: string;
  readonly digits: string;
  readonly exponent: number;
}

function decimalOf(text: string): Decimal {
  const [, sign = "", whole = "", fraction = "", power = "0"] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const all = whole + fraction;
  let start = 0;
  while (all.charAt(start) === "0") start += 1;
  let end = all.length;
  while (end > start && all.charAt(end - 1) === "0") end -= 1;
  const exponent = Number(power) - fraction.length + (all.length - end);
  return { sign, digits: all.slice(start, end), exponent };
}

function integerOf({ sign, digits, exponent }: Decimal): bigint | undefined {
  if (exponent < 0 || digits.length + exponent > LONGEST) return undefined;
  return BigInt(sign + digits + "0".repeat(exponent));
}
