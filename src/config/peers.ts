import { type TUnsafe, Type } from "@sinclair/typebox";
import { NAME } from "./leaf.ts";

/** What stands in the place of a URL for a peer that opens the connection itself. */
export const ACCEPT = "accept";

/** An entry as it is written; a text is the same as `{ url: … }`. */
export type PeerEntry = string | Readonly<Record<string, unknown>>;

/** Further CSEs, by what addresses of theirs begin with. */
export const PEERS: TUnsafe<ReadonlyMap<string, PeerEntry>> = Type.Unsafe<
  ReadonlyMap<string, PeerEntry>
>({
  description:
    "Further CSEs by CSE-ID or M2M-SP-ID, such as `{//sp-b.example.org/id-b: wss://gateway.sp-b.example.org}`: requests to their addresses go there, over HTTP or a WebSocket that the gateway opens (a URL), or over one that they open (`accept`). In the place of the URL `{url: …, idleClose: 5m}` gives other keys of `cse` too (not `id`, `name`, `spId`, `targets`, `links`); what it leaves out is as in `cse`, but for `originator`, which is the gateway's CSE-ID then.",
  default: {},
  type: "object",
  maxProperties: 64,
  propertyNames: { pattern: `^(/${NAME}|//${NAME}(/${NAME})?)$` },
  additionalProperties: {
    anyOf: [
      {
        type: "string",
        pattern: `^(${ACCEPT}|(https?|wss?)://[^\\s/?#@]+(/[^\\s?#]*)?)$`,
      },
      { type: "object" },
    ],
  },
  expects:
    "a mapping of CSE-IDs (/id-b, //sp.example.org/id-b) or M2M-SP-IDs (//sp.example.org) to http://, https://, ws:// or wss:// URLs or accept, or to mappings with a url",
});
