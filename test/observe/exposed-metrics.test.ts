import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { readProject } from "../helpers/deploy-tools.ts";
import { exposedMetrics } from "../helpers/exposed-metrics.ts";
import { hasCommand } from "../helpers/has-command.ts";

test.skipIf(!hasCommand("promtool"))(
  "names, types, units and help are as Prometheus wants them",
  async () => {
    const { text } = await exposedMetrics();
    const checked = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
    expect(checked.stdout + checked.stderr).toBe("");
    expect(checked.status).toBe(0);
  },
);

test("README has every metric with its labels, and no other", async () => {
  const [, section = ""] = readProject("README.md").split("\n## Metrics\n");
  const [, table = ""] = section.split("\n## ")[0]?.split("<!-- metrics -->") ?? [];
  const documented = [...table.matchAll(/^\| (`m2mgw_[^|]*) \|([^|]*)\|/gm)].flatMap(
    ([, names = "", labels = ""]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => [name, labels.trim()] as const),
  );
  const { own } = await exposedMetrics();
  const exposed = [...own].map(([name, { labels }]) => [name, labels.join(", ")] as const);
  expect(documented.toSorted()).toEqual(exposed.toSorted());
});
