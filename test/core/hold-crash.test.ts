import { expect, test } from "vitest";
import { LmdbTable } from "../../src/store/lmdb-table.ts";
import type { LmdbWriter } from "../../src/store/lmdb-writer.ts";
import { requestTable, type StoredRequest } from "../../src/store/request-records.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { codecs } from "../store/held.ts";
import { directWriter, openHoldStore } from "../store/open-hold-store.ts";
import { AE, CSE, HoldProcess } from "./hold-process.ts";

/** From a registree, so that it is told by what is held for it. */
const CREATE = { op: "create", to: CSE, ty: 3, pc: { "m2m:cnt": {} }, fr: "CAE7", rt: { rtv: 2 } };

const PENDING = { held: 1, results: [undefined], news: 0 };
const ENDED = { held: 0, results: [2001], news: 1 };

/** A disk that is written to so many times more. */
class Countdown {
  left = Number.POSITIVE_INFINITY;

  around(writer: LmdbWriter): LmdbWriter {
    return {
      ...writer,
      write: (batch, settled) => {
        if (this.left === 0) throw new Error("the process is no more");
        this.left -= 1;
        writer.write(batch, settled);
      },
    };
  }
}

/** A process on the file of this folder. */
function start(dir: string, disk = new Countdown()) {
  const { close, root, store, writes } = openHoldStore(dir, (path) =>
    disk.around(directWriter(path)),
  );
  const stored = new LmdbTable<StoredRequest>(root, "requests", writes);
  const table = requestTable(stored, codecs, (_id, error) => {
    throw error;
  });
  const process = new HoldProcess({ store, table, checked: false });
  const end = async (): Promise<void> => {
    process.holding.close();
    await close();
  };
  return { process, table, end };
}

test.each([
  [0, PENDING],
  [1, ENDED],
  [2, ENDED],
])(
  "a crash %i writes after the answer leaves all of an end or nothing: it is held, or its result is kept and told (D4)",
  async (writes, expected) => {
    const dir = tempDir();
    const disk = new Countdown();
    const first = start(dir, disk);
    await first.process.send(CSE, CREATE);
    const link = first.process.connect(CSE);
    await first.process.quiet();
    disk.left = writes;
    link.answerOldest(2001);
    await first.process.quiet();
    await first.end();

    const { end, process, table } = start(dir);
    const results = Array.from(table.entries(), ([, { result }]) => result?.responseStatusCode);
    const [held, news] = [process.held(CSE).length, process.held(AE).length];
    await end();
    expect({ held, results, news }).toEqual(expected);
  },
);
