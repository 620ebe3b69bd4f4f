import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { Corks } from "../../../src/binding/ws/corks.ts";

/** A stream that notes which writes reached it together. */
function collecting(): { stream: Duplex; batches: string[][] } {
  const batches: string[][] = [];
  const stream = new Duplex({
    writev(chunks, done) {
      batches.push(chunks.map(({ chunk }) => String(chunk)));
      done();
    },
  });
  return { stream, batches };
}

test("what is written in one tick leaves together at its end, and the next tick's after it", async () => {
  const { stream, batches } = collecting();
  const corks = new Corks();
  for (const text of ["a", "b", "c"]) {
    corks.cork(stream);
    stream.write(text);
  }
  expect(batches).toEqual([]);
  await new Promise((turn) => setImmediate(turn));
  expect(batches).toEqual([["a", "b", "c"]]);
  corks.cork(stream);
  stream.write("d");
  await new Promise((turn) => setImmediate(turn));
  expect(batches).toEqual([["a", "b", "c"], ["d"]]);
});
