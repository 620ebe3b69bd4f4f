import { Type } from "@sinclair/typebox";

const CORE = "http://www.onem2m.org/xml/protocols";

/**
 * The keys for XML.
 *
 * `m2m` keeps its namespace: what the gateway itself reads is there. Prefixes that begin with `xml` are XML's own
 * (Namespaces in XML, 3). Our choice: ASCII only, and no longer than what documents may declare.
 */
export const XML = Type.Object({
  namespaces: Type.Unsafe<ReadonlyMap<string, string>>({
    description:
      "Namespaces by prefix, such as `{hd: http://www.onem2m.org/xml/protocols/homedomain}`, beyond those of the standard or in their place; what XML has in one of them has its prefix in JSON and CBOR.",
    default: {},
    type: "object",
    maxProperties: 64,
    propertyNames: { pattern: "^(?![Xx][Mm][Ll]|m2m$|xsi$)[A-Za-z_][A-Za-z0-9._-]{0,63}$" },
    additionalProperties: { type: "string", pattern: `^(?!${CORE}$)[!-~]{1,256}$` },
    expects:
      "a mapping of prefixes (none of m2m, xsi and XML's own) to namespaces, such as v: http://vendor.example",
  }),
});
