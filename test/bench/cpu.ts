import { readFileSync } from "node:fs";

/** USER_HZ, which Linux fixes at 100 for every program. */
const TICKS_PER_SECOND = 100;

/** Seconds of CPU, user and system, that process `pid` has used so far in all its threads; NaN where there is no /proc. */
export function cpuSecondsOf(pid: number): number {
  if (process.platform !== "linux") return Number.NaN;
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The second field is the program's name in parentheses and may hold blanks: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
