import { type TUnsafe, Type } from "@sinclair/typebox";
import type { EpochMs } from "../base/clock.ts";
import { OUTCOMES } from "../core/hold-store.ts";
import { OPERATIONS } from "../primitive/primitive.ts";

/** One of a closed set of words. */
export const wordOf = <const T extends readonly string[]>(
  words: T,
  description?: string,
): TUnsafe<T[number]> =>
  Type.Unsafe<T[number]>(given({ type: "string", enum: words, description }));

/** A point in time, UTC, as `timeOf` writes it. */
export const TIME = Type.String({ format: "date-time" });
export const timeOf = (at: EpochMs): string => new Date(at).toISOString();

/** `members` without those that are undefined. */
export const given = <T extends object>(members: T): Given<T> =>
  Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Given<T>;

type Given<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

export const OPERATION = wordOf(OPERATIONS);
export const OUTCOME = wordOf(OUTCOMES);
export const ENTITY = Type.String({
  description: "AE-ID or CSE-ID in its SP-relative form: /id-in/CAE7, /id-mn.",
});
export const REGISTREE = Type.String({
  minLength: 1,
  maxLength: 1_024,
  description: "A registree, its ID in any form: CAE7, /id-in/CAE7, /id-mn.",
});
export const SEQUENCE = Type.Integer({
  minimum: 0,
  description: "Place in the order of arrival; names it, together with its registree.",
});
export const COUNT = Type.Integer({ minimum: 0 });

/** What is known of who is on a connection. */
export const LINK = Type.Object(
  {
    id: Type.String({ description: "As in the log; unique in one run of the gateway." }),
    since: Type.Optional(TIME),
    peer: Type.Optional(Type.String({ description: "Address; absent behind a proxy." })),
    subprotocol: Type.Optional(Type.String()),
    secured: Type.Boolean({ description: "It came over TLS." }),
    credential: Type.Optional(Type.String({ description: "Credential-ID: certificate:…" })),
    basis: Type.Optional(
      Type.String({ description: "How the gateway learnt in whose name it speaks." }),
    ),
  },
  { $id: "Link", additionalProperties: false },
);

export const USAGE = Type.Object(
  { count: COUNT, bytes: COUNT },
  { $id: "Usage", additionalProperties: false },
);
