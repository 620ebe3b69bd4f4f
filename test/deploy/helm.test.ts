import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { loadConfig } from "../../src/config/load.ts";
import { haveTool, projectPath, readProject, runTool, toolPath } from "../helpers/deploy-tools.ts";
import { tempDir } from "../helpers/temp-dir.ts";

const chart = projectPath("deploy/helm/m2mgw");
const skipped = !haveTool("helm") || !haveTool("kubernetes-validate");
/** The oldest that Chart.yaml admits, and the newest whose schemas are at hand. */
const VERSIONS = ["1.25", "1.37"];

const FRONT = {
  config: { cse: { url: "http://cse.cse.svc:8080", id: "/id-in", name: "cse-in" } },
};
const EVERYTHING = {
  ...FRONT,
  image: { repository: "registry.example.org/m2mgw", tag: "0.1.0" },
  imagePullSecrets: [{ name: "registry" }],
  secretMounts: [{ name: "m2mgw-tls", mountPath: "/etc/m2mgw/tls" }],
  env: [{ name: "M2MGW_LOG_LEVEL", value: "debug" }],
  persistence: { storageClass: "fast", size: "1Gi" },
  service: { type: "LoadBalancer", annotations: { a: "b" } },
  ingress: { enabled: true, className: "nginx", tlsSecret: "m2mgw-hosts" },
  serviceMonitor: { enabled: true, labels: { release: "prometheus" } },
  prometheusRule: {
    enabled: true,
    labels: { release: "prometheus" },
    runbook: "https://wiki.example.org/m2mgw",
  },
  networkPolicy: { adminFrom: [], facesFrom: [{ ipBlock: { cidr: "10.0.0.0/8" } }] },
  nodeSelector: { disk: "ssd" },
  tolerations: [{ operator: "Exists" }],
  affinity: { nodeAffinity: {} },
};
const NOTHING = {
  persistence: { enabled: false },
  podDisruptionBudget: { enabled: false },
  networkPolicy: { enabled: false },
};

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: Kubernetes' schemas have checked it
  readonly [rest: string]: any;
}

function valuesFile(values: object): string {
  const file = join(tempDir(), "values.yaml");
  writeFileSync(file, JSON.stringify(values));
  return file;
}

function render(values: object): { readonly text: string; of(kind: string): Manifest[] } {
  const target = ["template", "gw", chart, "--namespace", "iot", "--kube-version", "1.30"];
  const text = runTool("helm", [...target, "--values", valuesFile(values)]);
  const all = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  return { text, of: (kind) => all.filter((manifest) => manifest.kind === kind) };
}

function configOf(manifest: Manifest | undefined) {
  const file = join(tempDir(), "gateway.yaml");
  writeFileSync(file, manifest?.["data"]["gateway.yaml"]);
  const loaded = loadConfig({ file, env: {} });
  if ("faults" in loaded) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

describe.skipIf(skipped).each([
  ["as it is", {}],
  ["before a CSE", FRONT],
  ["with everything", EVERYTHING],
  ["with nothing", NOTHING],
])("the chart %s", (_, values) => {
  test("is clean, and what it renders is right for Kubernetes", () => {
    runTool("helm", ["lint", "--strict", "--values", valuesFile(values), chart]);
    const file = join(tempDir(), "rendered.yaml");
    writeFileSync(file, render(values).text);
    for (const version of VERSIONS) {
      runTool("kubernetes-validate", ["--strict", "--no-warn", "-k", version, file]);
    }
  }, 60_000);

  test("tells the gateway nothing wrong, and Kubernetes the ports where it listens", () => {
    const { of } = render(values);
    const config = configOf(of("ConfigMap")[0]);
    const [stateful] = of("StatefulSet");
    const [container] = stateful?.["spec"].template.spec.containers ?? [];
    expect(container.ports).toEqual([
      { name: "http", containerPort: config.http.listen.port },
      { name: "ws", containerPort: config.ws.listen.port },
      { name: "admin", containerPort: config.admin.listen.port },
    ]);
    const services = of("Service").flatMap(({ spec }) => spec.ports);
    for (const { name, port } of services) {
      expect(container.ports).toContainEqual({ name, containerPort: port });
    }
    const state = { name: "state", mountPath: config.stateDir };
    expect(container.volumeMounts).toContainEqual(state);
    const grace = stateful?.["spec"].template.spec.terminationGracePeriodSeconds;
    expect(grace * 1000).toBeGreaterThan(config.shutdown.drain + 10_000);
  });
});

test.skipIf(skipped)("the CSE is told where the gateway is, unless the values say where", () => {
  expect(configOf(render(FRONT).of("ConfigMap")[0]).http.advertise).toBe(
    "http://gw-m2mgw.iot.svc:8088",
  );
  const advertise = "https://gateway.example.org";
  const told = { config: { ...FRONT.config, http: { advertise } } };
  expect(configOf(render(told).of("ConfigMap")[0]).http.advertise).toBe(advertise);
});

test.skipIf(skipped)("what selects finds what it is to find", () => {
  const { of } = render(EVERYTHING);
  const pod = of("StatefulSet")[0]?.["spec"].template.metadata.labels;
  const selectors = [
    of("StatefulSet")[0]?.["spec"].selector.matchLabels,
    of("PodDisruptionBudget")[0]?.["spec"].selector.matchLabels,
    of("NetworkPolicy")[0]?.["spec"].podSelector.matchLabels,
    ...of("Service").map(({ spec }) => spec.selector),
  ];
  for (const selector of selectors) expect(pod).toMatchObject(selector);
  const monitor = of("ServiceMonitor")[0]?.["spec"];
  const monitored = of("Service").filter(({ metadata }) =>
    Object.entries(monitor.selector.matchLabels).every(
      ([name, value]) => metadata.labels[name] === value,
    ),
  );
  expect(monitored.map(({ metadata }) => metadata.name)).toEqual(["gw-m2mgw-admin"]);
  expect(monitored[0]?.["spec"].ports[0].name).toBe(monitor.endpoints[0].port);
  expect(of("StatefulSet")[0]?.["spec"].serviceName).toBe("gw-m2mgw-admin");
});

test.skipIf(skipped)(
  "the alerts are those of deploy/prometheus, with links to where people find them",
  () => {
    const [rule] = render(EVERYTHING).of("PrometheusRule");
    const rules = readProject("deploy/prometheus/rules.yaml");
    expect(rule?.["spec"]).toEqual(
      parse(rules.replaceAll("deploy/README.md#", "https://wiki.example.org/m2mgw#")),
    );
    // As the service is named, by which the operator names the scrape job.
    const [{ expr }] = parse(rules).groups[0].rules;
    const [, pattern = ""] = /job=~"([^"]*)"/.exec(expr) ?? [];
    expect("gw-m2mgw-admin").toMatch(new RegExp(`^(?:${pattern})$`));
  },
);

test.skipIf(skipped)("an admin listener with TLS is asked over TLS", () => {
  const schemes = (values: object) => {
    const { of } = render({ ...values, serviceMonitor: { enabled: true } });
    const [gateway] = of("StatefulSet")[0]?.["spec"].template.spec.containers ?? [];
    return [
      gateway.startupProbe.httpGet.scheme,
      gateway.readinessProbe.httpGet.scheme,
      gateway.livenessProbe.httpGet.scheme,
      of("ServiceMonitor")[0]?.["spec"].endpoints[0].scheme,
    ];
  };
  const tls = { certificates: ["/etc/m2mgw/tls/tls.crt"] };
  expect(schemes({ config: { admin: { tls } } })).toEqual(["HTTPS", "HTTPS", "HTTPS", "https"]);
  expect(schemes({})).toEqual(["HTTP", "HTTP", "HTTP", "http"]);
});

test.skipIf(skipped)("with no one named, nobody reaches the admin listener", () => {
  const [policy] = render(EVERYTHING).of("NetworkPolicy");
  const ports = policy?.["spec"].ingress.flatMap((rule: Manifest) => rule["ports"]);
  expect(ports).toEqual([{ port: "http" }, { port: "ws" }]);
});

test.skipIf(skipped).each([
  [{ replicas: 2 }, "replicas"],
  [{ config: { http: { listen: "0.0.0.0:1" } } }, "listen"],
  [{ podDisruptionBudget: { maxUnavailable: 2 } }, "maxUnavailable"],
])("values that cannot hold are refused: %j", (values, word) => {
  const { status, stderr } = spawnSync(
    toolPath("helm"),
    ["template", "gw", chart, "--kube-version", "1.30", "--values", valuesFile(values)],
    { encoding: "utf8" },
  );
  expect(status).toBe(1);
  expect(stderr).toContain(word);
});

test("chart and image have the version of the package", () => {
  const { version } = JSON.parse(readProject("package.json"));
  const { appVersion } = parse(readProject("deploy/helm/m2mgw/Chart.yaml"));
  const compose = parse(readProject("deploy/compose.yaml"));
  expect(appVersion).toBe(version);
  expect(compose.services.gateway.image).toBe(`m2mgw:${version}`);
});
