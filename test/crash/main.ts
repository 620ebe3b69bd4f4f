import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runRounds } from "./rounds.ts";

const HELP = `Kills a gateway under load, again and again, and looks for what is lost.

Options (defaults in parentheses):
  --rounds N        how often it is killed (1000)
  --seed N          from which the schedule follows (the time)
  --aes N           AEs that come and go, beside one CSE and one AE that is told results (8)
  --program FILE    main.js of another build of the gateway
  --state DIR       where the folder of the state is made (in memory where the system has such a place)
  --keep            keeps that folder when something was lost
`;

/** Violations that are printed one by one; of more only the number. */
const SHOWN = 50;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    aes: { type: "string", default: "8" },
    program: {
      type: "string",
      default: fileURLToPath(new URL("../../dist/main.js", import.meta.url)),
    },
    state: { type: "string", default: existsSync("/dev/shm") ? "/dev/shm" : tmpdir() },
    keep: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [rounds, seed, aes] = [values.rounds, values.seed, values.aes].map(Number) as [
  number,
  number,
  number,
];
if (values.help || ![rounds, seed, aes].every(Number.isInteger) || rounds < 1 || aes < 1) {
  console.error(HELP);
  process.exit(values.help ? 0 : 2);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const stateDir = mkdtempSync(join(values.state, "m2mgw-crash-"));
console.log(
  `${rounds} rounds, seed ${seed}, ${aes} AEs, node ${process.version}, state in ${stateDir}`,
);
const report = await runRounds({
  program: values.program,
  stateDir,
  rounds,
  seed,
  aes,
  onRound: (round) => {
    if (round % 100 === 0) console.log(`  round ${round}`);
  },
});
const { figures, kills, seconds, violations } = report;
const moments = Object.entries(kills).map(([moment, count]) => `${moment} ${count}`);
const rows: Readonly<Record<string, string | number>> = {
  rounds,
  kills: `${rounds} (${moments.join(", ")})`,
  restarts: rounds,
  sent: figures.sent,
  acknowledged: `${figures.held + figures.relayed} (held ${figures.held}, relayed ${figures.relayed})`,
  delivered: figures.delivered,
  "delivered more than once": `${figures.repeated} (${figures.resent} of them sent again by their originators)`,
  expired: figures.expired,
  "4008, not sent again": figures.unknown,
  "results told": figures.results,
  lost: figures.lost,
  violations: violations.length,
  time: `${seconds.toFixed(0)} s`,
};
for (const [name, value] of Object.entries(rows)) console.log(`  ${name.padEnd(26)}${value}`);
for (const violation of violations.slice(0, SHOWN)) console.error(`VIOLATION ${violation}`);
if (violations.length > SHOWN) console.error(`and ${violations.length - SHOWN} more`);
if (violations.length === 0 || !values.keep) rmSync(stateDir, { recursive: true, force: true });
process.exitCode = violations.length === 0 ? 0 : 1;
