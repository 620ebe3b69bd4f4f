/** A name that a certificate is for: kind as OpenSSL spells it, `DNS`, `URI` or `IP Address`. */
export interface AlternativeName {
  readonly kind: string;
  readonly value: string;
}

/** Node quotes a value in which there is something that could pass for the end of it. */
const ENTRY = /(?:^|, )([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^,"]*)(?=, |$)/y;

/**
 * The names in a subjectAltName as Node writes it: `DNS:cse.example.org, URI:"a, b"`.
 *
 * Undefined when some of it cannot be read: who could make part of a name unreadable could hide it. Empty where there
 * is no subjectAltName.
 */
export function alternativeNamesIn(text: string | undefined): AlternativeName[] | undefined {
  const names: AlternativeName[] = [];
  ENTRY.lastIndex = 0;
  for (let at = 0; at < (text?.length ?? 0); at = ENTRY.lastIndex) {
    const [, kind, written] = ENTRY.exec(text ?? "") ?? [];
    const value = written === undefined ? undefined : unquoted(written);
    if (kind === undefined || value === undefined) return undefined;
    names.push({ kind, value });
  }
  return names;
}

function unquoted(written: string): string | undefined {
  if (!written.startsWith('"')) return written;
  try {
    return String(JSON.parse(written));
  } catch {
    return undefined;
  }
}
