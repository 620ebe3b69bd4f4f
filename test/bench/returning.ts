import { setTimeout as delay } from "node:timers/promises";
import { notifyContent } from "./content.ts";
import { wordsOf } from "./spelling.ts";
import { WebSocketClient } from "./websocket.ts";
import { doJobs } from "./worker.ts";

/** Connects AEs that are registered, and waits until each has got what was held for it. */
export interface ReturnJob {
  readonly do: "return";
  readonly wsPort: number;
  readonly prefix: string;
  /** AEs `prefix``first` and so on. */
  readonly first: number;
  readonly count: number;
  /** Held for each, with the identifiers that the filled store gives them. */
  readonly each: number;
  readonly bytes: number;
  /** When they all connect, in milliseconds since 1970. */
  readonly at: number;
}

/** Closes the connections of all. */
export interface LeaveJob {
  readonly do: "leave";
}

export type ReturningJob = ReturnJob | LeaveJob;

/** Of one AE, in milliseconds since all were told to connect. */
export interface Return {
  /** How often a connection was refused before. */
  readonly refused: number;
  readonly opened: number;
  readonly first: number;
  readonly last: number;
}

/** A kernel whose queue of connections is full refuses some. */
const RETRY_MS = 500;

const present: WebSocketClient[] = [];

async function comeBack(job: ReturnJob): Promise<readonly Return[]> {
  const now = () => performance.timeOrigin + performance.now() - job.at;
  await delay(Math.max(-now(), 0));
  const names = Array.from({ length: job.count }, (_, n) => `${job.prefix}${job.first + n}`);
  return await Promise.all(names.map((name) => oneOf(name, job, now)));
}

async function oneOf(name: string, job: ReturnJob, now: () => number): Promise<Return> {
  const words = wordsOf("json", undefined);
  const content = notifyContent(job.bytes, "readings");
  let refused = 0;
  const open = () => WebSocketClient.open(job.wsPort, name, words).catch(() => undefined);
  let client = await open();
  while (client === undefined) {
    refused += 1;
    await delay(RETRY_MS * (1 + Math.random()));
    client = await open();
  }
  present.push(client);
  const opened = now();
  let first = 0;
  let got = 0;
  const link = client;
  return await new Promise((resolve, reject) => {
    link.onLost = (error) => reject(new Error(`${name}, ${got} received: ${error.message}`));
    link.onText = (text) => {
      const identifier = words.identifierIn(text);
      if (identifier !== heldIdentifier(name, got) || !text.includes(content)) {
        return reject(new Error(`${name} got ${text} where ${got} was next`));
      }
      if (got === 0) first = now();
      got += 1;
      link.send(words.answer(identifier));
      if (got === job.each) resolve({ refused, opened, first, last: now() });
    };
  });
}

/** Request Identifier of the `n`th that is held for an AE. */
const heldIdentifier = (name: string, n: number): string => `h-${name}-${n}`;

function leave(): void {
  for (const client of present.splice(0)) client.end();
}

doJobs<ReturningJob, readonly Return[]>(async (job) => {
  if (job.do === "return") return await comeBack(job);
  leave();
  return [];
});
