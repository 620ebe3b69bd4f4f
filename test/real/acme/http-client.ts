/** What an HTTP application asks, in terms of TS-0009. */
export interface HttpRequest {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "OPTIONS" | "PATCH";
  readonly path: string;
  readonly from?: string;
  /** Resource type of a create. */
  readonly ty?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  readonly status: number;
  /** X-M2M-RSC. */
  readonly rsc: string | null;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: content of any resource; a test names the members it expects
  readonly body: any;
}

let lastIdentifier = 0;

/** An HTTP application that speaks to `base`, a CSE or the gateway. */
export async function send(base: string, request: HttpRequest): Promise<HttpAnswer> {
  lastIdentifier += 1;
  const type = request.ty === undefined ? "" : `;ty=${request.ty}`;
  const response = await fetch(base + request.path, {
    method: request.method ?? "GET",
    headers: {
      "X-M2M-Origin": request.from ?? "CAdmin",
      "X-M2M-RI": `http-${lastIdentifier}`,
      "X-M2M-RVI": "3",
      Accept: "application/json",
      ...(request.body === undefined ? {} : { "Content-Type": `application/json${type}` }),
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  return {
    status: response.status,
    rsc: response.headers.get("X-M2M-RSC"),
    headers: response.headers,
    text,
    body: text.startsWith("{") ? JSON.parse(text) : undefined,
  };
}
