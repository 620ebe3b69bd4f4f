import type { Key } from "./keys.ts";
import { ACCEPT, type PeerEntry } from "./peers.ts";
import type { Config } from "./schema.ts";
import { unknownName } from "./unknown-name.ts";

/** What is wrong with an entry of `peers`. */
export interface PeerFault {
  /** `peers./id-b.url`, or `peers./id-b`. */
  readonly key: string;
  readonly sentence: string;
}

/** Keys of `cse` for which the name of an entry stands, or that are about this gateway's own registrees. */
const NOT_OF_PEERS = new Set(["id", "name", "spId", "targets", "links"]);

/** Reads entries of `peers` as if each were `cse`, by the same keys. */
export function readPeers(
  entries: ReadonlyMap<string, PeerEntry>,
  cse: Config["cse"],
  keys: ReadonlyMap<string, Key>,
): {
  readonly peers: ReadonlyMap<string, Config["cse"]>;
  readonly faults: readonly PeerFault[];
} {
  const known = new Map(
    [...keys].flatMap(([path, key]) => {
      const [, name] = /^cse\.(.*)$/.exec(path) ?? [];
      return name === undefined || NOT_OF_PEERS.has(name) ? [] : [[name, key] as const];
    }),
  );
  const isGroup = (name: string): boolean =>
    [...known.keys()].some((path) => path.startsWith(`${name}.`));
  const originator = cse.spId === undefined ? cse.id : `//${cse.spId}${cse.id}`;
  const faults: PeerFault[] = [];
  /** What is named over what is left out. @param prefix of the keys in a group, with its dot */
  const over = (base: object, named: Mapping, prefix: string, entry: string): object => {
    const values = Object.entries(named).map(([member, value]) => {
      const name = `${prefix}${member}`;
      const inBase = (base as Mapping)[member];
      if (name === "url" && value === ACCEPT) return [member, undefined];
      if (isGroup(name) && isMapping(inBase) && isMapping(value)) {
        return [member, over(inBase, value, `${name}.`, entry)];
      }
      const result = known.get(name)?.reader.read(value) ?? {
        sentence: unknownName("key of a peer", name, known.keys()),
      };
      if ("value" in result) return [member, result.value];
      faults.push({ key: `${entry}.${name}`, sentence: result.sentence });
      return [member, undefined];
    });
    return Object.freeze({ ...base, ...Object.fromEntries(values) });
  };
  const peers = [...entries].map(([id, written]) => {
    const named = isMapping(written) ? written : { url: written };
    if (!("url" in named)) {
      faults.push({ key: `peers.${id}`, sentence: `has no url; give it one, or url: ${ACCEPT}` });
    }
    const base = { ...cse, originator, ...idsIn(id) };
    // Every value is of cse, or was read by the reader of its key.
    return [id, over(base, named, "", `peers.${id}`) as Config["cse"]] as const;
  });
  return { peers: new Map(peers), faults };
}

type Mapping = Readonly<Record<string, unknown>>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A provider as a whole has no CSE-ID, and what the CSEBase of a peer is called nobody says: they are empty. */
function idsIn(name: string): Pick<Config["cse"], "id" | "name" | "spId"> {
  const [, spId, id = ""] = /^(?:\/\/([^/]*))?(\/.*)?$/.exec(name) ?? [];
  return { id, name: "", spId };
}
