/** What belongs to one hop only (RFC 9110, 7.6.1), and what undici or the next server writes itself. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

/** Header names and values in turn, without those of the hop. @param without in lower case */
export function forwardable(raw: readonly string[], ...without: string[]): string[] {
  const named = new Set(without);
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]?.toLowerCase() !== "connection") continue;
    for (const name of (raw[index + 1] ?? "").split(",")) named.add(name.trim().toLowerCase());
  }
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = String(raw[index]);
    const key = name.toLowerCase();
    if (!HOP_BY_HOP.has(key) && !named.has(key)) kept.push(name, String(raw[index + 1]));
  }
  return kept;
}
