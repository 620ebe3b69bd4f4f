import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { GatewayError } from "../../base/errors.ts";
import { AccessRefused, withdrawn } from "../../core/access-refused.ts";
import type { Applications } from "../../core/applications.ts";
import type { Authenticator, Credential, Shown } from "../../core/credential.ts";
import type { Limits } from "../../core/limits.ts";
import { type Meter, payerOf } from "../../core/meter.ts";
import type { Observer } from "../../core/ports.ts";
import type { Gatekeeper } from "../limits/gatekeeper.ts";
import { checkHead } from "../limits/head.ts";
import type { Received } from "./body.ts";
import type { UnderWay } from "./under-way.ts";

export interface AdmissionOptions {
  readonly limits: Limits;
  readonly keeper: Gatekeeper;
  readonly meter: Meter;
  readonly underWay: UnderWay;
  readonly applications: Pick<Applications, "restricts">;
  readonly authenticator: Authenticator;
  /** What a client has proven by TLS. */
  readonly provenBy: (socket: Socket) => Omit<Shown, "authorization">;
  readonly observer: Pick<Observer, "accessRefused" | "limitReached">;
}

/** Turns requests away before anybody looks at what they ask for, and finds who pays for the others. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * @param response says that the connection closes where nothing more is served on it
   * @throws GatewayError GW_REQUEST_INVALID for what is not looked at any further; GW_OVERLOADED and others of the limits
   */
  check(request: IncomingMessage, response: ServerResponse, url: string): void {
    this.#checkLine(request.socket, response);
    // As other servers do; what it would be answered with is no HTTP/1 either.
    if (request.httpVersionMajor < 1) throw new GatewayError("GW_REQUEST_INVALID", "HTTP/0.9");
    if (hasTwoHosts(request)) throw new GatewayError("GW_REQUEST_INVALID", "Host occurs twice");
    this.#checkConnection(request.socket, response);
    checkHead(request, url, this.#options.limits.current);
    if (this.#options.applications.restricts) checkUnambiguous(request);
  }

  /** @throws GatewayError GW_CREDENTIALS_REFUSED, GW_OVERLOADED, GW_TOO_FAST */
  async credentialOf({ headers, socket }: IncomingMessage): Promise<Credential | undefined> {
    const { authenticator, observer, provenBy } = this.#options;
    const { authorization, "x-m2m-origin": origin } = headers;
    const { remoteAddress: address } = socket;
    try {
      const found = await authenticator.authenticate({ ...provenBy(socket), authorization });
      // Other credentials may have come to hold while this one was checked.
      if (found === undefined || authenticator.holds(found)) return found;
      throw withdrawn(found);
    } catch (error) {
      if (error instanceof AccessRefused) {
        const originator = origin?.toString();
        observer.accessRefused({ face: "http", address, originator, ...error.unproven });
      }
      // Whoever guesses pays for it.
      this.charge({ headers, socket }, undefined);
      throw error;
    }
  }

  /**
   * Counts a request for whoever made it.
   *
   * @returns takes the bytes of a body that does not announce its length
   * @throws GatewayError GW_TOO_FAST
   */
  charge(
    { headers, socket }: Pick<IncomingMessage, "headers" | "socket">,
    credential: Credential | undefined,
  ): Received | undefined {
    const { keeper, meter } = this.#options;
    const payer = payerOf(credential, undefined, keeper.addressOf(socket));
    if (payer === undefined) return undefined;
    if (!meter.take(payer, Number(headers["content-length"] ?? 0))) {
      throw new GatewayError("GW_TOO_FAST");
    }
    if (headers["transfer-encoding"] === undefined) return undefined;
    return (bytes) => void meter.spend(payer, 0, bytes);
  }

  /** Of a line that is too long one is refused, and what came behind it at once is not looked at. */
  #checkLine(socket: Socket, response: ServerResponse): void {
    const { limits, observer, underWay } = this.#options;
    if (underWay.on(socket) <= limits.current.pipelined) return;
    observer.limitReached("pipelined");
    underWay.end(socket);
    response.shouldKeepAlive = false;
    throw new GatewayError("GW_OVERLOADED");
  }

  /** @throws GatewayError GW_TOO_MANY_CONNECTIONS, GW_OVERLOADED */
  #checkConnection(socket: Socket, response: ServerResponse): void {
    const { keeper, observer } = this.#options;
    const past = keeper.refusalOf(socket);
    if (past === undefined) return;
    if (past === "event-loop") observer.limitReached(past);
    else response.shouldKeepAlive = false;
    const isOwn = past === "connections-per-address";
    throw new GatewayError(isOwn ? "GW_TOO_MANY_CONNECTIONS" : "GW_OVERLOADED");
  }
}

/** What a request is judged by before it passes unread. */
const JUDGED_BY: ReadonlySet<string> = new Set(["x-m2m-origin", "content-type"]);
/** With these a POST asks for what another method does, and many a framework grants it. */
const METHOD_OVERRIDES: ReadonlySet<string> = new Set([
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
]);

/**
 * Refuses a head that the CSE may read otherwise than the gateway has: of a field that comes twice one server takes the
 * first and another the last, some (CGI, WSGI) take `_` in its name for `-`, and some take the method from a field.
 *
 * @throws GatewayError GW_REQUEST_INVALID
 */
function checkUnambiguous({ rawHeaders }: Pick<IncomingMessage, "rawHeaders">): void {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const written = rawHeaders[at]?.toLowerCase() ?? "";
    const name = written.replaceAll("_", "-");
    if (METHOD_OVERRIDES.has(name)) {
      throw new GatewayError("GW_REQUEST_INVALID", `${written} names another method`);
    }
    if (!JUDGED_BY.has(name)) continue;
    if (name !== written || seen.has(name)) {
      throw new GatewayError("GW_REQUEST_INVALID", `${name} occurs twice, or in another spelling`);
    }
    seen.add(name);
  }
}

/** Whoever stands before the gateway may go by the other one; RFC 9112, 3.2 has such a request refused. */
function hasTwoHosts({ rawHeaders }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === "host") hosts += 1;
  }
  return hosts > 1;
}
