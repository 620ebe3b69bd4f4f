import { Type } from "@sinclair/typebox";
import { Count, Networks } from "./leaf.ts";
import { clientTls } from "./tls.ts";

/** Calls to addresses over HTTP that peers have named: points of access, and targets of results. */
export const CALLS = Type.Object({
  networks: Networks({
    description:
      "Networks whose addresses are called when a peer names them (`poa`, `rt.nu`), loopback and link-local included; beside them a `poa` at the registree's own address is.",
  }),
  maxInFlight: Count({
    default: 1024,
    minimum: 1,
    maximum: 1_000_000,
    description:
      "Calls under way at most; past it a request is held where it may be, and refused with 5103 where not.",
  }),
  tls: clientTls("an https:// address that is called", "/etc/m2mgw/calls"),
});
