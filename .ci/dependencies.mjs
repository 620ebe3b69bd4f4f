// Lists every package that package-lock.json names: version, licence, who needs it, whether it wants a script to run when
// it is installed; and the advisories that the registry knows, where it tells. Reports; it judges nothing.
// `--offline` asks nobody.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const FOLDER = "node_modules/";
const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, "utf8"));
const { "": project, ...installed } = packages;

/** Where Node finds `name` from a package: in its own folder, or in one around it. */
function placeOf(name, from) {
  for (let around = from; ; around = around.slice(0, Math.max(0, around.lastIndexOf(FOLDER) - 1))) {
    const place = `${around === "" ? "" : `${around}/`}${FOLDER}${name}`;
    if (place in installed) return place;
    if (around === "") return undefined;
  }
}

const neededBy = ({ dependencies, optionalDependencies, peerDependencies }) =>
  Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });

/** For each place the names through which it is needed, the shortest way: none for what the project names itself. */
function waysFrom(names) {
  const ways = new Map();
  let next = names.map((name) => ({ place: placeOf(name, ""), way: [] }));
  while (next.length > 0) {
    const found = next.filter(({ place }) => place !== undefined && !ways.has(place));
    for (const { place, way } of found) if (!ways.has(place)) ways.set(place, way);
    next = found.flatMap(({ place, way }) =>
      neededBy(installed[place]).map((name) => ({
        place: placeOf(name, place),
        way: [...way, nameAt(place)],
      })),
    );
  }
  return ways;
}

const nameAt = (place) => place.slice(place.lastIndexOf(FOLDER) + FOLDER.length);

function licenceOf(place) {
  if (installed[place].license !== undefined) return installed[place].license;
  try {
    const { license = "unknown" } = JSON.parse(
      readFileSync(`${root}${place}/package.json`, "utf8"),
    );
    return license.type ?? license;
  } catch {
    // For another platform, so that it is not here.
    return "unknown";
  }
}

function reasonOf(way) {
  if (way === undefined) return "nobody needs it";
  return way.length === 0 ? "direct" : `through ${way.join(", ")}`;
}

function table(title, ways, places) {
  const rows = places.map((place) => {
    const { version, hasInstallScript, os, cpu } = installed[place];
    const only = [...(os ?? []), ...(cpu ?? [])].join(" ");
    return [
      nameAt(place),
      version,
      licenceOf(place),
      hasInstallScript ? "script, not run" : "no script",
      reasonOf(ways.get(place)),
      only === "" ? "" : `for ${only}`,
    ];
  });
  const widths = rows.reduce(
    (most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)),
    [],
  );
  console.log(
    `\n${title}: ${rows.length} packages, ${countsOf(rows.map(([, , licence]) => licence))}\n`,
  );
  for (const row of rows) {
    console.log(
      `  ${row
        .map((cell, at) => cell.padEnd(widths[at]))
        .join("  ")
        .trimEnd()}`,
    );
  }
}

function countsOf(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([value, count]) => `${value} ${count}`)
    .join(", ");
}

/** What the registry says. Many mirrors have no advisories: that is told, too. */
function advisories() {
  if (process.argv.includes("--offline")) return ["not asked for"];
  const { stdout } = spawnSync("npm", ["audit", "--json"], {
    cwd: root,
    encoding: "utf8",
    shell: process.platform === "win32",
    timeout: 60_000,
  });
  let report = {};
  try {
    report = JSON.parse(stdout);
  } catch (error) {
    report = { message: error.message };
  }
  if (report.vulnerabilities === undefined) {
    return [`not available: ${report.message ?? report.error?.summary ?? "no answer"}`];
  }
  const found = Object.values(report.vulnerabilities).map(({ name, severity, via, nodes }) => {
    const titles = via.map((one) =>
      typeof one === "string" ? `see ${one}` : `${one.title} ${one.url}`,
    );
    const isHere = nodes.some((place) => installed[place]?.dev !== true);
    return `${severity} ${name} (${isHere ? "production" : "development"}): ${titles.join("; ")}`;
  });
  return found.length === 0 ? ["none known"] : found;
}

const ways = waysFrom(Object.keys(project.dependencies));
const places = Object.keys(installed);
const production = places.filter((place) => ways.has(place));
table("Production", ways, production);
table(
  "Development",
  waysFrom(Object.keys(project.devDependencies)),
  places.filter((place) => !ways.has(place)),
);
console.log("\nAdvisories:\n");
for (const line of advisories()) console.log(`  ${line}`);
