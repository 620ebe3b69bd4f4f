import { type TUnsafe, Type } from "@sinclair/typebox";
import { NAME } from "./leaf.ts";

/** What stands in the place of a URL for a peer that opens the connection itself. */
export const ACCEPT = "accept";

/** Further CSEs, by what addresses of theirs begin with. */
export const PEERS: TUnsafe<ReadonlyMap<string, string>> = Type.Unsafe<ReadonlyMap<string, string>>(
  {
    description:
      "Further CSEs by CSE-ID or M2M-SP-ID, such as `{//sp-b.example.org/id-b: wss://gateway.sp-b.example.org}`: requests to their addresses go there, over HTTP or a WebSocket that the gateway opens (a URL), or over one that they open (`accept`).",
    default: {},
    type: "object",
    maxProperties: 64,
    propertyNames: { pattern: `^(/${NAME}|//${NAME}(/${NAME})?)$` },
    additionalProperties: {
      type: "string",
      pattern: `^(${ACCEPT}|(https?|wss?)://[^\\s/?#@]+(/[^\\s?#]*)?)$`,
    },
    expects:
      "a mapping of CSE-IDs (/id-b, //sp.example.org/id-b) or M2M-SP-IDs (//sp.example.org) to http://, https://, ws:// or wss:// URLs or accept",
  },
);
