import { type Member, prefixOf, rootMember, type Shape } from "../schema/schema.ts";
import { CORE, type Named, rootNameOf } from "./names.ts";
import type { Namespaces } from "./namespaces.ts";
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
  readonly #known: Namespaces;
  readonly #refuse: (what: string) => void;
  /** What the prefixes of the names so far stand for, but for the core's. */
  readonly #met = new Map<string, string>();

  /**
   * @param known learns what prefixes stand for in the document
   * @param refuse is told of a prefix that means two things, and of a namespace without one; it may throw
   */
  constructor(known: Namespaces, refuse: (what: string) => void) {
    this.#known = known;
    this.#refuse = refuse;
  }

  /** What a prefix stands for in what the document becomes. */
  namespaceOf(prefix: string): string | undefined {
    return this.#met.get(prefix) ?? this.#known.namespaceOf(prefix);
  }

  /** The name that a member or an attribute has in JSON. */
  nameOf(name: Named): string {
    if (name.namespace !== "") this.#meet(this.#known.treePrefixOf(name), name);
    return this.#known.treeNameOf(name);
  }

  /** The name that a content root has in JSON. */
  rootNameOf(name: Named): string {
    const prefix = this.#known.rootPrefixOf(name);
    if (prefix === undefined) {
      this.#refuse(
        `<${shortened(name.local)}> in the default namespace ${shortened(name.namespace, 64)}, for which no prefix is known; xml.namespaces can name one`,
      );
    } else this.#meet(prefix, name);
    return this.#known.rootNameOf(name);
  }

  #meet(prefix: string, name: Named): void {
    if (prefix === "" || name.namespace === CORE) return;
    const before = this.#met.get(prefix);
    if (this.#known.misleads(name) || (before ?? name.namespace) !== name.namespace) {
      this.#refuse(`the prefix ${shortened(prefix)} for another namespace`);
    } else if (before === undefined) {
      this.#met.set(prefix, name.namespace);
      this.#known.learn(prefix, name.namespace);
    }
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
