import { randomBytes } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { later, type Millis } from "../base/clock.ts";
import { parseHttpUrl } from "../config/addresses.ts";
import { formatDuration, parseDuration } from "../config/units.ts";
import type { Arguments, UsageFault } from "./arguments.ts";
import { accessHint, type ClientAccess, clientAccess } from "./client-access.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

const METHODS = new Map([
  ["create", "POST"],
  ["retrieve", "GET"],
  ["update", "PUT"],
  ["delete", "DELETE"],
  ["notify", "POST"],
]);
const AE_ID_STEM = /^[CS][A-Za-z0-9._-]*$/;
const CSE_ID = /^\/[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** What can stand in a header field and a path; whether it is a good identifier is the receiver's to say. */
const IDENTIFIER = /^[\x21-\x7e]+$/;

/** An HTTP request as it goes on the wire. */
export interface WireRequest {
  readonly url: string;
  readonly method: string;
  /** In canonical spelling: peers exist that compare header names case-sensitively. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** `m2mgw send`: one request, its answer printed; a failure answer gives exit code 1. */
export async function send(args: Arguments, terminal: Terminal): Promise<ExitCode> {
  const request = wireRequestOf(args);
  const wait = parseDuration(args.options.get("timeout") ?? "60s");
  const access = clientAccess(args, terminal.env);
  if ("usage" in request || wait === undefined || "usage" in access) {
    if ("usage" in request) terminal.complain(request.usage);
    if (wait === undefined) terminal.complain("--timeout takes a time such as 60s");
    if ("usage" in access) terminal.complain(access.usage);
    return EXIT.USAGE;
  }
  const outcome = await exchange(request, access, wait, terminal);
  if ("failure" in outcome) {
    terminal.complain(outcome.failure);
    return outcome.code;
  }
  return report(outcome.response, outcome.body, terminal);
}

/** The request that the arguments describe, mapped as TS-0009 says (6.2). */
export function wireRequestOf({ options, operands }: Arguments): WireRequest | UsageFault {
  const to = options.get("to");
  const operation = options.get("op") ?? "notify";
  const method = METHODS.get(operation);
  const base = parseHttpUrl(options.get("url") ?? "http://127.0.0.1:8088");
  const ty = options.get("ty");
  if (to === undefined || to === "") return { usage: "--to is missing: whom to send to" };
  if (method === undefined) return { usage: `--op is one of ${[...METHODS.keys()].join(", ")}` };
  if (base === undefined) return { usage: "--url takes an http:// or https:// URL" };
  if ((operation === "create") !== (ty !== undefined) || (ty !== undefined && !/^\d+$/.test(ty))) {
    return { usage: "create, and only create, takes a resource type: --ty NUMBER" };
  }
  const cseId = options.get("cse-id") ?? "/id-in";
  const from = options.get("from") ?? "CSender";
  if (!CSE_ID.test(cseId)) return { usage: "--cse-id takes a CSE-ID such as /id-in" };
  if (!IDENTIFIER.test(from)) return { usage: "--from takes an originator without blanks" };
  if (!IDENTIFIER.test(to)) return { usage: "--to takes a target without blanks" };
  const content = contentOf(operation, options.get("json"), operands);
  if ("usage" in content) return content;
  const { body } = content;
  const type = ty === undefined ? "application/json" : `application/json;ty=${ty}`;
  return {
    url: `${base}${pathOf(to, cseId)}`,
    method,
    headers: {
      Accept: "application/json",
      "X-M2M-Origin": from,
      "X-M2M-RI": `send-${randomBytes(6).toString("hex")}`,
      "X-M2M-RVI": "3",
      ...(body === undefined
        ? {}
        : { "Content-Type": type, "Content-Length": `${Buffer.byteLength(body)}` }),
    },
    body,
  };
}

/** To as an HTTP path (TS-0009, 6.2.2.1); an AE-ID-Stem alone is that of an AE of `cseId`. */
function pathOf(to: string, cseId: string): string {
  if (AE_ID_STEM.test(to)) return `/~${cseId}/${to}`;
  if (to.startsWith("//")) return `/_${to.slice(1)}`;
  return to.startsWith("/") ? `/~${to}` : `/${to}`;
}

function contentOf(
  operation: string,
  json: string | undefined,
  words: readonly string[],
): { readonly body: string | undefined } | UsageFault {
  const text = words.length === 0 ? undefined : words.join(" ");
  if (text !== undefined && (json !== undefined || operation !== "notify")) {
    return { usage: "a TEXT is content for notify, and instead of --json" };
  }
  if (operation === "delete" && json !== undefined) return { usage: "delete takes no content" };
  if (operation === "retrieve" && json !== undefined) return { usage: "retrieve takes no content" };
  if (json !== undefined) {
    return isJson(json) ? { body: json } : { usage: "--json is not well-formed JSON" };
  }
  if (text !== undefined) return { body: JSON.stringify(notificationOf(text)) };
  return operation === "retrieve" || operation === "delete"
    ? { body: undefined }
    : { usage: `${operation} needs content: --json ${operation === "notify" ? "or a TEXT" : ""}` };
}

/** A notification as a subscription to a container makes it when `text` arrives there. */
const notificationOf = (text: string): object => ({
  "m2m:sgn": { nev: { rep: { "m2m:cin": { con: text } } }, sur: "m2mgw/send" },
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

type Outcome =
  | { readonly response: IncomingMessage; readonly body: string }
  | { readonly failure: string; readonly code: ExitCode };

function exchange(
  { url, method, headers, body }: WireRequest,
  access: ClientAccess,
  wait: Millis,
  { clock, stop }: Terminal,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const made = url.startsWith("https:") ? httpsRequest : httpRequest;
    const outgoing = made(url, {
      ...{ method, agent: false, signal: stop, ...access.secured },
      headers: { ...headers, ...access.headers },
    });
    const timer = clock.at(later(clock.now(), wait), () => {
      finish({ failure: `no answer within ${formatDuration(wait)}`, code: EXIT.FATAL });
      outgoing.destroy();
    });
    const finish = (outcome: Outcome): void => {
      timer.cancel();
      resolve(outcome);
    };
    outgoing.on("error", (error) => finish(failureOf(error, url, stop)));
    outgoing.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", (error) => finish({ failure: error.message, code: EXIT.FATAL }));
      response.on("end", () => finish({ response, body: Buffer.concat(parts).toString("utf8") }));
    });
    outgoing.end(body);
  });
}

function failureOf(error: Error, url: string, stop: AbortSignal): Outcome {
  if (stop.aborted) return { failure: "interrupted before the answer came", code: EXIT.FATAL };
  // Node joins the attempts at several addresses in an error without a message of its own.
  const why = error.message || (error as NodeJS.ErrnoException).code;
  return {
    failure: `${new URL(url).origin} is not reachable: ${why}; m2mgw serve starts a gateway`,
    code: EXIT.UNREACHABLE,
  };
}

function report(response: IncomingMessage, body: string, { complain, print }: Terminal): ExitCode {
  print(`HTTP/${response.httpVersion} ${response.statusCode} ${response.statusMessage}`);
  const rsc = headerOf(response, "X-M2M-RSC");
  for (const name of ["X-M2M-RSC", "X-M2MGW-Disposition"]) {
    const value = headerOf(response, name);
    if (value !== undefined) print(`${name}: ${value}`);
  }
  if (body !== "") print(body);
  if (response.statusCode === 401) complain(`not let in${accessHint(401)}`);
  // Peers older than TS-0009 V3.6.0 may leave X-M2M-RSC out.
  const succeeded = rsc === undefined ? (response.statusCode ?? 500) < 300 : /^[12]/.test(rsc);
  return succeeded ? EXIT.OK : EXIT.FATAL;
}

function headerOf(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(", ") : value;
}
