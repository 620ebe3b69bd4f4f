import { callHttp, type HttpAnswer } from "./http-client.ts";

export interface EntityCall {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, as text or to be written. */
  readonly body?: unknown;
  readonly rqi?: string;
}

/** A request that an entity makes over HTTP at `base`. */
export function askAs(
  base: string,
  from: string,
  { method = "GET", target = "/cse-in/x", headers, body, rqi = "q1" }: EntityCall,
): Promise<HttpAnswer> {
  const own = { "X-M2M-Origin": from, "X-M2M-RI": rqi, "X-M2M-RVI": "3" };
  if (body === undefined)
    return callHttp(base, { method, target, headers: { ...own, ...headers } });
  return callHttp(base, {
    method,
    target,
    headers: { ...own, "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}
