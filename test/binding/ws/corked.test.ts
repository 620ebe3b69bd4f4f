import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { Corked } from "../../../src/binding/ws/corked.ts";

/** A stream that notes which writes reached it together. */
function collecting(): { stream: Writable; batches: string[][] } {
  const batches: string[][] = [];
  const stream = new Writable({
    writev(chunks, done) {
      batches.push(chunks.map(({ chunk }) => String(chunk)));
      done();
    },
  });
  return { stream, batches };
}

test("what is written in one tick leaves together at its end, and the next tick's after it", async () => {
  const { stream, batches } = collecting();
  const corked = new Corked(stream as ConstructorParameters<typeof Corked>[0]);
  for (const text of ["a", "b", "c"]) {
    corked.cork();
    stream.write(text);
  }
  expect(batches).toEqual([]);
  await new Promise((turn) => setImmediate(turn));
  expect(batches).toEqual([["a", "b", "c"]]);
  corked.cork();
  stream.write("d");
  await new Promise((turn) => setImmediate(turn));
  expect(batches).toEqual([["a", "b", "c"], ["d"]]);
});
