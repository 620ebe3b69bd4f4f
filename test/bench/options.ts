import { parseArgs } from "node:util";
import { SHAPES, type Shape } from "./content.ts";
import { SPELLINGS, type Spelling } from "./spelling.ts";

export interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  /** Bytes of content. */
  readonly sizes: readonly number[];
  readonly connections: readonly number[];
  readonly registrees: number;
  /** Requests under way on each link; uplink only. */
  readonly inFlight: readonly number[];
  readonly answerBytes: number;
  readonly shape: Shape;
  /** What the registrees of one more gateway speak; "json" for no such gateway. Downlink only. */
  readonly registree: Spelling;
  /** Names of contenders; undefined for all that are there. */
  readonly only: readonly string[] | undefined;
  /** The main.js of another build of the gateway, to be measured beside this one. */
  readonly baseline: string | undefined;
  /** Requests a second to each contender at most. */
  readonly perSecond: number | undefined;
  /** Measure the gateway beside itself without metrics, log and traces. */
  readonly unobserved: boolean;
}

const HELP = `Options (defaults in parentheses):
  --rounds N          rounds, in each of which every contender has its turn (5)
  --seconds S         measured period of a turn (3)
  --warmup S          what precedes it unmeasured (0.5)
  --sizes N,N         bytes of content of a request (200,4096)
  --connections N,N   HTTP connections, one request under way on each; downlink only (32,256)
  --registrees N      AEs, one WebSocket each (32)
  --in-flight N,N     requests under way on each WebSocket; uplink only (1,8)
  --answer-bytes N    content of a registree's answer; downlink only (0: none)
  --shape SHAPE       content of many members or of one string: ${SHAPES.join(" or ")} (readings)
  --registree NAME    one more gateway, whose registrees speak ${SPELLINGS.join(", ")}; downlink only (json: none)
  --only NAME,NAME    these contenders; ratios need naive among them
  --baseline FILE     main.js of another build of the gateway, measured as "baseline"
  --per-second N      requests a second to each at most; downlink only (as many as are answered)
  --unobserved        the gateway beside itself without metrics, log and traces, both at the same time, and nothing else
  --quick             2 rounds of 1 s, 200 bytes, 32 connections, 8 in flight
`;

/** Prints what is wrong, or the help, and ends the process when the arguments are not to be run with. */
export function readOptions(): Options {
  try {
    return parse();
  } catch (error) {
    console.error(`${(error as Error).message}\n${HELP}`);
    process.exit(2);
  }
}

function parse(): Options {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string" },
      seconds: { type: "string" },
      warmup: { type: "string", default: "0.5" },
      sizes: { type: "string" },
      connections: { type: "string" },
      registrees: { type: "string", default: "32" },
      "in-flight": { type: "string" },
      "answer-bytes": { type: "string", default: "0" },
      shape: { type: "string", default: SHAPES[0] },
      registree: { type: "string", default: SPELLINGS[0] },
      only: { type: "string" },
      baseline: { type: "string" },
      "per-second": { type: "string" },
      unobserved: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const shape = SHAPES.find((known) => known === values.shape);
  if (shape === undefined) throw new Error(`--shape: ${values.shape} is none`);
  const registree = SPELLINGS.find((known) => known === values.registree);
  if (registree === undefined) throw new Error(`--registree: ${values.registree} is none`);
  const quick = values.quick;
  return {
    rounds: count("rounds", values.rounds ?? (quick ? "2" : "5")),
    seconds: positive("seconds", values.seconds ?? (quick ? "1" : "3")),
    warmupSeconds: positive("warmup", values.warmup),
    sizes: counts("sizes", values.sizes ?? (quick ? "200" : "200,4096")),
    connections: counts("connections", values.connections ?? (quick ? "32" : "32,256")),
    registrees: count("registrees", values.registrees),
    inFlight: counts("in-flight", values["in-flight"] ?? (quick ? "8" : "1,8")),
    answerBytes: values["answer-bytes"] === "0" ? 0 : count("answer-bytes", values["answer-bytes"]),
    shape,
    registree,
    only: values.unobserved ? ["m2mgw", "unobserved"] : values.only?.split(","),
    baseline: values.baseline,
    perSecond: countIfAny("per-second", values["per-second"]),
    unobserved: values.unobserved,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name}: ${text} is no number above 0`);
  return value;
}

function count(name: string, text: string): number {
  const value = positive(name, text);
  if (!Number.isInteger(value)) throw new Error(`--${name}: ${text} is no whole number`);
  return value;
}

const countIfAny = (name: string, text: string | undefined): number | undefined =>
  text === undefined ? undefined : count(name, text);

function counts(name: string, text: string): number[] {
  return text.split(",").map((item) => count(name, item));
}
