import type { Clock } from "./base/clock.ts";
import { cseConnections } from "./binding/http/cse-pool.ts";
import { CsePort } from "./binding/http/cse-port.ts";
import { CseProbe } from "./binding/http/cse-probe.ts";
import { PassThrough } from "./binding/http/pass-through.ts";
import type { Codecs } from "./codec/codec.ts";
import type { Config } from "./config/schema.ts";
import type { Observer, Port } from "./core/ports.ts";
import type { Domain } from "./primitive/identifiers.ts";
import { createRegistrar } from "./registrar/registrar.ts";
import type { State } from "./store/lmdb-open.ts";

/** The way to the CSE, and what goes with it. */
export interface Upstream {
  readonly port: Port;
  /** Undefined where there is no CSE that requests could pass through to. */
  readonly passThrough: PassThrough | undefined;
  close(): Promise<void>;
}

export interface UpstreamParts {
  readonly domain: Domain & { readonly cseName: string };
  readonly state: State;
  readonly codecs: Codecs;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** Builds the way to the configured CSE, or the built-in registrar where there is none. */
export function createUpstream({ cse, http, request }: Config, parts: UpstreamParts): Upstream {
  const { domain, state, codecs, clock, observer } = parts;
  if (cse.url === undefined) {
    const registrar = createRegistrar({
      domain,
      clock,
      resources: state.table("resources"),
      warn: (message, fields) => observer.warn(message, fields),
    });
    return {
      port: registrar,
      passThrough: undefined,
      close: () => Promise.resolve(registrar.close()),
    };
  }
  const url = new URL(cse.url);
  const basePath = url.pathname.replace(/\/+$/, "");
  const pool = cseConnections(url, cse.connections);
  // Of its own: long polls of applications must not keep registrees from the CSE.
  const rawPool = cseConnections(url, cse.connections);
  const probe = new CseProbe(url, clock, observer);
  probe.start();
  return {
    port: new CsePort({
      pool,
      basePath,
      codecs,
      serializations: cse.serializations,
      laterHeaders: http.laterHeaders,
      maxInFlight: cse.maxInFlight,
      maxBody: http.maxBody,
      clock,
      observer,
    }),
    passThrough: new PassThrough({
      pool: rawPool,
      basePath,
      maxInFlight: cse.maxInFlight,
      bodyPause: cse.timeout,
      openMax: request.openMax,
      clock,
      observer,
    }),
    close: async () => {
      probe.stop();
      await Promise.all([pool.destroy(), rawPool.destroy()]);
    },
  };
}
