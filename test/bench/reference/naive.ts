/**
 * The shortest honest bridge: Fastify, ws and undici as they come, a Map for correlation, JSON.parse and
 * JSON.stringify. The measure of the gateway's speed, so it stays as it is.
 */
import { parseArgs } from "node:util";
import Fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { Pool } from "undici";
import { type WebSocket, WebSocketServer } from "ws";

interface Primitive {
  op?: number;
  rsc?: number;
  ty?: number;
  to?: string;
  fr?: string;
  rqi: string;
  rvi?: string;
  pc?: unknown;
}

const ANSWER_WITHIN_MS = 10_000;
const OPERATIONS: Record<string, number> = { POST: 1, GET: 2, PUT: 3, DELETE: 4 };
const METHODS = ["", "POST", "GET", "PUT", "DELETE", "POST"] as const;
const STATUSES: Record<number, number> = {
  2000: 200,
  2001: 201,
  2002: 200,
  2004: 200,
  4000: 400,
  4004: 404,
  4008: 504,
  4103: 403,
  4105: 409,
  5103: 404,
};

const { values } = parseArgs({
  options: {
    http: { type: "string", default: "8088" },
    ws: { type: "string", default: "8180" },
    cse: { type: "string" },
  },
});
const pool = values.cse === undefined ? undefined : new Pool(values.cse);
const registrees = new Map<string, WebSocket>();
const waiting = new Map<string, (response: Primitive) => void>();

/** HTTP request → registree → HTTP response. */
async function handle(request: FastifyRequest, reply: FastifyReply) {
  const [path = "/"] = request.url.split("?");
  const type = /;\s*ty=(\d+)/.exec(request.headers["content-type"] ?? "")?.[1];
  const primitive: Primitive = {
    op: request.method === "POST" && type === undefined ? 5 : (OPERATIONS[request.method] ?? 0),
    to: path.startsWith("/~/") ? path.slice(2) : path.slice(1),
    fr: headerOf(request, "x-m2m-origin"),
    rqi: headerOf(request, "x-m2m-ri"),
    rvi: headerOf(request, "x-m2m-rvi"),
    pc: request.body ?? undefined,
  };
  if (type !== undefined) primitive.ty = Number(type);

  const registree = registrees.get(path.slice(path.lastIndexOf("/") + 1));
  const response: Primitive =
    registree === undefined
      ? { rsc: 5103, rqi: primitive.rqi }
      : await askRegistree(registree, primitive);

  reply.code(STATUSES[response.rsc ?? 0] ?? 500);
  reply.header("X-M2M-RSC", response.rsc);
  reply.header("X-M2M-RI", response.rqi);
  if (response.rvi !== undefined) reply.header("X-M2M-RVI", response.rvi);
  return reply.send(response.pc);
}

function headerOf(request: FastifyRequest, name: string): string {
  return String(request.headers[name] ?? "");
}

function askRegistree(registree: WebSocket, request: Primitive): Promise<Primitive> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      waiting.delete(request.rqi);
      resolve({ rsc: 4008, rqi: request.rqi });
    }, ANSWER_WITHIN_MS);
    waiting.set(request.rqi, (response) => {
      clearTimeout(timer);
      waiting.delete(request.rqi);
      resolve(response);
    });
    registree.send(JSON.stringify(request));
  });
}

/** Request of a registree → CSE over HTTP → response; without a CSE only registrations are answered. */
async function askCse(request: Primitive): Promise<Primitive> {
  const { rqi, rvi = "3", fr = "", to = "" } = request;
  if (pool === undefined) {
    if (request.op !== 1 || request.ty !== 2) return { rsc: 5001, rqi, rvi };
    const ae = (request.pc as { "m2m:ae": object })["m2m:ae"];
    return { rsc: 2001, rqi, rvi, pc: { "m2m:ae": { ...ae, ri: fr, aei: fr } } };
  }
  const { headers, body } = await pool.request({
    method: METHODS[request.op ?? 0] || "GET",
    path: to.startsWith("/") ? `/~${to}` : `/${to}`,
    headers: {
      "X-M2M-Origin": fr,
      "X-M2M-RI": rqi,
      "X-M2M-RVI": rvi,
      "Content-Type":
        request.ty === undefined ? "application/json" : `application/json;ty=${request.ty}`,
    },
    body: request.pc === undefined ? null : JSON.stringify(request.pc),
  });
  const text = await body.text();
  const response: Primitive = { rsc: Number(headers["x-m2m-rsc"]), rqi, rvi };
  if (text !== "") response.pc = JSON.parse(text);
  return response;
}

function isRegistration(request: Primitive, response: Primitive): boolean {
  return request.op === 1 && request.ty === 2 && response.rsc === 2001;
}

const app = Fastify();
app.route({ method: ["GET", "POST", "PUT", "DELETE"], url: "/*", handler: handle });
await app.listen({ host: "127.0.0.1", port: Number(values.http) });

const server = new WebSocketServer({ host: "127.0.0.1", port: Number(values.ws) });
server.on("connection", (socket) => {
  socket.on("error", (error) => console.error(error.message));
  socket.on("message", async (data) => {
    let primitive: Primitive;
    try {
      primitive = JSON.parse(data.toString());
    } catch {
      socket.close(1007);
      return;
    }
    if (primitive.rsc !== undefined) {
      waiting.get(primitive.rqi)?.(primitive);
      return;
    }
    let response: Primitive;
    try {
      response = await askCse(primitive);
    } catch (error) {
      console.error(error);
      response = { rsc: 5103, rqi: primitive.rqi };
    }
    if (isRegistration(primitive, response) && primitive.fr !== undefined) {
      const registree = primitive.fr;
      registrees.set(registree, socket);
      socket.once("close", () => {
        if (registrees.get(registree) === socket) registrees.delete(registree);
      });
    }
    socket.send(JSON.stringify(response));
  });
});
