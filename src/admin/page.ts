import { type TArray, type TObject, type TSchema, Type } from "@sinclair/typebox";

const MOST = 1_000;
const USUAL = 100;

/** The part of a query that asks for a page. */
export const PAGE = {
  after: Type.Optional(
    Type.String({ maxLength: 1_024, description: "`next` of the page before; the first without." }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MOST,
      default: USUAL,
      description: "Items at most.",
    }),
  ),
};

/** A page of a list. Further items are behind `next`, where that is there; a page may be empty and have one. */
export const pageOf = <T extends TSchema>(
  item: T,
  $id: string,
): TObject<{ items: TArray<T>; next: ReturnType<typeof next> }> =>
  Type.Object({ items: Type.Array(item), next: next() }, { $id, additionalProperties: false });

const next = () =>
  Type.Optional(Type.String({ description: "`after` of the next page; absent on the last one." }));

/** What a query asks for. */
export const limitOf = ({ limit = USUAL }: { readonly limit?: number }): number => limit;
