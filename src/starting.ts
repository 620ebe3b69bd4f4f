import type { Clock, EpochMs } from "./base/clock.ts";
import type { Config } from "./config/schema.ts";
import type { Binding, ListenAddress } from "./core/ports.ts";

/** Starts a face; when its address cannot be had, the error names the key to change. */
export async function started(binding: Binding, key: string): Promise<ListenAddress> {
  try {
    return await binding.start();
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    const hint = code === "EADDRINUSE" ? "; is another gateway running?" : "";
    throw new Error(`${key}: ${cause instanceof Error ? cause.message : cause}${hint}`, { cause });
  }
}

export const portOf = (url: string): number => Number(new URL(url).port || 80);

export const passed = (at: EpochMs, clock: Clock): Promise<void> =>
  new Promise((resolve) => void clock.at(at, resolve));

export function samePort({ http, ws }: Config): boolean {
  return (
    http.listen.port !== 0 &&
    http.listen.port === ws.listen.port &&
    http.listen.host === ws.listen.host
  );
}
