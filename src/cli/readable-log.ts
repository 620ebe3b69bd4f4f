/** Where log records go: one JSON object per call, with its line end. */
export interface LogDestination {
  write(line: string): void;
}

const LEVELS = new Map([
  [10, "trace"],
  [20, "debug"],
  [30, "info"],
  [40, "warn"],
  [50, "error"],
  [60, "fatal"],
]);
const OWN_COLUMN = new Set(["level", "time", "msg", "pid", "hostname"]);

/** Turns log records into lines for a person at a terminal: `06:15:02 info  registree bound  link=l1 registree=/id-in/C1`. */
export function readableLog(write: (text: string) => void): LogDestination {
  return {
    write: (line) => {
      const record = recordOf(line);
      write(record === undefined ? line : `${readable(record)}\n`);
    },
  };
}

function recordOf(line: string): Record<string, unknown> | undefined {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === "object" && record !== null ? { ...record } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function readable(record: Readonly<Record<string, unknown>>): string {
  const { level, time, msg } = record as { level?: number; time?: string | number; msg?: string };
  const at = new Date(time ?? 0).toTimeString().slice(0, 8);
  const fields = Object.entries(record)
    .filter(([name]) => !OWN_COLUMN.has(name))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const severity = (LEVELS.get(level ?? 0) ?? `${level}`).padEnd(5);
  return [`${at} ${severity} ${msg ?? ""}`, ...fields].join("  ");
}
