import fc from "fast-check";

const segment = fc.stringMatching(/^[A-Za-z0-9._~%-]{1,8}$/);

/** What may follow `ws://default` or a URL: a path, a query, both or neither. */
export const pathRest = (): fc.Arbitrary<string> =>
  fc
    .tuple(fc.array(segment, { maxLength: 3 }), fc.option(fc.stringMatching(/^[a-z0-9=&]{1,9}$/)))
    .map(
      ([path, query]) => path.map((it) => `/${it}`).join("") + (query === null ? "" : `?${query}`),
    );
