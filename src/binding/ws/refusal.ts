import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import {
  type HandshakeRules,
  NOT_UPGRADED,
  type RefusedHandshake,
  readHandshake,
  type UpgradeRequest,
} from "./handshake.ts";

/** The parts of a request that decide about an upgrade. */
export function upgradeOf({
  method = "",
  url = "",
  httpVersion,
  headers,
}: IncomingMessage): UpgradeRequest {
  return { method, url, httpVersion, headers };
}

/** What a request without Upgrade gets at a port of its own: 426, which is no oneM2M answer and has no RSC. */
export function answerPlainRequest(request: IncomingMessage, response: ServerResponse): void {
  const decision = readHandshake(upgradeOf(request), ANY);
  // What could be upgraded, node gives to the upgrade event; whatever else comes here cannot.
  const refused = decision.result === "accepted" ? NOT_UPGRADED : decision;
  response.writeHead(refused.status, headersOf(refused));
  response.end(refused.sentence);
}

const ANY: HandshakeRules = { hosts: [], origins: [], proV1: false };

/** Answers an upgrade request that is refused, and ends its connection. */
export function writeRefusal(socket: Duplex, refused: RefusedHandshake): void {
  const headers = headersOf(refused);
  if (!headers.includes("Connection")) headers.push("Connection", "close");
  const lines = [`HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status] ?? ""}`];
  for (let index = 0; index < headers.length; index += 2) {
    lines.push(`${headers[index]}: ${headers[index + 1]}`);
  }
  // A client that keeps its half open would hold the connection for ever.
  socket.once("finish", () => socket.destroy());
  socket.end(`${lines.join("\r\n")}\r\n\r\n${refused.sentence}`);
}

/** Flat list of names and values. */
function headersOf({ headers, sentence }: RefusedHandshake): string[] {
  return ["Content-Type", "text/plain", "Content-Length", String(sentence.length), ...headers];
}
