/** The code of a system's or library's error; "" without one. Of several errors the first says it. */
export function codeOf(error: unknown): string {
  const first = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  return first instanceof Error && "code" in first ? String(first.code) : "";
}
