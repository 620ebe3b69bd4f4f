import { type IncomingMessage, get as open } from "node:http";
import { onTestFinished } from "vitest";

export interface Seen {
  readonly id: number;
  readonly type: string;
  readonly what: string;
  readonly registree?: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface Watch {
  readonly status: number;
  readonly seen: readonly Seen[];
  /** Resolves with the first event that fits, seen before or from now on. */
  event(fits: (event: Seen) => boolean): Promise<Seen>;
  /** Resolves when the gateway ends it. */
  readonly ended: Promise<void>;
  readonly response: IncomingMessage;
}

/** Opens the stream of events; it is closed when the test ends. */
export async function watch({ admin }: { readonly admin: string }, query = ""): Promise<Watch> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = open(`${admin}/api/v1/events${query}`, { agent: false }, resolve);
    request.on("error", reject);
    onTestFinished(() => void request.destroy());
  });
  const seen: Seen[] = [];
  let wake = (): void => {};
  let rest = "";
  response.setEncoding("utf8").on("data", (text: string) => {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = block.split("\n").find((line) => line.startsWith("data: "));
      if (data !== undefined) seen.push(JSON.parse(data.slice(6)));
    }
    wake();
  });
  response.on("error", () => {});
  const ended = new Promise<void>((resolve) => response.once("close", () => resolve()));
  return {
    status: response.statusCode ?? 0,
    seen,
    ended,
    response,
    event: async (fits) => {
      for (;;) {
        const found = seen.find(fits);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
