import { readFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { later, millis } from "../base/clock.ts";
import { parseHttpUrl } from "../config/addresses.ts";
import type { Arguments } from "./arguments.ts";
import { readConfig } from "./check-config.ts";
import { type ClientAccess, clientSecured } from "./client-access.ts";
import { ownAdminUrl } from "./own-listener.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

/** What the API has answered. */
// biome-ignore lint/suspicious/noExplicitAny: its shape is the API's document, and each command knows its own
export type Answer = any;

/** The API has said no, or nobody has answered. */
export class AdminFailure extends Error {
  readonly code: ExitCode;

  constructor(sentence: string, { code, ...about }: { code: ExitCode; cause?: unknown }) {
    super(sentence, about);
    this.name = "AdminFailure";
    this.code = code;
  }
}

/** The admin API of a running gateway. */
export interface AdminClient {
  /** @param path below `/api/v1` @throws AdminFailure */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Calls `listener` for each event until the gateway ends the stream, or the user does. @throws AdminFailure */
  watch(query: string, listener: (event: Answer) => void): Promise<void>;
}

const PATIENCE = millis(30_000);

/** Runs `ask` with the gateway that the arguments name, and says what is wrong where something is. */
export async function withAdmin(
  args: Arguments,
  terminal: Terminal,
  ask: (client: AdminClient) => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    const where = whereOf(args, terminal);
    return where === undefined ? EXIT.CONFIG : await ask(clientFor(where, terminal));
  } catch (error) {
    if (!(error instanceof AdminFailure)) throw error;
    // Ctrl-C is no failure of what it ends.
    if (terminal.stop.aborted) return EXIT.OK;
    terminal.complain(error.message);
    return error.code;
  }
}

interface Where {
  readonly base: string;
  readonly token: string | undefined;
  readonly secured: ClientAccess["secured"];
}

/** Undefined after all faults of the configuration have been told. */
function whereOf(args: Arguments, terminal: Terminal): Where | undefined {
  const { options } = args;
  const given = options.get("url");
  const own =
    given === undefined ? ownListener(args, terminal) : { base: given, tokenFile: undefined };
  if (own === undefined) return undefined;
  const base = parseHttpUrl(own.base);
  if (base === undefined)
    throw new AdminFailure("--url takes an http:// or https:// URL", { code: EXIT.USAGE });
  const tokenFile =
    options.get("token-file") ?? own.tokenFile ?? terminal.env["M2MGW_ADMIN_TOKEN_FILE"];
  const secured = clientSecured(args);
  if ("usage" in secured) throw new AdminFailure(secured.usage, { code: EXIT.USAGE });
  return { base, token: tokenFile && read(tokenFile, "the file with the token").trim(), secured };
}

function ownListener(
  args: Arguments,
  terminal: Terminal,
): { readonly base: string; readonly tokenFile: string | undefined } | undefined {
  const config = readConfig(args, terminal);
  if (config === undefined) return undefined;
  return { base: ownAdminUrl(config), tokenFile: config.admin.tokenFile };
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AdminFailure(`${what} cannot be read: ${why}`, { code: EXIT.USAGE, cause });
  }
}

const clientFor = (where: Where, terminal: Terminal): AdminClient => ({
  call: async (method, path, body) => {
    const response = await opened(where, terminal, method, path, body);
    const text = await textOf(response);
    const answer = answerIn(text);
    if ((response.statusCode ?? 500) < 300 && answer !== undefined) return answer;
    throw failureOf(response, answer, where);
  },
  watch: async (query, listener) => {
    const response = await opened(where, terminal, "GET", `/events${query}`, undefined);
    if (response.statusCode !== 200)
      throw failureOf(response, answerIn(await textOf(response)), where);
    await eachEvent(response, listener);
  },
});

function opened(
  { base, token, secured }: Where,
  { clock, program, stop }: Terminal,
  method: string,
  path: string,
  body: unknown,
): Promise<IncomingMessage> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    Accept: "application/json, text/event-stream",
    ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    ...(payload === undefined
      ? {}
      : { "Content-Type": "application/json", "Content-Length": `${Buffer.byteLength(payload)}` }),
  };
  return new Promise((resolve, reject) => {
    const made = base.startsWith("https:") ? httpsRequest : httpRequest;
    const options = { method, headers, agent: false, signal: stop, ...secured };
    const outgoing = made(`${base}/api/v1${path}`, options, (response) => {
      timer.cancel();
      resolve(response);
    });
    const timer = clock.at(later(clock.now(), PATIENCE), () =>
      outgoing.destroy(new Error("it does not answer")),
    );
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      timer.cancel();
      // Node joins the attempts at several addresses in an error without a message of its own.
      const why = error.message || error.code;
      const hint = `${program} serve starts a gateway; -c FILE or --url says where one listens`;
      reject(
        new AdminFailure(`no gateway answers at ${base}: ${why}; ${hint}`, {
          code: EXIT.UNREACHABLE,
          cause: error,
        }),
      );
    });
    outgoing.end(payload);
  });
}

function textOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.push(part));
    response.on("error", (cause) =>
      reject(new AdminFailure(cause.message, { code: EXIT.UNREACHABLE, cause })),
    );
    response.on("end", () => resolve(Buffer.concat(parts).toString("utf8")));
  });
}

/** Undefined for what is no JSON. */
function answerIn(text: string): Answer {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function failureOf(response: IncomingMessage, answer: Answer, { base }: Where): AdminFailure {
  const detail: unknown = answer?.detail;
  if (typeof detail !== "string") {
    return new AdminFailure(`something else than a gateway answers at ${base}`, {
      code: EXIT.UNREACHABLE,
    });
  }
  const hint = response.statusCode === 401 ? ": --token-file FILE, or -c FILE, names it" : "";
  return new AdminFailure(`${detail}${hint}`, { code: EXIT.FATAL });
}

/** Reads server-sent events, each of which has its JSON on one line. */
function eachEvent(response: IncomingMessage, listener: (event: Answer) => void): Promise<void> {
  return new Promise((resolve) => {
    let rest = "";
    response.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.startsWith("data: ")) listener(answerIn(line.slice(6)));
    });
    response.on("error", () => resolve());
    response.on("close", () => resolve());
  });
}
