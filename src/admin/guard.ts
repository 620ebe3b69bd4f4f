import { timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { hashToken } from "../base/token-hash.ts";
import type { Observer } from "../core/ports.ts";
import { Problem } from "./problem.ts";

/** Who may use the API. */
export interface Access {
  /** SHA-256 of the token that whoever asks has to show; undefined where none is asked for. */
  readonly tokenHash: Buffer | undefined;
  /** Whoever reaches the listener has shown a client certificate that it trusts. */
  readonly certificates: boolean;
  /** The listener can be reached from this machine only. */
  readonly loopback: boolean;
}

/** Lets those through that may use the API, and no web page but the gateway's own. */
export class Guard {
  #access: Access;
  /** Whether a host name means the machine itself. */
  readonly #isOwnHost: (host: string) => boolean;
  readonly #observer: Pick<Observer, "accessRefused">;

  constructor(
    access: Access,
    isOwnHost: (host: string) => boolean,
    observer: Pick<Observer, "accessRefused">,
  ) {
    this.#access = access;
    this.#isOwnHost = isOwnHost;
    this.#observer = observer;
  }

  /** Lets other rules hold from now on. */
  configure(access: Access): void {
    this.#access = access;
  }

  /** @throws Problem 401, 403 */
  check(request: FastifyRequest): void {
    if (this.#isFromAPage(request)) {
      const sentence = "not for web pages, and not under another name than the machine's own";
      throw new Problem(403, sentence);
    }
    const { tokenHash, certificates, loopback } = this.#access;
    if (tokenHash !== undefined) this.#checkToken(request.raw, tokenHash);
    else if (!certificates && !loopback) {
      throw new Problem(
        403,
        "beyond loopback the API needs admin.tokenFile, or admin.tls.clientCertificates: required",
      );
    }
  }

  #checkToken({ headers, socket }: FastifyRequest["raw"], expected: Buffer): void {
    const [, token] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "") ?? [];
    // Equal lengths, whatever was sent: how long it takes says nothing.
    if (token !== undefined && timingSafeEqual(hashToken(token), expected)) return;
    const [shown, why, sentence] =
      token === undefined
        ? (["nothing", "nothing-shown", "Authorization: Bearer is needed here"] as const)
        : (["bearer", "unknown", "not the right token"] as const);
    this.#observer.accessRefused({ face: "admin", address: socket.remoteAddress, shown, why });
    throw new Problem(401, sentence);
  }

  /** Browsers on the machine reach the listener too, in the name of whatever page they show. */
  #isFromAPage({ headers, protocol }: FastifyRequest): boolean {
    const { host = "", origin } = headers;
    const { tokenHash, certificates, loopback } = this.#access;
    // A name that an attacker's DNS turns into this machine's address; where a token is asked for that gains nothing.
    const isOpen = tokenHash === undefined && !certificates && loopback;
    if (isOpen && !this.#isOwnHost(host.replace(/:\d+$/, ""))) return true;
    const site = headers["sec-fetch-site"] ?? "none";
    return (
      (origin !== undefined && origin !== `${protocol}://${host}`) ||
      !["same-origin", "none"].includes(`${site}`)
    );
  }
}
