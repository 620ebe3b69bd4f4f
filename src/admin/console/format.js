const STEPS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
];

/** A length of time in its two largest units: "2 h 13 min". @param ms below a second it is "0 s" */
export function lengthOf(ms) {
  const at = STEPS.findIndex(([, size]) => ms >= size);
  if (at === -1) return "0 s";
  const [unit, size] = STEPS[at];
  const whole = Math.floor(ms / size);
  const smaller = STEPS[at + 1];
  const rest = smaller && Math.floor((ms % size) / smaller[1]);
  return rest ? `${whole} ${unit} ${rest} ${smaller[0]}` : `${whole} ${unit}`;
}

/** A length of time to the millisecond where it is short: "34 ms", "12.137 s". */
export const fineLengthOf = (ms) =>
  ms < 1_000 ? `${ms} ms` : ms < 60_000 ? `${(ms / 1_000).toFixed(3)} s` : lengthOf(ms);

/** 1,234 */
export const countOf = (value) => value.toLocaleString("en");

/** "1 primitive", "2 primitives" */
export const numberOf = (value, word) => `${countOf(value)} ${word}${value === 1 ? "" : "s"}`;

/** A rate per second. */
export const rateOf = (value) =>
  value === undefined ? "–" : value >= 100 ? countOf(Math.round(value)) : value.toFixed(1);

/** "3.4 kB" */
export function bytesOf(bytes) {
  if (bytes < 1_000) return `${bytes} B`;
  const [unit, size] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${(bytes / size).toFixed(1)} ${unit}`;
}

/** Where and when the reader is: "14:03:09", with the date where that is another day than `now`. */
export function timeOf(at, now) {
  const date = new Date(at);
  const time = date.toLocaleTimeString("en-GB");
  return date.toDateString() === new Date(now).toDateString()
    ? time
    : `${date.toLocaleDateString("sv-SE")} ${time}`;
}

/** What is behind the last slash of an ID: the AE-ID-Stem of an AE. */
export const stemOf = (id) => id.slice(id.lastIndexOf("/") + 1);
