import type { Agent, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import type { Clock, Millis } from "../../base/clock.ts";
import { GatewayError } from "../../base/errors.ts";
import type { Codecs } from "../../codec/codec.ts";
import type { DialResult } from "../../core/measures.ts";
import type { Dialler, Link, LinkService, Observer } from "../../core/ports.ts";
import { firstDialect } from "../../dialect/dialect.ts";
import { chooseSubprotocol } from "../../dialect/subprotocols.ts";
import { ProxyError } from "../proxy/proxy-error.ts";
import type { SecuredBy } from "../tls/client.ts";
import { Corks } from "./corks.ts";
import { WsLink } from "./link.ts";
import type { LinkLimits, LinkOptions } from "./link-options.ts";

export interface WsDiallerOptions {
  /** ws:// or wss://. */
  readonly url: string;
  /** Names that are offered, the best first. */
  readonly subprotocols: readonly string[];
  readonly deflate: boolean;
  /** Bytes of one message, also after decompression. */
  readonly maxMessage: number;
  /** For one attempt. */
  readonly timeout: Millis;
  /** Makes the connections; undefined where they are made straight. */
  readonly agent: Agent | undefined;
  readonly secured: SecuredBy;
  readonly codecs: Codecs;
  readonly owesNulls: LinkOptions["owesNulls"];
  readonly lenient: boolean;
  readonly limits: LinkLimits;
  readonly traces: LinkOptions["traces"];
  readonly clock: Clock;
  readonly observer: Observer;
  /**
   * Told of each attempt.
   *
   * @param why it failed, in words for an operator; undefined when it did not
   * @param isNews it did not fail before, or for another reason
   */
  readonly tried: (result: DialResult, why: string | undefined, isNews: boolean) => void;
}

/** What a header field can say: an originator makes its name up itself, and is not named with any other. */
const FIELD_VALUE = /^[ -~]+$/;

/** Opens WebSockets to the registrar (TS-0020, 6.2.2). Looks the name up for each attempt, and tries all its addresses. */
export class WsDialler implements Dialler {
  readonly #options: WsDiallerOptions;
  readonly #corks = new Corks();
  #dialled = 0;
  /** What went wrong last, while it goes wrong. */
  #told: string | undefined;

  constructor(options: WsDiallerOptions) {
    this.#options = options;
  }

  async dial(originator: string | undefined, service: LinkService): Promise<Link> {
    const { tried } = this.#options;
    try {
      const link = await this.#open(originator, service);
      tried("connected", undefined, this.#told !== undefined);
      this.#told = undefined;
      return link;
    } catch (cause) {
      const { result, sentence } = explained(cause);
      tried(result, sentence, sentence !== this.#told);
      this.#told = sentence;
      throw new GatewayError("GW_CSE_UNREACHABLE", { cause });
    }
  }

  #open(originator: string | undefined, service: LinkService): Promise<Link> {
    const { agent, deflate, maxMessage, secured, subprotocols, timeout, url } = this.#options;
    return new Promise((resolve, reject) => {
      let transport: Duplex | undefined;
      const socket = new WebSocket(url, [...subprotocols], {
        ...secured(),
        agent,
        handshakeTimeout: timeout,
        maxPayload: maxMessage,
        perMessageDeflate: deflate,
        headers:
          originator === undefined || !FIELD_VALUE.test(originator)
            ? {}
            : { "X-M2M-Origin": originator },
      });
      socket.once("upgrade", (response) => {
        transport = response.socket;
      });
      socket.once("unexpected-response", (request, response) => {
        request.destroy();
        reject(new NotUpgraded(response));
      });
      socket.on("error", reject);
      socket.once("open", () => {
        const spoken = chooseSubprotocol([socket.protocol], { proV1: false });
        if (spoken === undefined || transport === undefined) {
          socket.terminate();
          reject(new Error(`Server chose the subprotocol ${JSON.stringify(socket.protocol)}`));
          return;
        }
        // At once: what came behind the handshake is read in this same turn.
        resolve(this.#linkOf(socket, transport, spoken.subprotocol, service));
      });
    });
  }

  #linkOf(
    socket: WebSocket,
    transport: Duplex,
    subprotocol: Parameters<typeof firstDialect>[0],
    service: LinkService,
  ): WsLink {
    const { clock, codecs, lenient, limits, observer, owesNulls, traces, url } = this.#options;
    this.#dialled += 1;
    const link = new WsLink(socket, transport, {
      id: `r${this.#dialled}`,
      codec: codecs[subprotocol.serialization].forPeer(),
      owesNulls,
      dialect: firstDialect(subprotocol),
      lenient,
      limits,
      corks: this.#corks,
      traces,
      trusted: true,
      secured: url.startsWith("wss:"),
      clock,
      observer,
      host: service,
    });
    observer.linkOpened(link, url);
    return link;
  }
}

/** The registrar, or something before it, has answered the handshake with something else than 101. */
class NotUpgraded extends Error {
  constructor({ statusCode, statusMessage }: IncomingMessage) {
    super(`it answered the handshake with ${statusCode} ${statusMessage}`);
  }
}

const CODES: ReadonlyMap<string, DialResult> = new Map([
  ["ENOTFOUND", "name-unknown"],
  ["EAI_AGAIN", "name-unknown"],
  ["ECONNREFUSED", "refused"],
  ["ETIMEDOUT", "timeout"],
]);

/** What went wrong, for the metric and in words for an operator. */
function explained(error: unknown): { readonly result: DialResult; readonly sentence: string } {
  // Of several addresses each has failed; the first says it.
  const cause = error instanceof AggregateError ? (error.errors[0] ?? error) : error;
  const sentence = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof ProxyError) {
    const { result } = cause;
    return { result: result === "target-tls" ? "tls" : `proxy-${result}`, sentence };
  }
  if (cause instanceof NotUpgraded) return { result: "not-upgraded", sentence };
  if (/subprotocol/i.test(sentence)) return { result: "bad-subprotocol", sentence };
  if (/handshake has timed out/i.test(sentence)) return { result: "timeout", sentence };
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const isTls = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|EPROTO)/.test(code);
  return { result: CODES.get(code) ?? (isTls ? "tls" : "unreachable"), sentence };
}
