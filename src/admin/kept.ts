import { type Static, type TObject, Type } from "@sinclair/typebox";
import type { HeldRequest } from "../core/hold-store.ts";
import type { Content } from "../primitive/content.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import { COUNT, ENTITY, given, OPERATION, REGISTREE, SEQUENCE, TIME, timeOf } from "./values.ts";

/** What is shown of a primitive that the gateway keeps, held or dead, without its content: that is for the registree alone. */
export const KEPT = {
  registree: ENTITY,
  sequence: SEQUENCE,
  operation: OPERATION,
  to: Type.String(),
  originator: Type.Optional(Type.String()),
  requestIdentifier: Type.String(),
  arrived: TIME,
  expires: TIME,
  bytes: COUNT,
};

/** What shows one together with what it brings. */
export const KEPT_CONTENT = {
  serialization: Type.Optional(Type.String({ description: "In which its content came." })),
  content: Type.Optional(
    Type.String({ description: "Its content as JSON; only when asked for, and if it has one." }),
  ),
};

/** Names one of them in a path. */
export const ONE_KEPT = Type.Object({ registree: REGISTREE, sequence: SEQUENCE });
/** Asks for its content. */
export const WITH_CONTENT = Type.Object({
  content: Type.Optional(Type.Boolean({ default: false })),
});

/** What endpoints about them need. */
export interface KeptAccess {
  readonly idOf: (written: string) => EntityId;
  /** Content as JSON. */
  readonly written: (content: Content) => string;
  readonly acted: (action: string, fields: Readonly<Record<string, unknown>>) => void;
}

type Kept = Pick<
  HeldRequest,
  "registree" | "sequence" | "request" | "arrived" | "expires" | "bytes"
>;

export const keptOf = ({
  registree,
  sequence,
  request,
  arrived,
  expires,
  bytes,
}: Kept): Static<TObject<typeof KEPT>> =>
  given({
    registree,
    sequence,
    operation: request.operation,
    to: request.to,
    originator: request.from,
    requestIdentifier: request.requestIdentifier,
    arrived: timeOf(arrived),
    expires: timeOf(expires),
    bytes,
  });

/** Its content, where that is asked for and there is one; that somebody has read it is put on record. */
export function contentOf(
  { registree, sequence, request }: Kept,
  isAsked: boolean | undefined,
  { acted, written }: KeptAccess,
): Static<TObject<typeof KEPT_CONTENT>> {
  const { content } = request;
  if (isAsked !== true || content === undefined) return {};
  acted("content read", { registree, sequence });
  return given({ serialization: content.serialization, content: written(content) });
}
