/** What a proxy answered to CONNECT. */
export interface ConnectAnswer {
  readonly status: number;
  /** It would take Basic credentials, or has not said what it takes (RFC 9110, 11.7.1). */
  readonly takesBasic: boolean;
  /** Bytes it takes; what follows already belongs to the tunnel (RFC 9110, 9.3.6). */
  readonly length: number;
}

/** Bytes that the head of an answer may have, those of interim responses before it included. */
export const LONGEST_HEAD = 16 * 1024;

const STARTS_LIKE_HTTP = "HTTP/1.";
const STATUS_LINE = /^HTTP\/1\.\d (\d{3})(?!\d)/;
/** A line may end in LF alone (RFC 9112, 2.2). */
const END_OF_HEAD = /\r?\n\r?\n/;
const QUOTED = /"(?:\\.|[^"\\])*"/g;

/**
 * The answer that `bytes` begin with, interim responses skipped (RFC 9110, 15.2).
 *
 * @returns undefined while some of it is missing, `broken` with the reason when it can be none
 */
export function connectAnswerIn(
  bytes: Buffer,
): ConnectAnswer | { readonly broken: string } | undefined {
  const text = bytes.subarray(0, LONGEST_HEAD).toString("latin1");
  let start = 0;
  for (;;) {
    const rest = text.slice(start);
    if (!STARTS_LIKE_HTTP.startsWith(rest.slice(0, STARTS_LIKE_HTTP.length))) return NOT_HTTP;
    const end = END_OF_HEAD.exec(rest);
    if (end === null) {
      return bytes.length < LONGEST_HEAD
        ? undefined
        : { broken: `its answer has a header of more than ${LONGEST_HEAD} bytes` };
    }
    const status = Number(STATUS_LINE.exec(rest)?.[1]);
    if (Number.isNaN(status)) return NOT_HTTP;
    start += end.index + end[0].length;
    // 101 is no interim response, and nobody has asked for it.
    if (status >= 200 || status === 101) {
      return { status, takesBasic: takesBasic(rest.slice(0, end.index)), length: start };
    }
  }
}

const NOT_HTTP = {
  broken: "its answer is not HTTP/1.x; is it a proxy, and is its URL right about TLS?",
} as const;

/** Challenges stand in one field or several, with commas between them and within them. */
function takesBasic(head: string): boolean {
  const challenges = head
    .split(/\r?\n/)
    .filter((line) => /^proxy-authenticate[ \t]*:/i.test(line))
    .map((line) => line.slice(line.indexOf(":") + 1).replace(QUOTED, ""));
  if (challenges.length === 0) return true;
  return challenges.some((text) => /(?:^|,)\s*basic(?:\s|,|$)/i.test(text));
}
