import { isIPv6 } from "node:net";
import { type TUnsafe, Type } from "@sinclair/typebox";
import { blockListOf, type Network, parseNetwork } from "./addresses.ts";

const ACTS = ["register", "create", "retrieve", "update", "delete", "notify"] as const;
const FACES = ["http", "ws", "admin"] as const;

/** One rule, in the form of the file. */
interface RuleEntry {
  readonly originators?: readonly string[];
  readonly operations?: readonly (typeof ACTS)[number][];
  readonly targets?: readonly string[];
  readonly faces?: readonly (typeof FACES)[number][];
  readonly credentials?: readonly string[];
  readonly networks?: readonly string[];
}

const patterns = { type: "array", minItems: 1, items: { type: "string", pattern: "^\\S+$" } };

/** Who may ask for what. */
export const PERMISSIONS: TUnsafe<readonly RuleEntry[]> = Type.Unsafe<readonly RuleEntry[]>({
  description:
    'Rules, of which a request needs one that matches all of it: `{originators: [Cmeter*], operations: [register, notify], targets: [/id-in/cse-in/*], faces: [ws], credentials: ["certificate:*"], networks: [10.0.0.0/8]}`. What a rule leaves out it does not ask for; without `credentials` it admits every credential and `trusted` networks, with `none` strangers. An empty list permits everybody who is no stranger to do everything in his own name.',
  default: [],
  type: "array",
  maxItems: 1000,
  items: {
    type: "object",
    additionalProperties: false,
    minProperties: 1,
    properties: {
      originators: patterns,
      operations: { type: "array", minItems: 1, items: { enum: ACTS } },
      targets: patterns,
      faces: { type: "array", minItems: 1, items: { enum: FACES } },
      credentials: patterns,
      networks: { type: "array", minItems: 1, items: { type: "string", format: "network" } },
    },
  },
  expects: `a list of rules, each with some of originators, targets, credentials (patterns), operations (${ACTS.join(", ")}), faces (${FACES.join(", ")}) and networks`,
});

/** The part of the configuration that says who may what. */
interface Permitting {
  readonly permissions: readonly RuleEntry[];
  readonly http: {
    readonly poaNetworks: readonly Network[];
    readonly poaCredentials: readonly string[];
  };
}

/** The permissions as the core applies them. @param credentialsKnown peers can prove who they are */
export function permissionsOf({ permissions, http }: Permitting, credentialsKnown: boolean) {
  const points = {
    credentials: http.poaCredentials.length === 0 ? undefined : http.poaCredentials,
    isIn: isInOneOf(http.poaNetworks),
  };
  const rules = permissions.map(({ operations, networks = [], ...rest }) => ({
    ...rest,
    acts: operations,
    isIn: isInOneOf(networks.flatMap((text) => parseNetwork(text) ?? [])),
  }));
  return { rules: rules.length === 0 ? undefined : rules, points, credentialsKnown };
}

/** Whether an address is in one of these networks; undefined where there is none. */
function isInOneOf(networks: readonly Network[]): ((address: string) => boolean) | undefined {
  if (networks.length === 0) return undefined;
  const list = blockListOf(networks);
  return (address) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
