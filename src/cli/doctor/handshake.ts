import type { IncomingMessage } from "node:http";
import { ProxyError } from "../../binding/proxy/proxy-error.ts";
import type { Config } from "../../config/schema.ts";
import { formatDuration } from "../../config/units.ts";
import type { ClockReading } from "./clock-skew.ts";
import { codeOf } from "./error-code.ts";
import { type Finding, fault, ok } from "./finding.ts";
import { refusalTrouble } from "./handshake-refusals.ts";
import { tookSince } from "./patience.ts";
import { type Trouble, tlsTrouble } from "./tls-troubles.ts";
import type { Way } from "./way.ts";
import { closeWebSocket, openWebSocket } from "./web-socket.ts";

/** Whether the registrar upgrades to a WebSocket, as TS-0020, 6.2.2 has it, and to which subprotocol. */
export async function tryHandshake(
  way: Way,
  config: Config,
): Promise<{ readonly finding: Finding; readonly clock: ClockReading | undefined }> {
  const { clock } = way;
  const { handshakeOrigin, originator, subprotocols } = config.cse;
  const named = handshakeOrigin ? originator : undefined;
  const start = clock.now();
  const result = await openWebSocket(way, config, named);
  const reading = readingOf(result.answer, clock.now());
  if ("socket" in result) {
    const { protocol } = result.socket;
    const took = tookSince(clock, start);
    await closeWebSocket(result.socket, clock);
    const whom = named === undefined ? "no originator named" : `X-M2M-Origin: ${named}`;
    const text = `101 (${took}); of ${subprotocols.join(", ")} the registrar chose ${protocol}; ${whom}`;
    return { finding: ok("handshake", text), clock: reading };
  }
  const trouble =
    "error" in result
      ? failureTrouble(result.error, way, config)
      : refusalTrouble(result.answer, way, config);
  return { finding: fault("handshake", trouble.text, trouble.change), clock: reading };
}

function readingOf(
  answer: IncomingMessage | undefined,
  at: ClockReading["at"],
): ClockReading | undefined {
  const theirs = Date.parse(answer?.headers.date ?? "");
  return Number.isNaN(theirs)
    ? undefined
    : { at, theirs, by: "the Date of the handshake's answer" };
}

const PROXY_CLOSED =
  "the proxy let it through a moment ago: try again, and look at the proxy's log";

function failureTrouble(error: Error, way: Way, { cse }: Config): Trouble {
  if (error instanceof ProxyError) return { text: error.message, change: PROXY_CLOSED };
  const { message } = error;
  if (/subprotocol/i.test(message)) {
    return {
      text: `the answer is 101, but the registrar chose none of ${cse.subprotocols.join(", ")}: ${message}`,
      change:
        "offer what it speaks in cse.subprotocols; if it speaks none of oneM2M's, cse.url leads to something else",
    };
  }
  if (/handshake has timed out/i.test(message)) {
    return {
      text: `no answer to the handshake within ${formatDuration(way.patience)}: something between may not let WebSockets through`,
      change: `use wss:// in cse.url, where nothing between can look inside; or give ${way.patienceKey} more`,
    };
  }
  const code = codeOf(error);
  if (/^(?:ERR_SSL|ERR_TLS)/.test(code)) {
    const { target, url } = way;
    const unknown = { names: "unknown", issuer: "unknown", from: "unknown", until: "unknown" };
    return tlsTrouble(code, message, { target, scheme: url.protocol, ...unknown });
  }
  if (/^HPE_/.test(code)) {
    return {
      text: `the answer to the handshake is no HTTP (${code})`,
      change: `let cse.url name the port of the registrar's WebSocket server${way.isSecure ? "" : ", with wss:// if it speaks TLS"}`,
    };
  }
  if (code === "ECONNRESET" || /hang up/i.test(message)) {
    return {
      text: "the connection was closed instead of an answer to the handshake: by a server of another protocol, or a proxy or firewall that knows no WebSocket",
      change: way.isSecure
        ? "check that the port in cse.url is that of the registrar's WebSocket server"
        : "check the port in cse.url; use wss:// there if the server speaks TLS, or where something between looks into plain HTTP",
    };
  }
  return {
    text: `the handshake failed: ${message}`,
    change:
      "check that cse.url leads to the registrar's WebSocket server, with nothing between that changes HTTP",
  };
}
