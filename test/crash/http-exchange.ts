import { Agent, request } from "node:http";

export interface Call {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export type Outcome =
  | {
      readonly is: "answered";
      readonly status: number;
      readonly rsc: number | undefined;
      readonly body: string;
    }
  /** Nobody was there, so nothing arrived. */
  | { readonly is: "refused" }
  /** The connection broke: nobody knows what arrived. */
  | { readonly is: "broken" }
  /** The gateway is there and does not answer. */
  | { readonly is: "unanswered" };

/** Far beyond any time that the gateway may take, in ms. */
const ANSWER_LIMIT = 20_000;

/** One connection to the gateway, kept for as long as the gateway lives. */
export class HttpConnection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** One exchange; never rejects. @param base undefined while nobody listens */
  async exchange(base: string | undefined, call: Call): Promise<Outcome> {
    if (base === undefined) return { is: "refused" };
    const { method, target, headers, body } = call;
    const { hostname, port } = new URL(base);
    return await new Promise((resolve) => {
      const failed = (error: unknown): void => {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        resolve({ is: code === "ECONNREFUSED" ? "refused" : "broken" });
      };
      const options = { hostname, port, method, path: target, headers, agent: this.#agent };
      const outgoing = request(options, async (response) => {
        try {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          const rsc = response.headers["x-m2m-rsc"];
          resolve({
            is: "answered",
            status: response.statusCode ?? 0,
            rsc: rsc === undefined ? undefined : Number(rsc),
            body: Buffer.concat(chunks).toString(),
          });
        } catch (error) {
          failed(error);
        }
      });
      outgoing.on("error", failed);
      outgoing.setTimeout(ANSWER_LIMIT, () => {
        resolve({ is: "unanswered" });
        outgoing.destroy();
      });
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
