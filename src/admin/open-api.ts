import type { TObject, TSchema } from "@sinclair/typebox";
import type { Endpoint } from "./endpoint.ts";
import { PROBLEM } from "./problem.ts";

export const API_PREFIX = "/api/v1";

type Json = { [name: string]: unknown };

/** The document that describes the endpoints (OpenAPI 3.1), made of the schemas that they are checked with. */
export function openApiOf(endpoints: readonly Endpoint[], version: string): Json {
  const components = new Map<string, Json>();
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    const path = `${API_PREFIX}${endpoint.route}`;
    paths[path] ??= {};
    paths[path][endpoint.method.toLowerCase()] = operationOf(endpoint, components);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "m2mgw admin API",
      description: "What whoever runs the gateway sees and does. Nothing is changed by GET.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      version,
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }, {}],
    paths,
    components: {
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "What is in `admin.tokenFile`; not needed on loopback without that key.",
        },
      },
    },
  };
}

/** Those that every operation can have. */
const USUAL_PROBLEMS = [400, 401, 403, 500];

function operationOf(endpoint: Endpoint, components: Map<string, Json>): Json {
  const { name, summary, body, status, answer, mediaType } = endpoint;
  const refer = (schema: TSchema): unknown => referred(schema, components);
  const problems = [...new Set([...USUAL_PROBLEMS, ...endpoint.problems])].sort();
  const problem = {
    description: "What was wrong.",
    content: { "application/problem+json": { schema: refer(PROBLEM) } },
  };
  return {
    operationId: name,
    summary,
    parameters: [
      ...parametersOf(endpoint.path, "path", refer),
      ...parametersOf(endpoint.query, "query", refer),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: true, content: { "application/json": { schema: refer(body) } } },
        }),
    responses: {
      [status]: { description: summary, content: { [mediaType]: { schema: refer(answer) } } },
      ...Object.fromEntries(problems.map((code) => [code, problem])),
    },
  };
}

const parametersOf = (
  { properties, required = [] }: TObject,
  place: "path" | "query",
  refer: (schema: TSchema) => unknown,
): Json[] =>
  Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: refer(schema),
  }));

/** A schema with those that have a name in it told by that name. */
function referred(schema: unknown, components: Map<string, Json>): unknown {
  if (Array.isArray(schema)) return schema.map((item) => referred(item, components));
  if (typeof schema !== "object" || schema === null) return schema;
  const { $id, ...members } = schema as Json;
  if (typeof $id === "string" && components.has($id))
    return { $ref: `#/components/schemas/${$id}` };
  const written = Object.fromEntries(
    Object.entries(members).map(([name, member]) => [name, referred(member, components)]),
  );
  if (typeof $id !== "string") return written;
  components.set($id, written);
  return { $ref: `#/components/schemas/${$id}` };
}
