import { isIP } from "node:net";
import { connect, type DetailedPeerCertificate } from "node:tls";
import { later } from "../../base/clock.ts";
import { authorityOf } from "../../base/proxy.ts";
import { ProxyError } from "../../binding/proxy/proxy-error.ts";
import { openTunnel } from "../../binding/proxy/tunnel.ts";
import { formatDuration } from "../../config/units.ts";
import { codeOf } from "./error-code.ts";
import { type Finding, fault, note, ok } from "./finding.ts";
import { tookSince } from "./patience.ts";
import { tlsTrouble } from "./tls-troubles.ts";
import type { Way } from "./way.ts";

const DAY = 86_400_000;
/** A certificate that ends sooner needs somebody to think of it. */
const SOON = 30;

/** Whether TLS with the CSE comes about, with what certificates. Nothing is sent inside it. */
export async function tryTls(way: Way): Promise<Finding[]> {
  const { clock, target, through } = way;
  const start = clock.now();
  let tunnel: Awaited<ReturnType<typeof openTunnel>> | undefined;
  try {
    tunnel = through && (await openTunnel(target, undefined, through));
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    return [
      fault(
        "TLS",
        error.message,
        "the proxy let it through a moment ago: try again, and look at the proxy's log",
      ),
    ];
  }
  return await new Promise((resolve) => {
    const socket = connect({
      host: target.host,
      port: target.port,
      servername: isIP(target.host) === 0 ? target.host : "",
      ALPNProtocols: ["http/1.1"],
      ...way.tls.cse.secured(),
      ...(tunnel && { socket: tunnel }),
    });
    const over = (findings: Finding[]): void => {
      timer.cancel();
      socket.destroy();
      tunnel?.destroy();
      resolve(findings);
    };
    let chain: readonly DetailedPeerCertificate[] = [];
    // Before Node looks whether it trusts it, and closes the connection if not.
    socket.prependListener("secure", () => {
      chain = chainOf(socket.getPeerCertificate(true));
    });
    socket.on("error", (error) => over([failed(way, error, chain)]));
    socket.on("close", () => over([failed(way, new Error("closed"), chain)]));
    socket.on("secureConnect", () => {
      const how = `${socket.getProtocol()} (${tookSince(clock, start)})`;
      over([established(how, chain), ...validity(chain, clock.now())]);
    });
    const timer = clock.at(later(start, way.patience), () =>
      over([
        fault(
          "TLS",
          `no TLS with ${authorityOf(target)} within ${formatDuration(way.patience)}: what listens there speaks something else, or something between holds it up`,
          `check that cse.url is right about ${way.url.protocol}// and the port, or give ${way.patienceKey} more`,
        ),
      ]),
    );
  });
}

function established(how: string, chain: readonly DetailedPeerCertificate[]): Finding {
  const [own] = chain;
  const names = own?.subjectaltname ?? nameOf(own?.subject);
  const issuers = chain.slice(1).map(({ subject }) => nameOf(subject));
  const by = issuers.length > 0 ? issuers.join(", then ") : nameOf(own?.issuer);
  return ok("TLS", `${how}; the certificate is for ${names}, vouched for by ${by}`);
}

function validity(chain: readonly DetailedPeerCertificate[], now: number): Finding[] {
  const [first] = [...chain].sort((a, b) => endOf(a) - endOf(b));
  if (first === undefined) return [];
  const days = Math.floor((endOf(first) - now) / DAY);
  const text = `the certificate of ${nameOf(first.subject)} is valid for ${days} more ${days === 1 ? "day" : "days"}, until ${first.valid_to}`;
  return [
    days < SOON
      ? note("TLS", text, "have whoever runs the CSE, or what stands before it, renew it in time")
      : ok("TLS", text),
  ];
}

function failed(
  { target, url }: Way,
  error: Error,
  chain: readonly DetailedPeerCertificate[],
): Finding {
  const [own] = chain;
  const seen = {
    target,
    scheme: url.protocol,
    names: own?.subjectaltname ?? nameOf(own?.subject),
    issuer: nameOf(chain.at(-1)?.issuer),
    from: own?.valid_from ?? "unknown",
    until: own?.valid_to ?? "unknown",
  };
  const { text, change } = tlsTrouble(codeOf(error), error.message, seen);
  return fault("TLS", text, change);
}

/** Own certificate first; the last one is who vouches for all, or the last that was sent. */
function chainOf(own: DetailedPeerCertificate): readonly DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = [];
  // One that vouches for itself is its own issuer. None at all comes as an empty object.
  for (
    let at: DetailedPeerCertificate | undefined = own;
    at?.valid_to !== undefined && !chain.includes(at);
    at = at.issuerCertificate
  ) {
    chain.push(at);
  }
  return chain;
}

const endOf = ({ valid_to }: DetailedPeerCertificate): number => Date.parse(valid_to);

/** Names may come as lists where a certificate has several. */
function nameOf(subject: DetailedPeerCertificate["subject"] | undefined): string {
  const name: unknown = subject?.CN ?? subject?.O ?? subject?.OU;
  return name === undefined ? "somebody without a name" : `"${String(name)}"`;
}
