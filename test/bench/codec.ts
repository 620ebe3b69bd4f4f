/** The codecs of this checkout, compiled: each serialization, and each way from one to another. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { buildBench, GATEWAY } from "./build.ts";

const rounds = join(buildBench(), "codec-rounds.js");
const codecs = join(dirname(GATEWAY), "codec");
const args = [rounds, "--codecs", codecs, ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
process.exitCode = status ?? 1;
