import { setTimeout as delay } from "node:timers/promises";
import { type Child, startChild } from "../helpers/child.ts";

export interface Faces {
  readonly http: string;
  readonly ws: string;
  readonly admin: string;
}

const START_LIMIT_MS = 30_000;

/** What the record of the gateway's start says about a face that listens. */
const FACES = {
  http: /"http":"(http:[^"]+)"/,
  ws: /"ws":"(ws:[^"]+)"/,
  admin: /"admin":"(http:[^"]+)"/,
} as const;

/** The program as its users run it, killed and started again on one state; at other ports each time. */
export class GatewayProcess {
  readonly #command: readonly string[];
  #child: Child | undefined;
  #faces: Faces | undefined;
  #killed = true;
  /** What it printed when it ended though nobody had ended it. */
  readonly accidents: string[] = [];

  /** @param program the built `main.js` */
  constructor(program: string, stateDir: string, flags: readonly string[]) {
    const listen = ["http", "ws", "admin"].flatMap((face) => [`--${face}.listen`, "127.0.0.1:0"]);
    this.#command = [program, "serve", "--stateDir", stateDir, ...listen, ...flags];
  }

  /** Where it listens; undefined while it does not. */
  get faces(): Faces | undefined {
    return this.#faces;
  }

  /** Resolves when it runs, not yet when it listens. */
  async spawn(): Promise<void> {
    const child = await startChild(process.execPath, this.#command);
    this.#child = child;
    this.#killed = false;
    void child.ended.then((how) => {
      if (this.#child !== child) return;
      this.#faces = undefined;
      if (!this.#killed) this.accidents.push(`it ended with ${how}:\n${child.output()}`);
    });
  }

  /** @throws Error when it has ended, or takes too long */
  async listening(): Promise<Faces> {
    const child = this.#child;
    const giveUpAt = Date.now() + START_LIMIT_MS;
    while (child?.running && Date.now() < giveUpAt) {
      const printed = child.output();
      const [http, ws, admin] = Object.values(FACES).map((face) => face.exec(printed)?.[1]);
      if (http !== undefined && ws !== undefined && admin !== undefined) {
        this.#faces = { http, ws, admin };
        return this.#faces;
      }
      await delay(5);
    }
    throw new Error(`the gateway does not listen:\n${child?.output()}`);
  }

  /** Tells it to end in good order; it may be killed all the same. */
  terminate(): void {
    this.#killed = true;
    if (this.#child?.running) process.kill(this.#child.pid, "SIGTERM");
  }

  /** SIGKILL. Resolves when it is gone. */
  async kill(): Promise<void> {
    this.#killed = true;
    this.#faces = undefined;
    await this.#child?.stop("SIGKILL");
  }

  /** SIGTERM. Resolves with its exit code, or the signal that ended it. */
  async stop(): Promise<number | NodeJS.Signals> {
    this.#killed = true;
    return (await this.#child?.stop()) ?? 0;
  }

  get output(): string {
    return this.#child?.output() ?? "";
  }
}
