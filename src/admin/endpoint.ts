import { type Static, type TObject, type TSchema, Type } from "@sinclair/typebox";
import type { FastifyReply } from "fastify";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** What a request to an endpoint says, checked against the schemas of that endpoint. */
export interface Call<P extends TObject, Q extends TObject, B extends TSchema> {
  readonly path: Static<P>;
  readonly query: Static<Q>;
  readonly body: Static<B>;
  /** For what is not one answer, but goes on. */
  readonly reply: FastifyReply;
}

/** One operation of the API: what it takes, what it answers, and what it does. */
export interface Endpoint {
  readonly method: Method;
  /** In the form of OpenAPI: `/registrees/{registree}`, below `/api/v1`. */
  readonly route: string;
  /** Its name in OpenAPI, and for whoever generates a client. */
  readonly name: string;
  readonly summary: string;
  readonly path: TObject;
  readonly query: TObject;
  /** Undefined where none is read. */
  readonly body: TSchema | undefined;
  readonly status: number;
  readonly answer: TSchema;
  /** `application/json` unless said otherwise. */
  readonly mediaType: string;
  /** Statuses of problems, besides those that every operation has (400, 401, 403, 500). */
  readonly problems: readonly number[];
  /** @throws Problem, GatewayError */
  serve(call: Call<TObject, TObject, TSchema>): unknown;
}

export const NOTHING = Type.Object({}, { additionalProperties: false });

/** An endpoint whose `serve` has the types that its schemas say. */
export function endpoint<
  A extends TSchema,
  P extends TObject = typeof NOTHING,
  Q extends TObject = typeof NOTHING,
  B extends TSchema = TSchema,
>(spec: {
  readonly method: Method;
  readonly route: string;
  readonly name: string;
  readonly summary: string;
  readonly path?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly status?: number;
  readonly answer: A;
  readonly mediaType?: string;
  readonly problems?: readonly number[];
  readonly serve: (call: Call<P, Q, B>) => Static<A> | Promise<Static<A>>;
}): Endpoint {
  const { path = NOTHING, query = NOTHING, body, status = 200, problems = [] } = spec;
  const { mediaType = "application/json" } = spec;
  // The server calls it with what these schemas have admitted.
  const serve = spec.serve as Endpoint["serve"];
  return { ...spec, path, query, body, status, problems, mediaType, serve };
}
