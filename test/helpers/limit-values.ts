import { loadConfig } from "../../src/config/load.ts";
import type { LimitValues } from "../../src/core/limits.ts";

/** The default limits, with others in their place; no address is exempt unless they say so. */
export function limitValues(others: Readonly<Record<string, number>> = {}): LimitValues {
  const loaded = loadConfig({ env: {} });
  if ("faults" in loaded) throw new Error(JSON.stringify(loaded.faults));
  return { ...loaded.config.limits, isExempt: () => false, ...others };
}
