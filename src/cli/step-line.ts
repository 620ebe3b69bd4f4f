import type { Answer } from "./admin-client.ts";

/** What a primitive is called in a line: its operation, To and Request Identifier. */
interface About {
  readonly originator?: string;
  readonly requestIdentifier: string;
  readonly operation: string;
  readonly to: string;
}

/** One step in the life of a primitive, on a line: `12:00:01.123  CSender → gateway  notify n1 to Clamp`. */
export function stepLine(at: string, is: string, step: Answer, about: About): string {
  const time = new Date(at).toTimeString().slice(0, 8) + at.slice(19, 23);
  return `${time}  ${textOf(is, step, about)}`;
}

function textOf(is: string, step: Answer, about: About): string {
  const { originator = "nobody", operation, requestIdentifier, to } = about;
  const what = `${operation} ${requestIdentifier} to ${to}`;
  switch (is) {
    case "received":
      return `${originator} → gateway  ${what}  (${[step.face, step.by].filter(Boolean).join(" ")})`;
    case "routed":
      return `  goes to ${step.via === "registree" ? registreeOf(step) : viaOf(step)}`;
    case "sent":
      return `gateway → ${registreeOf(step)}  ${operation} ${requestIdentifier}  (${step.by})`;
    case "failed":
      return `  not answered by ${registreeOf(step)}: ${step.code}`;
    case "answered":
      return `${registreeOf(step)} → gateway  ${step.rsc}`;
    case "held":
      return `  held until ${step.expires}${step.stored ? "" : ", its originator waits"}`;
    case "settled":
      return `  ${step.outcome}: ${step.why}`;
    case "replied":
      return `gateway → ${originator}  ${[step.rsc, step.code].filter(Boolean).join(" ")}`;
    default:
      return `  ${is}`;
  }
}

/** In events the registree of the trace stands beside the one that the step is about. */
const registreeOf = ({ leg, registree }: Answer): string => leg ?? registree ?? "the registree";

const viaOf = ({ via, code }: Answer): string =>
  via === "refuse" ? `nobody: ${code}` : via === "cse" ? "the CSE" : `a <${via}> of the gateway`;
