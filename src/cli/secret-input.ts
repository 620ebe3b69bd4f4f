import type { ReadStream } from "node:tty";

/** Input that a secret is read from: a terminal, or whatever is piped in. */
export type SecretInput = NodeJS.ReadableStream & Partial<Pick<ReadStream, "isTTY" | "setRawMode">>;

const ENTER = new Set(["\r", "\n", "\u0004"]);
const BACK = new Set(["\u007f", "\b"]);
const INTERRUPT = "\u0003";

/**
 * Reads a secret: from a terminal without showing it, up to Enter; else all that is piped in, without the end of its
 * last line. It is never taken from the command line, which other users of the machine can see.
 *
 * @returns undefined when the person gives up
 */
export async function readSecret(
  input: SecretInput,
  ask: (prompt: string) => void,
): Promise<string | undefined> {
  if (input.isTTY !== true || input.setRawMode === undefined) {
    const chunks: Buffer[] = [];
    for await (const chunk of input) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks)
      .toString()
      .replace(/\r?\n$/, "");
  }
  ask("Secret (it is not shown): ");
  input.setRawMode(true);
  try {
    return await typed(input);
  } finally {
    input.setRawMode(false);
    ask("\n");
  }
}

async function typed(input: SecretInput): Promise<string | undefined> {
  const text: string[] = [];
  for await (const chunk of input) {
    for (const character of String(chunk)) {
      if (ENTER.has(character)) return text.join("");
      if (character === INTERRUPT) return undefined;
      if (BACK.has(character)) text.pop();
      else text.push(character);
    }
  }
  return text.join("");
}
