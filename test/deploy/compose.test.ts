import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../src/config/load.ts";
import { parseDuration } from "../../src/config/units.ts";
import { startChild, whenReady } from "../helpers/child.ts";
import { haveTool, projectPath, readProject, runTool } from "../helpers/deploy-tools.ts";
import { rendered } from "../helpers/deployed-proxy.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { freePort } from "../helpers/free-port.ts";
import { callHttp } from "../helpers/http-client.ts";
import { havePython, pythonCommand } from "../helpers/python.ts";
import { tempDir } from "../helpers/temp-dir.ts";

function gatewayConfig() {
  const loaded = loadConfig({ file: projectPath("deploy/compose/gateway.yaml"), env: {} });
  if ("faults" in loaded) throw new Error(JSON.stringify(loaded.faults));
  return loaded.config;
}

/** The file as its reference implementation reads it: short forms written out, paths absolute. */
const readCompose = () =>
  JSON.parse(runTool("compose-go", ["-format", "json", "compose.yaml"], projectPath("deploy")));

const withoutCompose = !haveTool("compose-go");

test.skipIf(withoutCompose)(
  "compose.yaml is well-formed, and every file that it names is there",
  () => {
    const { services } = readCompose();
    expect(Object.keys(services).sort()).toEqual(["acme", "gateway", "grafana", "prometheus"]);
    for (const { build, volumes = [] } of Object.values<Record<string, never>>(services)) {
      const { context, dockerfile } = build ?? { context: projectPath("deploy"), dockerfile: "." };
      expect(existsSync(join(context, dockerfile)), `${context}/${dockerfile}`).toBe(true);
      for (const { type, source } of volumes as { type: string; source: string }[]) {
        if (type === "bind") expect(existsSync(source), source).toBe(true);
      }
    }
  },
);

test.skipIf(withoutCompose)(
  "nothing is published beyond this machine, and nobody has rights",
  () => {
    for (const service of Object.values<Record<string, never>>(readCompose().services)) {
      const ports: { host_ip?: string }[] = service["ports"] ?? [];
      expect(ports.every(({ host_ip }) => host_ip === "127.0.0.1")).toBe(true);
      expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"] });
    }
  },
);

test.skipIf(withoutCompose)("its parts find each other, and the gateway has time to drain", () => {
  const { services, configs } = readCompose();
  const { http, ws, admin, cse, shutdown } = gatewayConfig();
  const published = services.gateway.ports.map(({ target }: { target: number }) => target);
  expect(published).toEqual([http.listen.port, ws.listen.port]);
  expect(parseDuration(services.gateway.stop_grace_period)).toBeGreaterThan(shutdown.drain);
  expect(http.advertise).toBe(`http://gateway:${http.listen.port}`);
  const acme = readProject("deploy/compose/acme/acme.ini");
  const of = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(acme)?.[1];
  expect(cse.url).toBe(`http://${of("cseHost")}:${of("httpPort")}`);
  expect(cse).toMatchObject({ id: `/${of("cseID")}`, name: of("cseName") });
  const { rule_files, scrape_configs } = parse(configs.prometheus.content);
  const mounts = (service: string) =>
    services[service].volumes.map(({ target }: { target: string }) => target);
  expect(mounts("prometheus")).toEqual(expect.arrayContaining(rule_files));
  const [provider] = parse(configs["grafana-dashboards"].content).providers;
  expect(mounts("grafana")).toContain(provider.options.path);
  const [scrape] = scrape_configs;
  expect(scrape.static_configs[0].targets).toEqual([`gateway:${admin.listen.port}`]);
  expect(parse(configs["grafana-datasource"].content).datasources[0].url).toBe(
    "http://prometheus:9090",
  );
});

test("the CSE of compose.yaml is the one that tests run against", () => {
  const [pinned = "none"] =
    /^acmecse==.*$/m.exec(readProject("test/real/python/requirements.txt")) ?? [];
  expect(readProject("deploy/compose/acme/Dockerfile")).toContain(`${pinned} `);
  expect(readProject("deploy/compose.yaml")).toContain(`m2mgw-acme:${pinned.split("==")[1]}`);
});

test.skipIf(!havePython())(
  "gateway and ACME work together as they are configured there, but for their names and ports",
  async () => {
    const [acmePort, http, ws, admin] = [
      await freePort(),
      await freePort(),
      await freePort(),
      await freePort(),
    ];
    // On a disk: ACME keeps its resources in files.
    const data = mkdtempSync(join(tmpdir(), "m2mgw-acme-"));
    onTestFinished(() => rmSync(data, { recursive: true, force: true }));
    writeFileSync(
      join(data, "acme.ini"),
      rendered("compose/acme/acme.ini", {
        "cseHost=acme": "cseHost=127.0.0.1",
        "networkInterface=0.0.0.0": "networkInterface=127.0.0.1",
        "httpPort=8080": `httpPort=${acmePort}`,
      }),
    );
    const acme = await startChild(pythonCommand("acmecse"), ["--headless", "-dir", data], {
      cwd: data,
    });
    onTestFinished(async () => void (await acme.stop()));
    const [, check = ""] =
      /CMD \["python", "-c", "(.*)"\]$/m.exec(readProject("deploy/compose/acme/Dockerfile")) ?? [];
    const asked = check.replace(":8080/", `:${acmePort}/`);
    await whenReady(
      acme,
      async () => {
        const asking = await startChild(pythonCommand("python"), ["-c", asked]);
        expect(await asking.ended).toBe(0);
      },
      45_000,
    );

    const file = join(tempDir(), "gateway.yaml");
    writeFileSync(
      file,
      rendered("compose/gateway.yaml", {
        "http://acme:8080": `http://127.0.0.1:${acmePort}`,
        "http://gateway:8088": `http://127.0.0.1:${http}`,
        "0.0.0.0:8088": `127.0.0.1:${http}`,
        "0.0.0.0:8180": `127.0.0.1:${ws}`,
        "0.0.0.0:9180": `127.0.0.1:${admin}`,
      }),
    );
    const gateway = await startChild(
      process.execPath,
      [projectPath("dist/main.js"), "serve", "-c", file],
      { env: { M2MGW_STATE_DIR: tempDir() } },
    );
    onTestFinished(async () => void (await gateway.stop()));
    await whenReady(
      gateway,
      async () => void (await fetch(`http://127.0.0.1:${admin}/readyz`)),
      15_000,
    );

    const device = await connectRegistree(`ws://127.0.0.1:${ws}`, {
      answer: () => ({ rsc: 2000 }),
    });
    expect(await device.register("Ccompose")).toMatchObject({ rsc: 2001 });
    const headers = { "X-M2M-Origin": "CAdmin", "X-M2M-RI": "q1", "X-M2M-RVI": "3" };
    const notified = await callHttp(`http://127.0.0.1:${http}`, {
      method: "POST",
      target: "/~/id-in/Ccompose",
      headers: { ...headers, "Content-Type": "application/json" },
      body: '{"m2m:sgn":{"sur":"me"}}',
    });
    expect(notified.rsc).toBe(2000);
    expect(await device.nextRequest()).toMatchObject({ op: 5 });
  },
  90_000,
);
