import type { Clock, EpochMs } from "./base/clock.ts";
import { sameEndpoint } from "./config/addresses.ts";
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

export function portOf(text: string): number {
  const { port, protocol } = new URL(text);
  return Number(port || (/^(?:https|wss):$/.test(protocol) ? 443 : 80));
}

export const passed = (at: EpochMs, clock: Clock): Promise<void> =>
  new Promise((resolve) => void clock.at(at, resolve));

export const samePort = ({ http, ws }: Config): boolean => sameEndpoint(http.listen, ws.listen);
