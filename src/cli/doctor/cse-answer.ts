import { randomBytes } from "node:crypto";
import type { Pool } from "undici";
import { type Clock, type EpochMs, later } from "../../base/clock.ts";
import { GatewayError } from "../../base/errors.ts";
import { cseConnections } from "../../binding/http/cse-pool.ts";
import { tunnelAgent } from "../../binding/proxy/tunnel-agent.ts";
import { LinkTraces } from "../../binding/ws/link-traces.ts";
import type { Config } from "../../config/schema.ts";
import type { Port } from "../../core/ports.ts";
import { countingCodecs } from "../../observe/counting-codec.ts";
import { observeAll } from "../../observe/observers.ts";
import { type CseId, entityIdOf } from "../../primitive/identifiers.ts";
import {
  NOTHING_CARRIED,
  type RequestPrimitive,
  type ResponsePrimitive,
  requestId,
  targetId,
} from "../../primitive/primitive.ts";
import { csePortTo, diallerTo } from "../../upstream.ts";
import type { Way } from "./way.ts";

/** What HTTP said besides the primitive. */
export interface HttpHead {
  readonly status: number;
  readonly server: string | undefined;
  readonly contentType: string | undefined;
  readonly date: string | undefined;
  /** It has X-M2M-RSC. */
  readonly isOneM2m: boolean;
}

export interface CseAnswer {
  readonly response: ResponsePrimitive | GatewayError;
  /** Of the last answer over HTTP, if there was one. */
  readonly http: HttpHead | undefined;
  readonly sent: EpochMs;
  readonly came: EpochMs;
}

/** Asks the CSE as the gateway itself would. */
export interface CseAsker {
  /** A Retrieve of `to` by `from`. */
  retrieve(to: string, from: string): Promise<CseAnswer>;
  close(): Promise<void>;
}

/** @throws GatewayError GW_CSE_UNREACHABLE when it is reached over WebSocket, and no connection comes about */
export async function askerOf(way: Way, config: Config, from: string): Promise<CseAsker> {
  const { clock, through, url } = way;
  // What it would log is what is being found out here.
  const observer = observeAll();
  const codecs = countingCodecs(observer, config.xml.namespaces);
  const tracing = undefined;
  const traces = new LinkTraces(tracing, false);
  const more = { tracing, traces, clock, observer };
  const parts = { codecs, owesNulls: () => false, tls: way.tls, ...more };
  if (way.isWebSocket) {
    const dialler = diallerTo(url.href, config, parts, through && tunnelAgent(url, through));
    const named = config.cse.handshakeOrigin ? from : undefined;
    const link = await dialler.dial(named, {
      // Left without an answer, it stays with whoever sent it; it is meant for the gateway, not for its doctor.
      receive: () => Promise.resolve(undefined),
      unanswered: () => {},
      closed: () => {},
    });
    const id = entityIdOf(from, {
      cseId: config.cse.id as CseId,
      spId: config.cse.spId,
      cseName: config.cse.name,
    });
    const port: Port = { request: (request, deadline) => link.deliver(request, deadline, id) };
    return asker(
      port,
      config,
      clock,
      () => undefined,
      async () => link.close("shutdown"),
    );
  }
  const pool = cseConnections(url, 1, through, way.tls.cse.secured);
  let head: HttpHead | undefined;
  watchHeads(pool, (seen) => {
    head = seen;
  });
  const port = csePortTo(url, config, parts, pool);
  return asker(
    port,
    config,
    clock,
    () => {
      const seen = head;
      head = undefined;
      return seen;
    },
    () => pool.destroy(),
  );
}

function asker(
  port: Port,
  { cse }: Config,
  clock: Clock,
  http: () => HttpHead | undefined,
  close: () => Promise<void>,
): CseAsker {
  return {
    close,
    retrieve: async (to, from) => {
      const sent = clock.now();
      const request: RequestPrimitive = {
        kind: "request",
        operation: "retrieve",
        to: targetId(to),
        from,
        requestIdentifier: requestId(`doctor-${randomBytes(6).toString("hex")}`),
        resourceType: undefined,
        releaseVersion: "3",
        content: undefined,
        carried: NOTHING_CARRIED,
      };
      const response = await port.request(request, later(sent, cse.timeout)).catch(asFailure);
      return { response, http: http(), sent, came: clock.now() };
    },
  };
}

function asFailure(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  throw error;
}

/** Tells of the head of each answer, which the port keeps to itself. */
function watchHeads(pool: Pool, seen: (head: HttpHead) => void): void {
  const dispatch = pool.dispatch.bind(pool);
  pool.dispatch = (options, handler) => {
    const start = handler.onResponseStart?.bind(handler);
    handler.onResponseStart = (controller, status, headers, message) => {
      if (status >= 200) {
        seen({
          status,
          server: headers["server"]?.toString(),
          contentType: headers["content-type"]?.toString(),
          date: headers["date"]?.toString(),
          isOneM2m: headers["x-m2m-rsc"] !== undefined,
        });
      }
      start?.(controller, status, headers, message);
    };
    return dispatch(options, handler);
  };
}
