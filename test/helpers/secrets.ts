import { expect } from "vitest";

/** Secrets by what they are, as texts or bytes. */
export type Secrets = Readonly<Record<string, string | Uint8Array>>;

/** Expects that no text has a secret in it: as it is, in hexadecimal digits, in base64 or percent-encoded. */
export function expectNoSecret(secrets: Secrets, texts: readonly string[]): void {
  const heard = texts.join("\n");
  const found = Object.entries(secrets).flatMap(([name, secret]) =>
    spellingsOf(secret)
      .map((written) => heard.indexOf(written))
      .filter((at) => at >= 0)
      .map((at) => `${name}: ${heard.slice(Math.max(0, at - 200), at + 40)}`),
  );
  expect(found).toEqual([]);
}

function spellingsOf(secret: string | Uint8Array): string[] {
  const bytes = Buffer.from(secret);
  const asText = typeof secret === "string" ? [secret, encodeURIComponent(secret)] : [];
  const hex = bytes.toString("hex");
  const inBase64 = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // Only what does not depend on what stands before and behind it.
    const own = text.slice(
      Math.ceil((before * 8) / 6),
      Math.floor(((before + bytes.length) * 8) / 6),
    );
    return [own, own.replaceAll("+", "-").replaceAll("/", "_")];
  });
  return [...new Set([...asText, hex, hex.toUpperCase(), ...inBase64])];
}
