import { type Static, Type } from "@sinclair/typebox";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";
import { given, OPERATION } from "./values.ts";

/** A request primitive that an operator sends. */
const SENT = Type.Object(
  {
    operation: OPERATION,
    to: Type.String({ minLength: 1, maxLength: 4_096 }),
    from: Type.String({
      maxLength: 1_024,
      description: "In whose name; the rules of the gateway apply (face admin).",
    }),
    resourceType: Type.Optional(Type.Integer({ minimum: 1, description: "Create needs it." })),
    requestIdentifier: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    releaseVersion: Type.Optional(Type.String({ default: "3" })),
    content: Type.Optional(Type.Unknown({ description: "pc, in the shape of JSON." })),
    parameters: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: "Further parameters by their short names: rqet, rt, fc …",
      }),
    ),
  },
  { $id: "PrimitiveToSend", additionalProperties: false },
);

/** Its answer. Failures are answers, too: the status of HTTP says only that there is one. */
const ANSWERED = Type.Object(
  {
    requestIdentifier: Type.String(),
    rsc: Type.Optional(
      Type.Integer({ description: "Response Status Code; absent where no response is wanted." }),
    ),
    by: Type.Optional(
      Type.String({ description: "The failure for which the gateway answers itself." }),
    ),
    held: Type.Optional(Type.Boolean({ description: "It is held, and this acknowledges that." })),
    content: Type.Optional(Type.String({ description: "As JSON." })),
  },
  { $id: "PrimitiveAnswered", additionalProperties: false },
);

export type ToSend = Static<typeof SENT>;

/** What the endpoints need. */
export interface PrimitiveAccess {
  readonly send: (wanted: ToSend) => Promise<{
    readonly request: RequestPrimitive;
    readonly response: ResponsePrimitive | undefined;
  }>;
  /** Content as JSON. */
  readonly written: (content: NonNullable<ResponsePrimitive["content"]>) => string;
  readonly acted: (action: string, fields: Readonly<Record<string, unknown>>) => void;
}

export const primitiveEndpoints = (access: PrimitiveAccess): readonly Endpoint[] => [
  endpoint({
    method: "POST",
    route: "/primitives",
    name: "sendPrimitive",
    summary: "Sends a request primitive as an application would, and gives its answer.",
    body: SENT,
    answer: ANSWERED,
    problems: [503],
    serve: async ({ body }) => {
      const { operation, to, from } = body;
      access.acted("send", { operation, to, originator: from });
      const { request, response } = await access.send(body);
      const { requestIdentifier } = request;
      const { content, failure, held, responseStatusCode: rsc } = response ?? {};
      return given({
        requestIdentifier,
        rsc,
        by: failure,
        held,
        content: content && access.written(content),
      });
    },
  }),
];
