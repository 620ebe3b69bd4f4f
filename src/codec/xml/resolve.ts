import { type Member, namespaceOf, prefixOf, rootMember, type Shape } from "../schema/schema.ts";
import { misleads, type Named, rootNameOf, treeNameOf, treePrefixOf } from "./names.ts";
import type { XmlElement } from "./parse.ts";
import { shortened } from "./shortened.ts";

/** What an element is in its parent. */
export interface Resolved {
  /** As in JSON. */
  readonly name: string;
  /** Undefined for a name that no table knows. */
  readonly member: Member | undefined;
  /** A content root of its own such as a child resource, or unknown: no member that the parent's table lists. */
  readonly isRoot: boolean;
}

/** Finds what the names of a document are in the tables, by namespace and not by prefix. */
export class NameResolver {
  /** What prefixes stand for, where that is not what the standard says. */
  readonly namespaces = new Map<string, string>();
  readonly #refuse: (what: string) => void;

  /** @param refuse is told of a prefix that means two things; it may throw */
  constructor(refuse: (what: string) => void) {
    this.#refuse = refuse;
  }

  /** The name that a content root or an attribute has in JSON. */
  nameOf(name: Named): string {
    const prefix = treePrefixOf(name);
    if (prefix !== "" && namespaceOf(prefix) !== name.namespace) {
      const before = this.namespaces.get(prefix) ?? name.namespace;
      if (misleads(name) || before !== name.namespace) {
        this.#refuse(`the prefix ${shortened(prefix)} for another namespace`);
      }
      this.namespaces.set(prefix, before);
    }
    return treeNameOf(name);
  }

  /** What an element is in an object of `shape`. */
  resolve(element: XmlElement, shape: Shape | undefined): Resolved {
    const name = this.nameOf(element);
    const direct = shape?.members.get(name);
    if (direct !== undefined) return { name: direct.name, member: direct, isRoot: false };
    if (element.namespace === "") {
      const root = shape?.wrapsRoot ? rootNameOf(name) : name;
      return { name: root, member: rootMember(root), isRoot: true };
    }
    const root = rootMember(name);
    const bare = shape?.members.get(element.local);
    // Members have no namespace (TS-0004, 8.3.1), but a default namespace on the root puts them into its own, and
    // some peers qualify them. A vendor's member of the same name is another one.
    const isDefault = element.prefix === "";
    const isStandard = prefixOf(element.namespace) !== undefined;
    if (bare !== undefined && (isDefault || (isStandard && root === undefined))) {
      return { name: bare.name, member: bare, isRoot: false };
    }
    if (root !== undefined) return { name, member: root, isRoot: true };
    return { name: isDefault ? element.local : name, member: undefined, isRoot: true };
  }
}
