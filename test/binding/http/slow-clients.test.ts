import { expect, test } from "vitest";
import { SlowClients } from "../../../src/binding/http/slow-clients.ts";

const forEver = new AbortController().signal;

/** Adds readers; gives the names of those that have been cut. */
function readersOf(clients: SlowClients, names: readonly string[]): string[] {
  const cut: string[] = [];
  for (const name of names) clients.addReader(() => cut.push(name));
  return cut;
}

test("past their share the reader that was slow first is cut, one at a time, and uploads count", async () => {
  const clients = new SlowClients(6);
  const cut = readersOf(clients, ["a", "b", "c"]);
  clients.relieve();
  expect(cut).toEqual([]);
  const end = await clients.beginUpload(forEver);
  for (let turn = 0; turn < 3; turn += 1) clients.relieve();
  expect(cut).toEqual(["a"]);
  end();
  readersOf(clients, ["d"]);
  clients.relieve();
  expect(cut).toEqual(["a"]);
});

test("a body whose client gives up while it waits takes nobody's turn", async () => {
  const clients = new SlowClients(2);
  const end = await clients.beginUpload(forEver);
  const leaving = new AbortController();
  const given = clients.beginUpload(leaving.signal);
  const next = clients.beginUpload(forEver);
  leaving.abort();
  await expect(given).rejects.toThrow("given up");
  end();
  end();
  const endNext = await next;
  // What was called twice gave one turn: there is none for this one before the other ends.
  let isUnderWay = false;
  const last = clients.beginUpload(forEver).then(() => {
    isUnderWay = true;
  });
  await new Promise((later) => setImmediate(later));
  expect(isUnderWay).toBe(false);
  endNext();
  await last;
});

test("with one connection one body streams up at a time", async () => {
  const clients = new SlowClients(1);
  await clients.beginUpload(forEver);
  const given = clients.beginUpload(AbortSignal.abort());
  await expect(given).rejects.toThrow("given up");
});
