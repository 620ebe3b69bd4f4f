import { GatewayError } from "../../base/errors.ts";
import { Rsc } from "../../base/response-status-code.ts";
import type { Config } from "../../config/schema.ts";
import { rootObjectOf } from "../../primitive/content.ts";
import { type CseId, relativeToProvider } from "../../primitive/identifiers.ts";
import type { ResponsePrimitive } from "../../primitive/primitive.ts";
import { parseTimestamp } from "../../primitive/timestamps.ts";
import type { ClockReading } from "./clock-skew.ts";
import { askerOf, type CseAnswer } from "./cse-answer.ts";
import { failureFinding, notByCse, proofFinding, refusalFinding } from "./cse-troubles.ts";
import { type Finding, fault, note, ok } from "./finding.ts";
import type { Way } from "./way.ts";

interface Found {
  readonly findings: readonly Finding[];
  /** The best first. */
  readonly clocks: readonly (ClockReading | undefined)[];
}

/** Whether what answers is the CSE that the configuration means: a Retrieve of its CSEBase by the gateway's own originator. */
export async function askForCseBase(way: Way, config: Config): Promise<Found> {
  const { id, name, originator } = config.cse;
  if (originator === undefined) {
    const text = `whether ${id} answers, and is called ${name}, was not asked: the gateway has no originator of its own`;
    const change = "name one that the CSE knows in cse.originator to have this checked too";
    return { findings: [note("CSE", text, change)], clocks: [] };
  }
  try {
    const asker = await askerOf(way, config, originator);
    try {
      const address = addressOf(config.cse);
      const first = await asker.retrieve(address, originator);
      if (!isUnknown(first.response)) {
        return { findings: findingsOf(first, way, config), clocks: clocksOf(first) };
      }
      // By the name that every CSEBase has (TS-0001, 9.3.1), it tells its own ones.
      const second = await asker.retrieve("-", originator);
      const own = namesOf(second.response);
      const findings =
        own === undefined ? findingsOf(first, way, config) : differences(own, config);
      return { findings, clocks: clocksOf(first) };
    } finally {
      await asker.close();
    }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { findings: [failureFinding(error, undefined, config)], clocks: [] };
  }
}

/** Of its CSEBase; what that is called at a peer nobody says, and a provider is any of its CSEs. */
function addressOf({ id, name, spId }: Config["cse"]): string {
  if (name !== "") return `${id}/${name}`;
  const absolute = spId === undefined ? id : `//${spId}${id}`;
  return id === "" ? "-" : absolute;
}

/** Nothing is at that address, or on the way to it. */
const isUnknown = (response: CseAnswer["response"]): boolean =>
  !(response instanceof GatewayError) &&
  (response.responseStatusCode === Rsc.NOT_FOUND || response.responseStatusCode >= 5_000);

function findingsOf(answer: CseAnswer, way: Way, config: Config): readonly Finding[] {
  const { response, http, sent, came } = answer;
  // A 407 has its own words.
  const isRefused = response instanceof GatewayError && response.code === "GW_CSE_UNREACHABLE";
  if (http?.status === 401) return [proofFinding(http, way, config)];
  if (http !== undefined && !http.isOneM2m && http.status >= 300 && !isRefused) {
    return [notByCse(http, way, config)];
  }
  if (response instanceof GatewayError) return [failureFinding(response, http, config)];
  const { responseStatusCode } = response;
  if (responseStatusCode >= 2_000 && responseStatusCode < 3_000) {
    const own = namesOf(response);
    const took = `${Math.max(came - sent, 0)} ms`;
    if (own === undefined) {
      return [
        note(
          "CSE",
          `it answers a Retrieve of ${addressOf(config.cse)} (${responseStatusCode}, ${took}), without saying its names`,
        ),
      ];
    }
    const wrong = differences(own, config);
    const { id, name } = config.cse;
    const is = name === "" ? (own.csi ?? own.rn) : `${id}, ${name}`;
    return wrong.length > 0 ? wrong : [ok("CSE", `it answers (${took}), and is ${is}`)];
  }
  return [refusalFinding(responseStatusCode, addressOf(config.cse), config)];
}

interface Names {
  readonly csi: string | undefined;
  readonly rn: string | undefined;
}

/** What the CSEBase in an answer says of itself; undefined where that is nothing. */
function namesOf(response: ResponsePrimitive | GatewayError): Names | undefined {
  if (response instanceof GatewayError) return undefined;
  const base = rootObjectOf(response.content);
  if (base === undefined || response.responseStatusCode >= 3_000) return undefined;
  const { csi, rn } = base.members;
  if (typeof csi !== "string" && typeof rn !== "string") return undefined;
  return {
    csi: typeof csi === "string" ? csi : undefined,
    rn: typeof rn === "string" ? rn : undefined,
  };
}

function differences({ csi, rn }: Names, { cse }: Config): Finding[] {
  const findings: Finding[] = [];
  const domain = { cseId: cse.id as CseId, spId: cse.spId, cseName: cse.name };
  // Some leave the slash out.
  const id = csi && relativeToProvider(csi, domain).replace(/^(?!\/)/, "/");
  if (id !== undefined && cse.id !== "" && id !== cse.id) {
    const change = `set cse.id to ${id}, or cse.url to that of ${cse.id}`;
    findings.push(fault("CSE", `the CSE that answers is ${id}, not ${cse.id}`, change));
  }
  if (rn !== undefined && cse.name !== "" && rn !== cse.name) {
    const text = `the CSEBase of the CSE that answers is called ${rn}, not ${cse.name}`;
    findings.push(fault("CSE", text, `set cse.name to ${rn}`));
  }
  return findings;
}

/** Originating Timestamp before Date, which something between may have written. */
function clocksOf({ response, http, came }: CseAnswer): readonly (ClockReading | undefined)[] {
  const stamp = response instanceof GatewayError ? undefined : response.carried.get("ot");
  const ot = typeof stamp === "string" ? parseTimestamp(stamp) : undefined;
  const date = Date.parse(http?.date ?? "");
  return [
    ot === undefined
      ? undefined
      : { at: came, theirs: ot, by: "the Originating Timestamp of its answer" },
    Number.isNaN(date) ? undefined : { at: came, theirs: date, by: "the Date of its answer" },
  ];
}
