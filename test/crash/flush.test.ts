import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, type Mock, onTestFinished, test, vi } from "vitest";
import { LmdbWrites } from "../../src/store/lmdb-writes.ts";
import { gate } from "../gateway/front.ts";
import { ask, away, HELD, heldIs, LABORATORY, quiet, startHolding } from "../gateway/hold-in.ts";
import { startChild, whenReady } from "../helpers/child.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { callHttp, type HttpAnswer } from "../helpers/http-client.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { writesBetween } from "./system-calls.ts";

const PROGRAM = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const STATE = "m2mgw.mdb";
const SGN = '{"m2m:sgn":{"sur":"/id-in/sub1"}}';
const PATIENCE = 15_000;
const CALLS = "openat,read,write,writev,pwrite64,pwritev,pwritev2,fdatasync,fsync,msync";

function canTrace(): boolean {
  try {
    execFileSync("strace", ["-o", "/dev/null", "true"], { stdio: "ignore" });
    return true;
  } catch {
    // biome-ignore lint/suspicious/noConsole: a test that is left out has to say why
    console.warn("strace is not there, or may not trace; .ci/real-parts installs it");
    return false;
  }
}

/** No write to the state but so many first ones counts as done before `opened` resolves. Gives what is called for each. */
function delayWrites(opened: Promise<void>, through = 0): Mock<LmdbWrites["write"]> {
  const { write } = LmdbWrites.prototype;
  const spy = vi.spyOn(LmdbWrites.prototype, "write");
  spy.mockImplementation(async function (this: LmdbWrites, apply) {
    const isThrough = spy.mock.calls.length <= through;
    await write.call(this, apply);
    if (!isThrough) await opened;
  });
  onTestFinished(() => spy.mockRestore());
  return spy;
}

// The `<request>` of rt 1 and 2 is written before the request that it is about.
test.each([
  { is: "a plain Notify", query: "", records: 0, expected: HELD },
  { is: "a Notify with rt 1", query: "?rt=1", records: 1, expected: { status: 202, rsc: 1001 } },
  { is: "a Notify with rt 2", query: "?rt=2", records: 1, expected: { status: 202, rsc: 1002 } },
  {
    is: "a Notify with rt 5",
    query: "?rt=5",
    records: 0,
    expected: { status: 204, rsc: undefined },
  },
])(
  "the acknowledgement of $is is not written before the store has promised to keep it (D4, S23)",
  async ({ query, records, expected }) => {
    const front = await startHolding();
    const point = await away(front);
    const disk = gate();
    const writes = delayWrites(disk.opened, records);

    let answered = false;
    const acknowledgement = front.notify(`${point}${query}`, { rqi: "n1" }).finally(() => {
      answered = true;
    });
    await vi.waitFor(() => expect(writes).toHaveBeenCalledTimes(records + 1), PATIENCE);
    await quiet(front);
    expect(answered).toBe(false);
    disk.open();
    expect(await acknowledgement).toMatchObject(expected);
    await heldIs(front, 1);
  },
);

test("the mark that a Create goes out is kept before it goes out (S12)", async () => {
  const front = await startHolding(LABORATORY);
  await away(front, "/id-mn");
  const call = { method: "POST", headers: { "Content-Type": "application/json;ty=3" } } as const;
  const target = "/~/id-mn/cse?rt=1";
  expect(await ask(front, { ...call, target, body: '{"m2m:cnt":{}}' })).toMatchObject({
    rsc: 1001,
  });
  const disk = gate();
  const writes = delayWrites(disk.opened);

  const cse = await front.connect();
  expect(await cse.request({ op: 2, to: "cse-in", fr: "/id-mn" })).toMatchObject({ rsc: 2000 });
  await vi.waitFor(() => expect(writes).toHaveBeenCalled(), PATIENCE);
  await quiet(front, cse);
  expect(cse.frames).toHaveLength(1);
  disk.open();
  expect(await cse.nextRequest()).toMatchObject({ op: 1 });
});

test.skipIf(!canTrace())(
  "between reading a request and writing its acknowledgement the state is flushed to disk; between the mark and the frame of a Create, too (D4, S12, S23)",
  async () => {
    const trace = await traceRun();
    for (const identifier of ["plain-1", "kept-1", "told-1", "silent-1", "create-1"]) {
      const request = ["read(", `X-M2M-RI: ${identifier}\\r\\n`];
      // The one of rt 5 is not answered with anything of oneM2M.
      const isSilent = identifier === "silent-1";
      const answer = isSilent ? ['"HTTP/1.1 204'] : ['"HTTP/1.1 202', request[1] ?? ""];
      const writes = writesBetween(trace, STATE, request, answer);
      expect({ identifier, ...writes }).toEqual({
        identifier,
        made: expect.toSatisfy((made: number) => made > 0),
        unflushed: 0,
      });
      // What would be seen without a flush.
      const unflushed = trace.replaceAll(/^.*(?:fdatasync|fsync|msync).*$/gm, "");
      expect(writesBetween(unflushed, STATE, request, answer).unflushed).toBeGreaterThan(0);
    }
    const back = ["read(", "HTTP/1.1\\r\\n", "Upgrade: websocket", "X-Returned: yes"];
    const frame = ["write", '\\"rqi\\":\\"create-1\\"', '\\"op\\":1'];
    expect(writesBetween(trace, STATE, back, frame)).toEqual({
      made: expect.toSatisfy((made: number) => made > 0),
      unflushed: 0,
    });
  },
  60_000,
);

/** A gateway under strace, which is asked each kind of request that is stored, and to which the CSE then returns. */
async function traceRun(): Promise<string> {
  const dir = tempDir();
  const path = join(dir, "trace");
  const flags = ["--stateDir", join(dir, "state"), "--ws.allowCseOnPlain", "true"];
  const listen = ["http", "ws", "admin"].flatMap((face) => [`--${face}.listen`, "127.0.0.1:0"]);
  // -D: the gateway is the child, and strace the grandchild.
  const child = await startChild("strace", [
    ...["-D", "-f", "-y", "-s", "4096", "-e", `trace=${CALLS}`, "-o", path],
    ...[process.execPath, PROGRAM, "serve", ...flags, ...listen],
  ]);
  onTestFinished(async () => void (await child.stop("SIGKILL")));
  const faceOf = (name: string) =>
    new RegExp(`"${name}":"(\\w+://[^"]+)"`).exec(child.output())?.[1];
  await whenReady(child, async () => expect(faceOf("admin")).toBeDefined(), 30_000);
  const [http = "", ws = "", admin = ""] = ["http", "ws", "admin"].map(faceOf);

  const common = { rr: true, srv: ["3"] };
  const cse = await connectRegistree(ws);
  const csr = { csi: "/id-mn", cb: "/id-mn/cse", ...common };
  const registration = { op: 1, ty: 16, to: "cse-in", fr: "/id-mn", pc: { "m2m:csr": csr } };
  expect(await cse.request(registration)).toMatchObject({ rsc: 2001 });
  const ae = await connectRegistree(ws);
  expect(await ae.register("Cone")).toMatchObject({ rsc: 2001 });
  await Promise.all([cse.disconnect(), ae.disconnect()]);
  const metrics = async () => (await fetch(`${admin}/metrics`)).text();
  await expect.poll(metrics, { timeout: PATIENCE }).toMatch(/^m2mgw_links 0$/m);

  const send = (rqi: string, target: string, type: string, body: string): Promise<HttpAnswer> =>
    callHttp(http, {
      method: "POST",
      target,
      headers: {
        "X-M2M-Origin": "Cone",
        "X-M2M-RI": rqi,
        "X-M2M-RVI": "3",
        "Content-Type": `application/json${type}`,
      },
      body,
    });
  expect(await send("plain-1", "/Cone", "", SGN)).toMatchObject({ status: 202, rsc: 1000 });
  expect(await send("kept-1", "/Cone?rt=1", "", SGN)).toMatchObject({ status: 202, rsc: 1001 });
  expect(await send("told-1", "/Cone?rt=2", "", SGN)).toMatchObject({ status: 202, rsc: 1002 });
  expect(await send("silent-1", "/Cone?rt=5", "", SGN)).toMatchObject({ status: 204 });
  const created = send("create-1", "/~/id-mn/cse?rt=1", ";ty=3", '{"m2m:cnt":{}}');
  expect(await created).toMatchObject({ status: 202, rsc: 1001 });

  const again = await connectRegistree(ws, { headers: { "X-Returned": "yes" } });
  const known = again.request({ op: 2, to: "cse-in", fr: "/id-mn" });
  expect(await known).toMatchObject({ rsc: 2000 });
  expect(await again.nextRequest()).toMatchObject({ op: 1, rqi: "create-1" });
  await child.stop();
  const isWhole = () => new RegExp(`^${child.pid} +\\+{3} `, "m").test(readFileSync(path, "utf8"));
  await expect.poll(isWhole, { timeout: PATIENCE }).toBe(true);
  return readFileSync(path, "utf8");
}
