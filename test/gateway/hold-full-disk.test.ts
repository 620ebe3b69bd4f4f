import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { connectRegistree, type Registree } from "../helpers/fake-registree.ts";
import { hasCommand } from "../helpers/has-command.ts";
import { expectBalance, samplesOf } from "../helpers/hold-books.ts";
import { callHttp, type HttpAnswer } from "../helpers/http-client.ts";
import { type RunningGateway, runGateway } from "../helpers/run-gateway.ts";
import { ok } from "./front.ts";
import { HELD, NOT_REACHABLE, rqisOf, SERVED } from "./hold-in.ts";

/** A process that is told that a file can grow no more, and is not ended for it. */
const UNENDED = ["bash", "-c", 'trap "" XFSZ; exec "$@"', "bash"];

/** Left on the full disk: room for what ends, which then need not be written again 5 s later. */
const SPARE = 65_536;
/** More than that and all that is free within the file. */
const LARGE = 300_000;

const limit = ({ pid }: RunningGateway, bytes: number | "unlimited"): void =>
  void execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:unlimited`]);

const full = (gateway: RunningGateway): void =>
  limit(gateway, statSync(join(gateway.stateDir, "m2mgw.mdb")).size + SPARE);

const notify = (
  { http }: RunningGateway,
  target: string,
  rqi: string,
  size = 1,
): Promise<HttpAnswer> =>
  callHttp(http, {
    method: "POST",
    target,
    headers: {
      "X-M2M-Origin": "CApp",
      "X-M2M-RI": rqi,
      "X-M2M-RVI": "3",
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ "m2m:sgn": { sur: "cse-in/sub", pad: "x".repeat(size) } }),
  });

/** An AE that answers whatever comes. */
async function register({ ws }: RunningGateway, id: string): Promise<Registree> {
  const ae = await connectRegistree(ws, { answer: ok });
  expect(await ae.register(id)).toMatchObject({ rsc: 2001 });
  return ae;
}

async function storing(gateway: RunningGateway): Promise<unknown> {
  const ready = await fetch(`${gateway.admin}/readyz`);
  const sample = await samplesOf(gateway);
  const { storing } = (await ready.json()) as { storing: unknown };
  return { status: ready.status, storing, accepting: sample("m2mgw_hold_accepting") };
}

test.skipIf(!hasCommand("prlimit"))(
  "on a full disk newcomers are refused and all else goes on; with room again they are stored (architecture, D4)",
  { timeout: 30_000 },
  async () => {
    const gateway = await runGateway({ under: UNENDED });
    const live = await register(gateway, "CAE1");
    await (await register(gateway, "CAE2")).disconnect();
    for (const rqi of ["n1", "n2"]) {
      expect(await notify(gateway, "/CAE2", rqi)).toMatchObject(HELD);
    }
    expect(await storing(gateway)).toEqual({ status: 200, storing: true, accepting: 1 });

    full(gateway);
    expect(await notify(gateway, "/CAE2", "n3", LARGE)).toMatchObject(NOT_REACHABLE);
    expect(await storing(gateway)).toEqual({ status: 200, storing: false, accepting: 0 });
    expect(await notify(gateway, "/CAE1", "live", LARGE)).toMatchObject(SERVED);
    expect(rqisOf(live)).toEqual(["live"]);
    const back = await connectRegistree(gateway.ws, { answer: ok, origin: "CAE2" });
    const came = [await back.nextRequest(), await back.nextRequest()];
    expect(came).toMatchObject([{ rqi: "n1" }, { rqi: "n2" }]);
    await back.disconnect();

    limit(gateway, "unlimited");
    expect(await notify(gateway, "/CAE2", "n4", LARGE)).toMatchObject(HELD);
    expect(await storing(gateway)).toEqual({ status: 200, storing: true, accepting: 1 });
    await expectBalance(gateway, { delivered: 2, entries: 1 });
    const again = await connectRegistree(gateway.ws, { answer: ok, origin: "CAE2" });
    expect(await again.nextRequest()).toMatchObject({ rqi: "n4" });
    await expectBalance(gateway, { delivered: 3 });
  },
);
