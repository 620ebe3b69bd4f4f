import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { startChild, whenReady } from "./child.ts";
import { readProject } from "./deploy-tools.ts";
import { freePort } from "./free-port.ts";
import { tempDir } from "./temp-dir.ts";

/** A rule as Prometheus has evaluated it. */
export interface EvaluatedRule {
  readonly name: string;
  readonly health: "ok" | "err" | "unknown";
  readonly lastError?: string;
  readonly state: "inactive" | "pending" | "firing";
}

/** A real Prometheus that scrapes one gateway every second. */
export interface RunningPrometheus {
  /** What a query finds now. @throws Error with what Prometheus says against it */
  query(expression: string): Promise<readonly { readonly value: readonly [number, string] }[]>;
  rules(): Promise<readonly EvaluatedRule[]>;
}

/**
 * Starts it with the configuration of deploy/compose.yaml and the rules of deploy/prometheus, but for names and times:
 * it looks every second, and alerts wait for nothing. Stopped when the test ends.
 *
 * @param admin of the gateway, `http://127.0.0.1:9180`
 */
export async function startPrometheus(admin: string): Promise<RunningPrometheus> {
  const folder = tempDir();
  const rules = join(folder, "rules.yaml");
  writeFileSync(
    rules,
    readProject("deploy/prometheus/rules.yaml").replaceAll(/for: \w+/g, "for: 0s"),
  );
  const config = parse(parse(readProject("deploy/compose.yaml")).configs.prometheus.content);
  config.global = { scrape_interval: "1s", evaluation_interval: "1s" };
  config.rule_files = [rules];
  config.scrape_configs[0].static_configs[0].targets = [new URL(admin).host];
  const file = join(folder, "prometheus.yml");
  writeFileSync(file, stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const child = await startChild("prometheus", [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
    `--web.listen-address=${address}`,
  ]);
  onTestFinished(async () => void (await child.stop()));

  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`http://${address}/api/v1/${path}`);
    const said = (await answer.json()) as { readonly data?: T; readonly error?: string };
    if (said.data === undefined) throw new Error(`${path}: ${said.error}`);
    return said.data;
  };
  await whenReady(child, async () => void (await ask("status/buildinfo")), 20_000);
  return {
    query: async (expression) => {
      const path = `query?query=${encodeURIComponent(expression)}`;
      const { result } = await ask<{ result: { value: [number, string] }[] }>(path);
      return result;
    },
    rules: async () => {
      const { groups } = await ask<{ groups: { rules: EvaluatedRule[] }[] }>("rules");
      return groups.flatMap(({ rules }) => rules);
    },
  };
}
