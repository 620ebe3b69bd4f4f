import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect } from "vitest";
import { callHttp } from "../helpers/http-client.ts";

/** What the API answered; a body that is no JSON is left out. */
export interface ApiAnswer {
  readonly status: number;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it has asked for
  readonly body: any;
}

interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

/**
 * One call of the API. Whatever is answered has to be what the gateway's own document says.
 *
 * @param target below `/api/v1`, with its query
 */
export async function api(
  { admin }: { readonly admin: string },
  method: string,
  target: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer> {
  const answer = await callHttp(admin, {
    method,
    target: `/api/v1${target}`,
    headers: {
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const type = answer.headers["content-type"] ?? "";
  const read = type.includes("json") ? JSON.parse(answer.body) : undefined;
  await expectDescribed(admin, method, target, headers, {
    status: answer.status,
    type,
    body: read,
  });
  return { status: answer.status, type, body: read };
}

export const get = (gateway: { readonly admin: string }, target: string): Promise<ApiAnswer> =>
  api(gateway, "GET", target);

export const post = (
  gateway: { readonly admin: string },
  target: string,
  body?: unknown,
): Promise<ApiAnswer> => api(gateway, "POST", target, body);

async function expectDescribed(
  admin: string,
  method: string,
  target: string,
  headers: Readonly<Record<string, string>>,
  answer: ApiAnswer,
): Promise<void> {
  // Whoever may not call it may not read about it either.
  if (answer.status === 401 || answer.status === 403) return;
  const got = await callHttp(admin, { target: "/openapi.json", headers });
  const document = JSON.parse(got.body) as Described;
  const path = `/api/v1${target.split("?")[0]}`;
  const template = Object.keys(document.paths).find((candidate) => matches(candidate, path));
  const operation = document.paths[template ?? ""]?.[method.toLowerCase()];
  const content = operation?.responses[answer.status]?.content;
  const type = answer.type.split(";")[0] ?? "";
  expect(content, `${method} ${path} → ${answer.status}`).toHaveProperty([type]);
  const ajv = addFormats.default(new Ajv2020({ strict: false }));
  ajv.addSchema({ $id: "document", ...document });
  const pointed = JSON.parse(
    JSON.stringify(content?.[type]?.schema).replaceAll('"#/', '"document#/'),
  ) as object;
  const check = ajv.compile(pointed);
  check(answer.body);
  expect(check.errors ?? [], `${method} ${path} → ${answer.status}`).toEqual([]);
}

function matches(template: string, path: string): boolean {
  const pattern = template.replaceAll(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${pattern}$`).test(path);
}
