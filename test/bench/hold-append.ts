/** The hold store on disk: durable puts beside bare LMDB, and what a full one costs. */
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { open } from "lmdb";
import { epochMs, millis } from "../../src/base/clock.ts";
import type { HeldRequest, HoldStore } from "../../src/core/hold-store.ts";
import { countingCodecs } from "../../src/observe/counting-codec.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import { requestId, targetId } from "../../src/primitive/primitive.ts";
import { recordOf } from "../../src/store/held-record.ts";
import { openState, type State } from "../../src/store/lmdb-open.ts";
import { LmdbWrites } from "../../src/store/lmdb-writes.ts";
import { median, printHeader, printRows, spreadOf } from "./report.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    "in-flight": { type: "string", default: "1,32,256" },
    held: { type: "string", default: "1000000" },
    registrees: { type: "string", default: "10000" },
    bytes: { type: "string", default: "300" },
    dir: { type: "string", default: tmpdir() },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const total = Number(values.held);
const registrees = Number(values.registrees);
const bytes = Number(values.bytes);

const codecs = countingCodecs({ transcoded() {}, unknownName() {} }, new Map());
const text = JSON.stringify({ "m2m:sgn": { sur: "cse-in/sub", nev: "x".repeat(bytes) } });
const content = codecs.json.decodeContent(Buffer.from(text), { emptyIsNull: false });

function entry(sequence: number): HeldRequest {
  const registree = `/id-in/CAE${sequence % registrees}` as EntityId;
  return {
    registree,
    sequence,
    request: {
      kind: "request",
      operation: "notify",
      to: targetId(registree),
      from: "/id-in",
      requestIdentifier: requestId(`r${sequence}`),
      resourceType: undefined,
      releaseVersion: "3",
      content,
      carried: new Map(),
    },
    arrived: epochMs(1_700_000_000_000 + sequence),
    expires: epochMs(1_800_000_000_000 + ((sequence * 7_919) % 86_400_000)),
    bytes: text.length + 256,
    latest: undefined,
    reference: undefined,
    sent: false,
  };
}

async function holdStoreOf(dir: string): Promise<{ state: State; store: HoldStore }> {
  const state = await openState(dir);
  const deadLetters = { perRegistree: 100, keptFor: millis(1e9) };
  const store = state.holdStore({
    codecs,
    deadLetters,
    onUnreadable: (record) => console.error(record),
  });
  return { state, store };
}

/** Writes per second while `inFlight` wait at a time. */
async function rateOf(inFlight: number, put: (n: number) => Promise<void>): Promise<number> {
  const end = performance.now() + 1_000 * seconds;
  let done = 0;
  let next = 0;
  const writer = async () => {
    while (performance.now() < end) {
      next += 1;
      await put(next);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, writer));
  return done / seconds;
}

async function timed<T>(action: () => T | Promise<T>): Promise<{ ms: number; result: T }> {
  const start = performance.now();
  const result = await action();
  return { ms: performance.now() - start, result };
}

/** Anonymous memory: what LMDB maps is the page cache's. */
function anonymousMiB(): number {
  globalThis.gc?.();
  const [, kibibytes] = readFileSync("/proc/self/status", "utf8").match(/RssAnon:\s+(\d+)/) ?? [];
  return Number(kibibytes) / 1024;
}

function flushMs(dir: string): number {
  const file = openSync(join(dir, "flush"), "w");
  const page = Buffer.alloc(4_096);
  const times = Array.from({ length: 200 }, () => {
    writeSync(file, page);
    const start = performance.now();
    fdatasyncSync(file);
    return performance.now() - start;
  });
  closeSync(file);
  return median(times);
}

async function compare(dir: string): Promise<void> {
  const rows = [["in flight", "puts/s", "bare LMDB/s", "× bare LMDB"]];
  for (const inFlight of values["in-flight"].split(",").map(Number)) {
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const place = mkdtempSync(join(dir, "round-"));
      const { state, store } = await holdStoreOf(place);
      ours.push(await rateOf(inFlight, (n) => store.put(entry(n))));
      await state.close();
      const root = open<unknown, string>({
        path: join(place, "bare.mdb"),
        noSubdir: true,
        overlappingSync: false,
      });
      const table = root.openDB<Uint8Array, number>({ name: "bare", encoding: "binary" });
      const writes = new LmdbWrites(root);
      const record = recordOf(entry(1), codecs);
      bare.push(await rateOf(inFlight, (n) => writes.write(() => table.putSync(n, record))));
      await root.close();
      rmSync(place, { recursive: true });
    }
    const ratios = ours.map((rate, round) => rate / (bare[round] as number));
    rows.push([
      String(inFlight),
      median(ours).toFixed(0),
      median(bare).toFixed(0),
      spreadOf(ratios),
    ]);
  }
  printRows("Durable puts", rows);
}

async function fill(dir: string): Promise<void> {
  const rows = [["", "value"]];
  const empty = await holdStoreOf(dir);
  rows.push(["anonymous memory, empty", `${anonymousMiB().toFixed(0)} MiB`]);
  const filling = await timed(async () => {
    for (let from = 0; from < total; from += 2_000) {
      const portion = Math.min(2_000, total - from);
      await Promise.all(
        Array.from({ length: portion }, (_, n) => empty.store.put(entry(from + n + 1))),
      );
    }
  });
  rows.push(["filled", `${(filling.ms / 1_000).toFixed(1)} s`]);
  rows.push(["anonymous memory, full", `${anonymousMiB().toFixed(0)} MiB`]);
  await empty.state.close();
  const path = join(dir, "m2mgw.mdb");
  rows.push(["file", `${(statSync(path).size / 2 ** 20).toFixed(0)} MiB`]);
  const opening = await timed(() => holdStoreOf(dir));
  rows.push(["open, the check included", `${(opening.ms / 1_000).toFixed(1)} s`]);
  const { state, store } = opening.result;
  const usage = await timed(() => [...store.usageAtStart()].length);
  rows.push([`usage of ${usage.result} registrees`, `${usage.ms.toFixed(1)} ms`]);
  const puts = await timed(async () => {
    for (let n = 1; n <= 1_000; n += 1) await store.put(entry(total + n));
  });
  rows.push(["a put, one at a time", `${(puts.ms / 1_000).toFixed(3)} ms`]);
  const firsts = await timed(() => {
    for (let n = 0; n < 1_000; n += 1) store.first(entry(n * 7).registree, new Set());
  });
  rows.push(["first of a registree", `${firsts.ms.toFixed(1)} µs`]);
  const due = await timed(() => store.due(epochMs(9e12), 10_000).length);
  rows.push([`${due.result} due`, `${due.ms.toFixed(0)} ms`]);
  rows.push(["anonymous memory at the end", `${anonymousMiB().toFixed(0)} MiB`]);
  await state.close();
  printRows(`${total} held for ${registrees} registrees`, rows);
}

const dir = mkdtempSync(join(values.dir, "m2mgw-hold-"));
try {
  printHeader(
    "Durable holding",
    {
      content: `${text.length} bytes of JSON`,
      rounds: `${rounds} of ${seconds} s`,
      flush: `${flushMs(dir).toFixed(3)} ms for a page of 4 KiB in ${values.dir}`,
    },
    "bare LMDB",
  );
  await compare(dir);
  await fill(dir);
} finally {
  rmSync(dir, { recursive: true });
}
