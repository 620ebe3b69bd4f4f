import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { queriesOf, readDashboard } from "../helpers/dashboard.ts";
import { projectPath, readProject } from "../helpers/deploy-tools.ts";
import { exposedMetrics } from "../helpers/exposed-metrics.ts";
import { hasCommand } from "../helpers/has-command.ts";
import { startGateway } from "../helpers/start-gateway.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: Readonly<Record<"summary" | "description" | "runbook_url", string>>;
}

interface RuleTest {
  readonly alert_rule_test: readonly {
    readonly alertname: string;
    readonly exp_alerts: readonly unknown[];
  }[];
}

const RULES: readonly Rule[] = parse(readProject("deploy/prometheus/rules.yaml")).groups.flatMap(
  ({ rules }: { rules: Rule[] }) => rules,
);
const dashboard = readDashboard();
const readme = readProject("deploy/README.md");
const [, runbook = ""] = readme.split("\n## Runbook\n");

describe("the alerts", () => {
  test.skipIf(!hasCommand("promtool"))(
    "pass promtool and their own tests, by the commands of the README",
    () => {
      const [, section = ""] = readme.split("\n## Monitoring\n");
      const [, commands = ""] = /```sh run\n([^`]*)```/.exec(section) ?? [];
      expect(commands).toMatch(/check rules .*test rules/s);
      execFileSync("sh", ["-euc", commands], { cwd: projectPath("."), stdio: "pipe" });
    },
    30_000,
  );

  test.each(RULES)("$alert is raised in a test, and in another one not", ({ alert }) => {
    const { tests } = parse(readProject("deploy/prometheus/rules.test.yaml"));
    const raised = (tests as RuleTest[])
      .flatMap(({ alert_rule_test }) => alert_rule_test)
      .filter(({ alertname }) => alertname === alert)
      .map(({ exp_alerts }) => exp_alerts.length);
    expect(raised.toSorted()).toEqual([0, 1]);
  });

  test.each(RULES)("$alert says what is wrong, how urgent it is, and where to read on", (rule) => {
    const { alert, annotations, labels } = rule;
    expect(["critical", "warning"]).toContain(labels.severity);
    expect(annotations.summary).not.toBe("");
    expect(annotations.description).toMatch(/[.]$/);
    expect(annotations.runbook_url).toBe(`deploy/README.md#${alert.toLowerCase()}`);
    const [, entry = ""] = runbook.split(`\n### ${alert}\n`);
    expect(entry.trim().split("\n### ")[0]?.length).toBeGreaterThan(100);
  });

  test("the runbook has no entry for what nobody is told of, and names keys and metrics that exist", async () => {
    const entries = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(entries.toSorted()).toEqual(RULES.map(({ alert }) => alert).toSorted());
    const keys = new Set(
      [...readProject("README.md").matchAll(/^\| `([\w.]+)` \|/gm)].map(([, key]) => key),
    );
    const groups = new Set([...keys].map((key) => key?.split(".")[0]));
    const named = [...runbook.matchAll(/`([a-z]+\.[a-zA-Z.]+)`/g)].map(([, key = ""]) => key);
    const unknown = named.filter((key) => groups.has(key.split(".")[0]) && !keys.has(key));
    expect(unknown).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
    expect(await unknownIn(runbook)).toEqual([]);
  });
});

test("the first look of the runbook finds a gateway that runs", async () => {
  const gateway = await startGateway();
  const [, block = ""] = /```sh run\n([^`]*)```/.exec(runbook) ?? [];
  const commands = block.trim().split("\n");
  expect(commands.length).toBeGreaterThan(3);
  for (const command of commands) {
    const [program, ...args] = command.split(" ");
    expect(program).toBe("m2mgw");
    const main = [projectPath("dist/main.js"), ...args, "--url", gateway.admin];
    const { stdout } = await promisify(execFile)(process.execPath, main);
    expect(stdout, command).not.toBe("");
  }
}, 60_000);

test("the runbook names no command that m2mgw has not", () => {
  const main = projectPath("dist/main.js");
  const help = execFileSync(process.execPath, [main, "help"], { encoding: "utf8" });
  // In code, not in sentences.
  const used = new Set(
    [...runbook.matchAll(/(?:`|^)m2mgw ([a-z][a-z-]*)/gm)].map(([, name]) => `  ${name} `),
  );
  expect(used.size).toBeGreaterThan(5);
  for (const name of used) expect(help).toContain(name);
});

describe("the dashboard", () => {
  test("can be imported: it has a name of its own, panels that do not overlap, and a choice of data source", () => {
    expect(dashboard.uid).toBe("m2mgw");
    expect(dashboard.templating.list.map(({ name }) => name)).toEqual([
      "datasource",
      "job",
      "instance",
    ]);
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
    for (const { datasource, targets = [], type } of dashboard.panels) {
      expect(targets.length > 0).toBe(type !== "row");
      if (type !== "row") expect(datasource?.uid).toMatch(/^[$]\{datasource\}$/);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
  });

  test("shows one gateway or several, whichever is chosen", () => {
    for (const { expr } of queriesOf(dashboard)) {
      const selectors = expr.match(/\b(?:m2mgw_|process_|nodejs_|up\b)\w*(?:\{[^}]*\})?/g) ?? [];
      expect(selectors.length).toBeGreaterThan(0);
      for (const selector of selectors) {
        expect(selector).toContain('{job="$job",instance=~"$instance"}');
      }
    }
  });
});

/** Metrics that a text names and no gateway has. */
async function unknownIn(text: string): Promise<readonly string[]> {
  const { text: exposed } = await exposedMetrics();
  const names = new Set([...exposed.matchAll(/^([a-z]\w+)/gm)].map(([name]) => name));
  for (const [, name = ""] of exposed.matchAll(/^# TYPE (\S+)/gm)) names.add(name);
  const named = text.match(/\b(?:m2mgw|process|nodejs)_\w*\w/g) ?? [];
  return named.filter((name) => !names.has(name));
}

test("rules and dashboard name no metric that the gateway has not", async () => {
  const queries = queriesOf(dashboard).map(({ expr }) => expr);
  expect(await unknownIn([...RULES.map(({ expr }) => expr), ...queries].join("\n"))).toEqual([]);
});
