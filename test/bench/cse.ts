import { createServer, type IncomingMessage } from "node:http";
import { parseArgs } from "node:util";

/** A CSE over HTTP that keeps nothing: every request succeeds with the same answer, but for the identifiers. */
const { values } = parseArgs({ options: { http: { type: "string", default: "0" } } });

const INSTANCE = JSON.stringify({
  "m2m:cin": {
    rn: "cin1",
    ty: 4,
    pi: "cnt1",
    ri: "cin1",
    ct: "20260101T000000",
    lt: "20260101T000000",
    et: "20270101T000000",
    st: 1,
    cs: 64,
  },
});
const SUCCESSES: Readonly<Record<string, readonly [status: number, rsc: string]>> = {
  POST: [201, "2001"],
  GET: [200, "2000"],
  PUT: [200, "2004"],
  DELETE: [200, "2002"],
};

createServer((request, response) => {
  request.resume();
  request.once("end", () => {
    const [status, rsc] = SUCCESSES[request.method ?? ""] ?? [405, "4005"];
    const body = request.headers["content-type"]?.endsWith("ty=2") ? entityOf(request) : INSTANCE;
    response.writeHead(status, {
      "X-M2M-RSC": rsc,
      "X-M2M-RI": request.headers["x-m2m-ri"],
      "X-M2M-RVI": "3",
      "Content-Type": "application/json",
      "Content-Length": body.length,
    });
    response.end(body);
  });
}).listen(Number(values.http), "127.0.0.1");

function entityOf(request: IncomingMessage): string {
  const id = String(request.headers["x-m2m-origin"]);
  return JSON.stringify({
    "m2m:ae": { rn: `bench-${id}`, ty: 2, pi: "id-in", ri: id, aei: id, api: "Nbench", rr: true },
  });
}
