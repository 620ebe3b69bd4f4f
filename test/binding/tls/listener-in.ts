import { once } from "node:events";
import { Agent, get } from "node:https";
import { type AddressInfo, Socket } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { onTestFinished } from "vitest";
import { type Clock, millis, SystemClock } from "../../../src/base/clock.ts";
import type { ListenerTls, TlsResult, TlsSource } from "../../../src/base/tls.ts";
import { TlsListener, type TlsListenerOptions } from "../../../src/binding/tls/listener.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { listenerTls } from "../../../src/config/tls-sources.ts";
import { silentObserver } from "../../helpers/silent-observer.ts";

/** The files behind a listener's TLS. @param keys those of `http.tls`, as flags have them */
export function sourceOf(
  keys: Readonly<Record<string, string>>,
  preSharedKeys = false,
): TlsSource<ListenerTls> {
  const flags = Object.entries(keys).map(([key, value]) => [`http.tls.${key}`, value] as const);
  const loaded = loadConfig({ env: {}, flags: new Map(flags) });
  if ("faults" in loaded) throw new Error(JSON.stringify(loaded.faults));
  const source = listenerTls(loaded.config, "http");
  if (source === undefined) throw new Error("no certificates");
  const read: typeof source.read = () => {
    const found = source.read();
    return "tls" in found ? { tls: { ...found.tls, preSharedKeys } } : found;
  };
  return { files: source.files, read };
}

export interface StartedListener {
  readonly port: number;
  readonly listener: TlsListener;
  /** Of all handshakes, in order. */
  readonly results: readonly TlsResult[];
  /** Of all readings after the first: why they were refused, or undefined. */
  readonly reloads: readonly (string | undefined)[];
  readonly warnings: readonly string[];
  /** Requests that have got to the handler. */
  readonly requests: { count: number };
  /** Resolves when that many handshakes are over. */
  over(count: number): Promise<void>;
}

/** A server with that TLS which answers what the client has proven, on 127.0.0.1; stopped when the test ends. */
export async function startListener(
  keys: Readonly<Record<string, string>>,
  more: { readonly clock?: Clock } & Partial<
    Pick<TlsListenerOptions, "pskKeyOf" | "handshakeTimeout" | "source">
  > = {},
): Promise<StartedListener> {
  const results: TlsResult[] = [];
  const reloads: (string | undefined)[] = [];
  const warnings: string[] = [];
  let woken = (): void => {};
  const listener = new TlsListener({
    face: "http",
    source: more.source ?? sourceOf(keys, more.pskKeyOf !== undefined),
    pskKeyOf: () => undefined,
    handshakeTimeout: millis(10_000),
    clock: new SystemClock(),
    observer: silentObserver({
      tlsHandshake: (_face, result) => {
        results.push(result);
        woken();
      },
      tlsReloaded: (_party, why) => void reloads.push(why),
      warn: (message) => void warnings.push(message),
    }),
    ...more,
  });
  const requests = { count: 0 };
  const server = listener.createServer({}, (request, response) => {
    requests.count += 1;
    response.end(JSON.stringify(listener.peerOf(request.socket)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    listener.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return {
    ...{ listener, results, reloads, warnings, requests },
    port: (server.address() as AddressInfo).port,
    over: async (count) => {
      while (results.length < count) {
        await new Promise<void>((resolve) => {
          woken = resolve;
        });
      }
    },
  };
}

export interface Asked {
  /** What the client has proven, as JSON; undefined when no answer came. */
  readonly proven: string | undefined;
  /** The alert that came instead, or the code of the error there was. */
  readonly error: string | undefined;
  readonly protocol: string | null | undefined;
  readonly cipher: string | undefined;
  /** Common name of the server's certificate. */
  readonly shown: string | undefined;
}

/** One request on a connection of its own. */
export function ask(port: number, options: ConnectionOptions = {}): Promise<Asked> {
  return new Promise((resolve) => {
    let socket: TLSSocket | undefined;
    const over = (proven: string | undefined, error: string | undefined): void =>
      resolve({
        proven,
        error,
        protocol: socket?.getProtocol(),
        cipher: socket?.getCipher()?.name,
        shown: socket && commonNameOf(socket),
      });
    const agent = new Agent();
    agent.createConnection = () => {
      socket = connect({ host: "127.0.0.1", port, ...options });
      return socket;
    };
    const request = get({ host: "127.0.0.1", port, agent });
    request.on("error", (error: NodeJS.ErrnoException) =>
      over(undefined, /alert [a-z ]+/.exec(error.message)?.[0] ?? error.code),
    );
    request.on("response", (response) => {
      let text = "";
      response.on("data", (part: Buffer) => {
        text += part.toString();
      });
      response.on("end", () => over(text, undefined));
    });
  });
}

export const commonNameOf = (socket: TLSSocket): string | undefined =>
  socket.getPeerCertificate()?.subject?.CN as string | undefined;

/** What a server says to bytes that are no TLS, until it closes. */
export async function sayPlainly(port: number, text: string): Promise<string> {
  const socket = new Socket();
  let heard = "";
  socket.on("data", (part) => {
    heard += part.toString("latin1");
  });
  socket.on("error", () => {});
  socket.connect(port, "127.0.0.1", () => socket.write(text));
  await once(socket, "close");
  return heard;
}
