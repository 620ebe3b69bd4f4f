import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that systems give to connections: none of those can take one while its program is stopped. */
const FIRST = 15_000;
const COUNT = 1_500;
// Several processes look for ports at the same time, and one must not be given what another's program has left for a
// while: those of one run have ports of their own.
const START = FIRST + COUNT * (Number(process.env["VITEST_POOL_ID"] ?? 0) % 10);
// Other runs may be on this machine.
let next = Math.floor(Math.random() * COUNT);

/** A port of 127.0.0.1 that nothing listens on, for a program that must be told its port; each is given once. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < COUNT; tried += 1) {
    next = (next + 1) % COUNT;
    if (await isFree(START + next)) return START + next;
  }
  throw new Error("no port is free");
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
