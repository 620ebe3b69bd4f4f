/** What a process did to one file before it did something else. */
export interface Writes {
  /** In the time that was looked at. */
  readonly made: number;
  /** Those, and any from before, that were not on disk at its end. */
  readonly unflushed: number;
}

const WRITES = /^(write|writev|pwrite64|pwritev|pwritev2)\((\d+)</;
const FLUSHES = /^(fdatasync|fsync|msync)\(.*\) += 0$/;
const OPENED = /^openat\(.*\) += (\d+)</;
const UNFINISHED = " <unfinished ...>";

/**
 * Reads a trace of `strace -f -y` from its beginning.
 *
 * @param file the end of its path; what is written to it past the page cache (O_DSYNC, O_SYNC) is on disk at once
 * @param from what a line has to contain to begin the time that is looked at
 * @param to the same for the first line behind it that ends it
 * @throws Error when there is no such line
 */
export function writesBetween(
  trace: string,
  file: string,
  from: readonly string[],
  to: readonly string[],
): Writes {
  const has = (line: string, all: readonly string[]) => all.every((part) => line.includes(part));
  const disk = new Disk(file);
  const begun = new Map<string, string>();
  let before: number | undefined;
  for (const line of trace.split("\n")) {
    const [, pid = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    // What ends it counts as soon as it begins, everything else when it is done.
    if (before !== undefined && has(text, to)) {
      return { made: disk.writes - before, unflushed: disk.unflushed };
    }
    if (text.endsWith(UNFINISHED)) {
      begun.set(pid, text.slice(0, -UNFINISHED.length));
      continue;
    }
    const call = text.replace(/^<\.\.\. \w+ resumed>/, () => begun.get(pid) ?? "");
    if (has(call, from)) before = disk.writes;
    disk.see(call);
  }
  throw new Error(`no ${(before === undefined ? from : to).join(" … ")} in the trace`);
}

/** What one file has of what was written to it. */
class Disk {
  readonly #file: string;
  /** Descriptors whose writes are on disk when they return. */
  readonly #direct = new Set<string>();
  writes = 0;
  unflushed = 0;

  constructor(file: string) {
    this.#file = file;
  }

  see(call: string): void {
    const opened = OPENED.exec(call)?.[1];
    if (opened !== undefined) {
      const isDirect = call.includes(`${this.#file}"`) && /O_D?SYNC/.test(call);
      if (isDirect) this.#direct.add(opened);
      else this.#direct.delete(opened);
    }
    if (!call.includes(`${this.#file}>`)) return;
    if (FLUSHES.test(call)) this.unflushed = 0;
    const written = WRITES.exec(call)?.[2];
    if (written === undefined) return;
    this.writes += 1;
    if (!this.#direct.has(written)) this.unflushed += 1;
  }
}
