import { authorityOf, type ProxyResult, type ProxyServer } from "../../base/proxy.ts";

/** What shall be reached through a proxy; `host` without the brackets of an IPv6 address. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** How far an attempt has come. */
export type Stage = "connecting" | "securing" | "asking" | "securing the target";

/**
 * Why a proxy was no way to a target, in a sentence for the person who runs the gateway.
 *
 * It names both, and of what they have sent quotes a certificate's names at most, so that no secret can be in it. It is
 * not for originators.
 */
export class ProxyError extends Error {
  readonly result: Exclude<ProxyResult, "opened">;

  constructor(
    result: Exclude<ProxyResult, "opened">,
    { proxy, target }: { readonly proxy: ProxyServer; readonly target: Endpoint },
    reason: string,
    cause?: unknown,
  ) {
    super(
      `${authorityOf(target)} is not reached through the proxy ${authorityOf(proxy)}: ${reason}`,
      cause === undefined ? {} : { cause },
    );
    this.name = "ProxyError";
    this.result = result;
  }
}

/** What a socket's error means at that stage. */
export function reasonOf(
  stage: Stage,
  error: NodeJS.ErrnoException & { readonly reason?: string },
): readonly [Exclude<ProxyResult, "opened">, string] {
  const code = error.code === undefined ? "" : ` (${error.code})`;
  switch (stage) {
    case "connecting":
      if (error.syscall === "getaddrinfo") {
        return ["unresolved", `the proxy's name cannot be resolved${code}`];
      }
      return error.code === "ECONNREFUSED"
        ? ["unreachable", "the proxy refuses connections"]
        : ["unreachable", `the proxy cannot be reached${code}`];
    case "securing":
      return NO_TLS.test(error.code ?? "")
        ? ["proxy-tls", "the proxy does not speak TLS; is it an http:// one?"]
        : ["proxy-tls", `TLS with the proxy failed: ${error.reason ?? error.message}`];
    case "asking":
      return ["closed", `the proxy closed the connection without an answer${code}`];
    case "securing the target":
      return ["target-tls", `TLS with the target failed: ${error.reason ?? error.message}`];
  }
}

/** What OpenSSL says of bytes that are none of TLS. */
const NO_TLS = /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/;

/** What had not come when the time was over. */
export const UNFINISHED: Readonly<Record<Stage, string>> = {
  connecting: "the proxy took no connection",
  securing: "TLS with the proxy was not established",
  asking: "the proxy gave no answer",
  "securing the target": "TLS with the target was not established",
};
