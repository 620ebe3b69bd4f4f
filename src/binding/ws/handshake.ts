import type { IncomingHttpHeaders } from "node:http";
import type { HandshakeResult } from "../../core/measures.ts";
import { chooseSubprotocol, type Subprotocol } from "../../dialect/subprotocols.ts";

/** The parts of an upgrade request that decide. */
export interface UpgradeRequest {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
}

export interface HandshakeRules {
  /** Host values served; empty for any. */
  readonly hosts: readonly string[];
  /** Origins from which browsers may connect; others than browsers send none. */
  readonly origins: readonly string[];
  /** Accept the subprotocol name `oneM2M-pro-v1.0`. */
  readonly proV1: boolean;
}

export interface AcceptedHandshake {
  readonly result: "accepted";
  /** In the client's own spelling. */
  readonly subprotocolName: string;
  readonly subprotocol: Subprotocol;
  /** X-M2M-Origin, a claim: TS-0020 knows no identity in the handshake, ACME and tinyIoT do. */
  readonly originator: string | undefined;
}

export interface RefusedHandshake {
  readonly result: Exclude<HandshakeResult, "accepted">;
  /** HTTP status. */
  readonly status: number;
  /** Flat list of names and values. */
  readonly headers: readonly string[];
  /** What the client should change. */
  readonly sentence: string;
}

/** Decides about an upgrade request before anything is upgraded (TS-0020, 6.2.3.1; RFC 6455, 4.2.1). */
export function readHandshake(
  request: UpgradeRequest,
  rules: HandshakeRules,
): AcceptedHandshake | RefusedHandshake {
  const { headers } = request;
  if (request.method !== "GET") {
    return refuse("wrong-method", 405, "a WebSocket is opened with GET", ["Allow", "GET"]);
  }
  // TS-0020, 6.2.2.1 fixes the target; points of access for WebSocket have no path.
  if (request.url !== "/") return refuse("wrong-target", 404, "the request target must be /");
  if (!hasToken(headers.upgrade, "websocket")) return NOT_UPGRADED;
  if (!hasToken(headers.connection, "upgrade")) {
    return refuse("bad-request", 400, "Connection must name the option Upgrade");
  }
  if (request.httpVersion !== "1.1") {
    return refuse("bad-request", 400, "a WebSocket is opened with HTTP/1.1");
  }
  if (headers["sec-websocket-version"] !== "13") {
    return refuse("wrong-version", 426, "only version 13 of the protocol is spoken", [
      ...NOT_UPGRADED.headers,
      "Sec-WebSocket-Version",
      "13",
    ]);
  }
  if (!isKey(headers["sec-websocket-key"])) {
    return refuse("bad-request", 400, "Sec-WebSocket-Key must be the base64 form of 16 bytes");
  }
  if (headers.host === undefined) return refuse("bad-request", 400, "Host is missing");
  if (rules.hosts.length > 0 && !isServed(headers.host, rules.hosts)) {
    return refuse("host-refused", 421, "this Host is not served here");
  }
  if (headers.origin !== undefined && !rules.origins.includes(headers.origin)) {
    return refuse("origin-refused", 403, "this web origin may not connect");
  }
  return withSubprotocol(headers, rules);
}

function withSubprotocol(
  headers: IncomingHttpHeaders,
  rules: HandshakeRules,
): AcceptedHandshake | RefusedHandshake {
  const field = headers["sec-websocket-protocol"];
  const offered = listOf(field);
  if (field === undefined || offered.length === 0) {
    return refuse("bad-subprotocol", 400, `Sec-WebSocket-Protocol is missing; offer ${EXAMPLE}`);
  }
  if (!offered.every((name) => TOKEN.test(name))) {
    return refuse("bad-subprotocol", 400, "Sec-WebSocket-Protocol holds an illegal character");
  }
  if (new Set(offered).size !== offered.length) {
    return refuse("bad-subprotocol", 400, "Sec-WebSocket-Protocol names a subprotocol twice");
  }
  const chosen = chooseSubprotocol(offered, rules);
  if (chosen === undefined) {
    return refuse("bad-subprotocol", 400, `no offered subprotocol is supported; offer ${EXAMPLE}`);
  }
  const originator = headers["x-m2m-origin"];
  return {
    result: "accepted",
    subprotocolName: chosen.name,
    subprotocol: chosen.subprotocol,
    originator: typeof originator === "string" ? originator : undefined,
  };
}

/** The answer to a request that asks for no upgrade. */
export const NOT_UPGRADED: RefusedHandshake = {
  result: "not-upgrade",
  status: 426,
  headers: ["Upgrade", "websocket", "Connection", "Upgrade"],
  sentence: "this is a WebSocket port: upgrade to websocket",
};

const EXAMPLE = "oneM2M.json";
/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

function isKey(key: string | undefined): boolean {
  return key !== undefined && /^[+/0-9A-Za-z]{22}==$/.test(key);
}

function listOf(field: string | undefined): string[] {
  return field === undefined ? [] : field.split(",").map((item) => item.trim());
}

function isServed(host: string, hosts: readonly string[]): boolean {
  return hosts.some((served) => served.toLowerCase() === host.toLowerCase());
}

function hasToken(field: string | undefined, token: string): boolean {
  return listOf(field).some((item) => item.toLowerCase() === token);
}

function refuse(
  result: RefusedHandshake["result"],
  status: number,
  sentence: string,
  headers: readonly string[] = [],
): RefusedHandshake {
  return { result, status, headers, sentence };
}
