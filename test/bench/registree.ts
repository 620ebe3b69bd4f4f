import { ClosedLoop, type Period, type Sample } from "./closed-loop.ts";
import { instanceContent, type Shape } from "./content.ts";
import { type Spelling, type Words, wordsOf } from "./spelling.ts";
import { WebSocketClient } from "./websocket.ts";
import { doJobs } from "./worker.ts";

/** Connects AEs CB0, CB1, …, registers each, and answers from then on whatever they are sent. */
export interface ConnectJob {
  readonly do: "connect";
  readonly wsPort: number;
  readonly registrees: number;
  /** Size of the content of each answer; 0 for none. */
  readonly answerBytes: number;
  readonly shape: Shape;
  readonly spelling: Spelling;
}

/** Creates of <contentInstance>, in JSON, from the first `links` registrees, `inFlight` under way on each. */
export interface UplinkJob extends Period {
  readonly do: "uplink";
  readonly links: number;
  readonly inFlight: number;
  readonly bytes: number;
  readonly shape: Shape;
}

export type RegistreeJob = ConnectJob | UplinkJob;

/** Our requests begin so; those of the load do not. Tells an answer from a request without reading the whole. */
const OWN = "up-";
const REGISTRATION = `${OWN}registration`;
const ANSWER_LIMIT_MS = 5_000;

class Registree {
  readonly name: string;
  readonly #client: WebSocketClient;
  /** Called for each answer to a request of ours. */
  onAnswer: (identifier: string, text: string) => void = () => {};
  onLost: (error: Error) => void = () => {};

  private constructor(
    name: string,
    client: WebSocketClient,
    { identifierIn, answer }: Pick<Words, "identifierIn" | "answer">,
  ) {
    this.name = name;
    this.#client = client;
    client.onLost = (error) => this.onLost(new Error(`${name}: ${error.message}`));
    client.onText = (text) => {
      const identifier = identifierIn(text);
      if (identifier.startsWith(OWN)) this.onAnswer(identifier, text);
      else client.send(answer(identifier));
    };
  }

  static async register(name: string, job: ConnectJob): Promise<Registree> {
    const content = job.answerBytes === 0 ? undefined : instanceContent(job.answerBytes, job.shape);
    const words = wordsOf(job.spelling, content);
    const client = await WebSocketClient.open(job.wsPort, name, words);
    const registree = new Registree(name, client, words);
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(
        () => reject(new Error(`the registration of ${name} was not answered`)),
        ANSWER_LIMIT_MS,
      );
      const settle = (error?: Error) => {
        clearTimeout(limit);
        if (error === undefined) resolve();
        else reject(error);
      };
      registree.onLost = settle;
      registree.onAnswer = (_, text) =>
        settle(words.isCreated(text) ? undefined : new Error(`${name} got ${text}`));
      registree.sendText(words.registration(name, REGISTRATION));
    });
    return registree;
  }

  sendText(primitive: string): void {
    this.#client.send(primitive);
  }
}

const registrees: Registree[] = [];

async function connectAll(job: ConnectJob): Promise<void> {
  // Whoever drives the requests notices by what stays unanswered; here is only the reason, once.
  let lost: Error | undefined;
  const report = (error: Error) => {
    if (lost === undefined) console.error(error.message);
    lost = error;
  };
  for (let n = 0; n < job.registrees; n += 1) {
    const registree = await Registree.register(`CB${n}`, job);
    registree.onLost = report;
    registrees.push(registree);
  }
}

async function uplink(job: UplinkJob): Promise<Sample> {
  const links = registrees.slice(0, job.links);
  const pc = instanceContent(job.bytes, job.shape);
  const sent = new Uint32Array(links.length * job.inFlight);
  const loop = new ClosedLoop(sent.length, job, (slot) => {
    const registree = links[slot % links.length] as Registree;
    sent[slot] = (sent[slot] as number) + 1;
    registree.sendText(
      `{"op":1,"ty":4,"to":"cse-in/bench/cnt1","fr":"${registree.name}","rqi":"${OWN}${slot}-${sent[slot]}","rvi":"3","pc":${pc}}`,
    );
  });
  for (const registree of links) {
    registree.onLost = (error) => loop.fail(error);
    registree.onAnswer = (identifier, text) => {
      const slot = Number.parseInt(identifier.slice(OWN.length), 10);
      if (identifier !== `${OWN}${slot}-${sent[slot]}`) {
        loop.fail(new Error(`${registree.name} got an answer it does not wait for: ${text}`));
      } else if (!text.includes('"rsc":2001')) {
        loop.fail(new Error(`not what a Create should get: ${text}`));
      } else {
        loop.answered(slot);
      }
    };
  }
  return loop.sample;
}

doJobs<RegistreeJob, Sample | undefined>(async (job) => {
  if (job.do === "uplink") return uplink(job);
  await connectAll(job);
  return undefined;
});
