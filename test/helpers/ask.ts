import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { ConnectionOptions } from "node:tls";

/** Everything of the answer to one request, or why there is none. @param asking `until`: no more is read then */
export function ask(
  url: string,
  {
    tls,
    until,
    ...options
  }: {
    readonly until?: RegExp;
    readonly tls?: ConnectionOptions;
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: string;
  } = {},
): Promise<string> {
  return new Promise((resolve) => {
    const request = url.startsWith("https:") ? requestHttps : requestHttp;
    const asked = request(url, { ...tls, ...options, agent: false });
    const told = ({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string =>
      [statusCode, statusMessage, ...rawHeaders].join(" ");
    asked.on("error", (error) => resolve(String(error)));
    asked.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve(told(response));
    });
    asked.on("response", async (response) => {
      let text = told(response);
      for await (const part of response) {
        text += String(part);
        if (until?.test(text)) break;
      }
      resolve(text);
    });
    asked.end(options.body);
  });
}
