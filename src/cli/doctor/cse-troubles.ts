import type { GatewayError } from "../../base/errors.ts";
import { Rsc } from "../../base/response-status-code.ts";
import { whyUnreachable } from "../../binding/http/cse-proxy.ts";
import type { Config } from "../../config/schema.ts";
import { formatDuration } from "../../config/units.ts";
import type { HttpHead } from "./cse-answer.ts";
import { type Finding, fault, note } from "./finding.ts";
import { proofWanted } from "./proof-wanted.ts";
import type { Way } from "./way.ts";

/** The CSE has refused: what that says. @param address of the CSEBase, as it was asked for */
export function refusalFinding(
  rsc: number,
  address: string,
  { cse: { originator } }: Config,
): Finding {
  switch (rsc) {
    case Rsc.ORIGINATOR_HAS_NO_PRIVILEGE:
      return note(
        "CSE",
        `it answers, but ${originator} may not retrieve ${address} (4103)`,
        `give ${originator} the privilege in an access control policy of the CSE, or name another in cse.originator`,
      );
    case Rsc.ORIGINATOR_NOT_AUTHENTICATED:
      return note(
        "CSE",
        `it answers, but does not take this for ${originator} (4106): nobody is registered by that name, or another connection speaks for it, such as that of a running bridge`,
        `register ${originator} with the CSE, or name one that is registered in cse.originator; beside a running bridge nothing need be changed`,
      );
    case Rsc.SECURITY_ASSOCIATION_REQUIRED:
      return fault(
        "CSE",
        `it answers, but takes ${originator} over a secured connection only (4107)`,
        "use wss:// or https:// in cse.url; for an m2mgw there, ws.allowCseOnPlain is the laboratory switch",
      );
    case Rsc.NOT_FOUND:
      return fault(
        "CSE",
        `it answers, but has no ${address} (4004)`,
        "correct cse.id and cse.name: the CSE-ID and the name of the CSEBase, as the CSE has them",
      );
    default:
      return fault(
        "CSE",
        `it answers a Retrieve of ${address} with ${rsc}`,
        "look that Response Status Code up in the CSE's log; check cse.id, cse.name and cse.originator",
      );
  }
}

/** No answer that can be read came. @param http what HTTP said, if it did */
export function failureFinding(
  error: GatewayError,
  http: HttpHead | undefined,
  { cse }: Config,
): Finding {
  const why = whyUnreachable(error);
  switch (error.code) {
    case "GW_CSE_ANSWER_UNREADABLE":
      return fault(
        "CSE",
        `what answers is no oneM2M CSE: ${http === undefined ? error.message : headWords(http)}`,
        "correct cse.url: host, port, and the path if the CSE has one; log this machine in if the network has a page for that",
      );
    case "GW_CSE_NO_ANSWER":
    case "GW_NO_ANSWER":
    case "GW_NOT_SENT_IN_TIME":
      return fault(
        "CSE",
        `no answer to a Retrieve within ${formatDuration(cse.timeout)}`,
        "have the CSE looked at: the connection is there, and nothing speaks; or give cse.timeout more",
      );
    case "GW_CSE_CONNECTION_LOST":
    case "GW_LINK_LOST":
    case "GW_TARGET_OFFLINE":
      return fault(
        "CSE",
        `the connection was closed before the answer to a Retrieve came${why === undefined ? "" : `: ${why}`}`,
        "check that cse.url leads to a CSE and nothing else; look into the CSE's log",
      );
    default:
      return fault(
        "CSE",
        `the CSE was not asked: ${why ?? error.message}`,
        why?.includes("407") === true
          ? "put user:password for the proxy into a file and name that in proxy.credentialsFile, or correct what is there"
          : "check cse.url, and what the lines above say of the way",
      );
  }
}

/** The CSE, or what stands before it, wants to know who asks. */
export const proofFinding = (http: HttpHead, way: Way, config: Config): Finding =>
  fault(
    "CSE",
    `credentials are wanted, and the gateway has neither password nor token to show a CSE: ${headWords(http)}`,
    `let the CSE, or the server before it at cse.url, take a certificate instead; ${proofWanted(way, config)}`,
  );

/** What has answered over HTTP is no CSE, but stands before it. */
export function notByCse(http: HttpHead, way: Way, config: Config): Finding {
  const refused = http.status === 403 ? `; ${proofWanted(way, config)}` : "";
  const change =
    way.through === undefined
      ? "correct cse.url, or have the server before the CSE look for it in the right place"
      : `have the proxy allow requests to the host in cse.url, or list it in proxy.none if it needs no proxy; correct cse.url`;
  return fault("CSE", `it is not the CSE that answers: ${headWords(http)}`, change + refused);
}

function headWords({ isOneM2m, status, server, contentType }: HttpHead): string {
  const parts = [
    `HTTP status ${status}${isOneM2m ? "" : " without X-M2M-RSC"}`,
    ...(contentType === undefined ? [] : [`Content-Type ${contentType.slice(0, 80)}`]),
    ...(server === undefined ? [] : [`Server ${server.slice(0, 80)}`]),
  ];
  return parts.join(", ");
}
