import { Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { startCse } from "../helpers/fake-cse.ts";
import { connectRegistree, type Registree } from "../helpers/fake-registree.ts";
import { freePort } from "../helpers/free-port.ts";
import { expectBalance } from "../helpers/hold-books.ts";
import { callHttp, type HttpAnswer, type HttpCall } from "../helpers/http-client.ts";
import { haveNginx, runNginx } from "../helpers/nginx.ts";
import { runGateway } from "../helpers/run-gateway.ts";

const REGISTREES = 8;
/** Of these so many leave before the restart, and come back after it. */
const AWAY = 2;
const CALLERS = 6;
const PATIENCE = { timeout: 20_000, interval: 20 };
/** What nginx says itself while nobody is behind it. */
const OF_NGINX = [502, 503, 504];

/** An AE that comes back whenever its connection ends, unless it is told to stay away. */
class Device {
  readonly id: string;
  readonly #url: string;
  /** Request Identifiers of what it was notified of. */
  readonly notified = new Set<string>();
  /** How its connections ended. */
  readonly closes: number[] = [];
  #registree: Registree | undefined;
  #stays = true;
  #over = false;

  constructor(url: string, id: string) {
    this.#url = url;
    this.id = id;
    onTestFinished(() => {
      this.#over = true;
    });
  }

  async register(): Promise<void> {
    expect(await (await this.#connect()).register(this.id)).toMatchObject({ rsc: 2001 });
  }

  /** Its connection ends, and it stays away. */
  async leave(): Promise<void> {
    this.#stays = false;
    await this.#registree?.disconnect();
  }

  async comeBack(): Promise<void> {
    this.#stays = true;
    while (!this.#over) {
      // Not all at once, and not before something was held.
      await delay(100 + 400 * Math.random());
      const came = await this.#connect().then(
        () => true,
        () => false,
      );
      if (came) return;
    }
  }

  async #connect(): Promise<Registree> {
    const registree = await connectRegistree(this.#url, {
      origin: this.id,
      answer: ({ op, rqi = "" }) => {
        if (op === 5) this.notified.add(rqi);
        return { rsc: 2000, rvi: "3" };
      },
    });
    this.#registree = registree;
    void registree.closed.then(({ code }) => {
      this.closes.push(code);
      if (this.#stays) void this.comeBack();
    });
    return registree;
  }
}

/** Asks without a pause until it is told to stop. */
class Load {
  readonly answers: { readonly rqi: string; readonly answer: HttpAnswer }[] = [];
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #callers: Promise<void>[];
  #over = false;

  constructor(url: string, targets: readonly string[]) {
    this.#url = url;
    onTestFinished(() => {
      this.#over = true;
      this.#agent.destroy();
    });
    this.#callers = Array.from({ length: CALLERS }, (_, caller) => this.#run(caller, targets));
    // Told by `stop`; a test that has failed before does not ask.
    for (const caller of this.#callers) caller.catch(() => {});
  }

  /** What was acknowledged and not delivered yet. */
  get acknowledged(): readonly string[] {
    return this.answers.filter(({ answer }) => answer.status === 202).map(({ rqi }) => rqi);
  }

  /** Resolves when so many more have been answered. */
  async more(count: number): Promise<void> {
    const until = this.answers.length + count;
    await vi.waitFor(() => expect(this.answers.length).toBeGreaterThan(until), PATIENCE);
  }

  /** Rejects where an answer did not come. */
  async stop(): Promise<void> {
    this.#over = true;
    await Promise.all(this.#callers);
  }

  async #run(caller: number, targets: readonly string[]): Promise<void> {
    for (let n = 0; !this.#over; n += 1) {
      const rqi = `${caller}-${n}`;
      const target = targets[n % targets.length] ?? "";
      const call = n % 5 === 0 ? retrieve(n % 2 === 0 ? target : "/cse-in") : notify(target);
      const headers = { "X-M2M-Origin": "/id-in", "X-M2M-RI": rqi, "X-M2M-RVI": "3" };
      const answer = await callHttp(this.#url, {
        ...call,
        headers: { ...headers, ...call.headers },
        agent: this.#agent,
      });
      this.answers.push({ rqi, answer });
      // As an application that is refused does.
      if (answer.status >= 500) await delay(50);
    }
  }
}

const retrieve = (target: string): HttpCall => ({ target });
const notify = (target: string): HttpCall => ({
  method: "POST",
  target,
  headers: { "Content-Type": "application/json" },
  body: '{"m2m:sgn":{"sur":"/id-in/sub1"}}',
});

test.skipIf(!haveNginx())(
  "a restart under load behind nginx loses nothing that was acknowledged, and everything else gets a code or nginx's own 502 (D4)",
  async () => {
    const cse = await startCse();
    const gateway = await runGateway({ cse, flags: ["--shutdown.drain", "3s"] });
    const [httpPort, wsPort] = [await freePort(), await freePort()];
    await runNginx(
      httpPort,
      `upstream http { server ${new URL(gateway.http).host}; keepalive 16; }
  server {
    listen 127.0.0.1:${httpPort};
    location / {
      proxy_pass http://http;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
  server {
    listen 127.0.0.1:${wsPort};
    location / {
      proxy_pass http://${new URL(gateway.ws).host};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection "upgrade";
    }
  }`,
    );
    const devices = Array.from(
      { length: REGISTREES },
      (_, n) => new Device(`ws://127.0.0.1:${wsPort}`, `CAE${n}`),
    );
    for (const device of devices) await device.register();
    const [gone, there] = [devices.slice(0, AWAY), devices.slice(AWAY)];
    for (const device of gone) await device.leave();

    const load = new Load(
      `http://127.0.0.1:${httpPort}`,
      devices.map(({ id }) => `/${id}`),
    );
    await load.more(100);
    expect(load.acknowledged).not.toEqual([]);
    expect(await gateway.terminate()).toBe(0);
    await load.more(20);
    const acknowledgedBefore = load.acknowledged.length;
    await gateway.start();
    await vi.waitFor(
      () => expect(load.acknowledged.length).toBeGreaterThan(acknowledgedBefore),
      PATIENCE,
    );
    await Promise.all(gone.map((device) => device.comeBack()));
    await load.more(100);
    await load.stop();

    await vi.waitFor(() => {
      const notified = new Set(devices.flatMap((device) => [...device.notified]));
      expect(load.acknowledged.filter((rqi) => !notified.has(rqi))).toEqual([]);
    }, PATIENCE);
    const unsaid = load.answers.filter(
      ({ answer: { rsc, status } }) => rsc === undefined && !OF_NGINX.includes(status),
    );
    expect(unsaid).toEqual([]);
    const statuses = new Set(load.answers.map(({ answer }) => answer.status));
    expect([...statuses]).toEqual(expect.arrayContaining([200, 202, 502]));
    for (const device of there) expect(device.closes[0]).toBe(1012);
    await expectBalance(gateway, { delivered: expect.any(Number) });
  },
  60_000,
);
