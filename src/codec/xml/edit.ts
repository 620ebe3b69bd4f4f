import type { Edit, Tree } from "../../primitive/content.ts";
import { type Member, rootMember, type Shape, shapeOf } from "../schema/schema.ts";
import type { Namespaces } from "./namespaces.ts";
import { elementsOf, parseXml, textOf, type XmlElement } from "./parse.ts";
import { isBlank } from "./read.ts";
import { NameResolver, type Resolved } from "./resolve.ts";
import { XmlWriter } from "./write.ts";

/**
 * A content root with one value replaced, added where the schema has it, or taken out; the rest is what it was.
 *
 * Objects on the way are made. A path that leads nowhere, or to several, changes nothing.
 *
 * @throws GatewayError GW_CONTENT_NOT_TRANSCODABLE for a value that XML cannot hold
 */
export function editedElement(root: XmlElement, edit: Edit, known: Namespaces): XmlElement {
  return new Editor(edit, known).edited(root);
}

/** What an element may hold. */
interface Place {
  readonly shape: Shape | undefined;
  /** Content roots only: a wildcard. */
  readonly holdsRoots: boolean;
}

type Child = XmlElement | string;

class Editor {
  readonly #path: Edit["path"];
  readonly #value: Tree | undefined;
  readonly #resolver: NameResolver;

  constructor({ path, value }: Edit, known: Namespaces) {
    this.#resolver = new NameResolver(known, () => undefined);
    this.#path = path;
    this.#value = value;
  }

  edited(root: XmlElement): XmlElement {
    const name = this.#resolver.rootNameOf(root);
    const [rootName, ...below] = this.#path;
    if (name !== rootName) return root;
    if (below.length > 0) return this.#inside(root, placeOf(name, rootMember(name)), 1);
    if (this.#value === undefined) return root;
    const { attributes, children } = this.#written(0);
    const naming = namingIn(root, undefined);
    return { ...root, attributes, children: children.map((child) => renamed(child, naming)) };
  }

  /** @param depth of the name in the path that is to be found in `parent` */
  #inside(parent: XmlElement, place: Place, depth: number): XmlElement {
    const isText = elementsOf(parent).length === 0 && !isBlank(textOf(parent));
    if (isText) return parent;
    const found: XmlElement[] = [];
    let resolved: Resolved | undefined;
    for (const element of elementsOf(parent)) {
      const what = this.#resolved(element, place);
      if (what.name !== this.#path[depth]) continue;
      found.push(element);
      resolved = what;
    }
    const isLast = depth === this.#path.length - 1;
    if (isLast || resolved === undefined) return this.#withValue(parent, place, depth, found);
    const [only, second] = found;
    if (only === undefined || second !== undefined) return parent;
    const inner = this.#inside(only, placeOf(resolved.name, resolved.member), depth + 1);
    return { ...parent, children: parent.children.map((it) => (it === only ? inner : it)) };
  }

  #resolved(element: XmlElement, { shape, holdsRoots }: Place): Resolved {
    if (!holdsRoots) return this.#resolver.resolve(element, shape);
    const name = this.#resolver.rootNameOf(element);
    return { name, member: rootMember(name), isRoot: true };
  }

  /** @param found the elements that there are by the name so far */
  #withValue(
    parent: XmlElement,
    place: Place,
    depth: number,
    found: readonly XmlElement[],
  ): XmlElement {
    const name = this.#path[depth];
    const attributes = parent.attributes.filter((it) => this.#resolver.nameOf(it) !== name);
    const written = this.#value === undefined ? undefined : this.#written(depth);
    const naming = namingIn(parent, found[0] ?? this.#memberIn(parent, place));
    const elements = (written?.children ?? []).map((child) => renamed(child, naming));
    const children =
      found.length > 0
        ? replaced(parent.children, new Set(found), elements)
        : parent.children.toSpliced(this.#placeFor(name, parent, place), 0, ...elements);
    return {
      ...parent,
      attributes: [...attributes, ...(written?.attributes ?? [])],
      children: joined(children),
    };
  }

  /** The element that holds the one at `depth`, of a document with nothing in it but the value. */
  #written(depth: number): XmlElement {
    const content = this.#path.reduceRight<Tree>(
      (inner, name) => Object.fromEntries([[name, inner]]),
      this.#value ?? null,
    );
    const writer = new XmlWriter({
      namespaceOf: (prefix) => this.#resolver.namespaceOf(prefix),
      onUnknown: () => undefined,
    });
    let element = parseXml(writer.document(content, false));
    for (let above = 1; above < depth; above += 1) element = elementsOf(element)[0] ?? element;
    return element;
  }

  /** Any member that the table has, to see how the document names them. */
  #memberIn(parent: XmlElement, place: Place): XmlElement | undefined {
    return elementsOf(parent).find((element) => {
      const { member, isRoot } = this.#resolved(element, place);
      return member !== undefined && !isRoot;
    });
  }

  /** The index for a new child: behind the members before it, before all else. */
  #placeFor(name: string | undefined, { children }: XmlElement, place: Place): number {
    const order = [...new Set(place.shape?.members.values())].map((member) => member.name);
    const rank = new Map(order.map((it, index) => [it, index]));
    const mine = rank.get(name ?? "") ?? order.length;
    let behind: number | undefined;
    let before: number | undefined;
    let others: number | undefined;
    for (const [index, child] of children.entries()) {
      if (typeof child === "string") continue;
      const { member, isRoot } = this.#resolved(child, place);
      const its = isRoot || member === undefined ? undefined : rank.get(member.name);
      if (its === undefined) others ??= index;
      else if (its < mine) behind = index + 1;
      else before ??= index;
    }
    return behind ?? before ?? others ?? children.length;
  }
}

function placeOf(name: string, member: Member | undefined): Place {
  if (member?.kind === "wildcard") return { shape: undefined, holdsRoots: true };
  // Most likely a resource: what all flexContainers have is what all resources have.
  const unknown = name.includes(":") ? "m2m:fcnt" : undefined;
  const shape = member === undefined ? unknown : member.shape;
  return { shape: shape === undefined ? undefined : shapeOf(shape), holdsRoots: false };
}

type Naming = Pick<XmlElement, "prefix" | "namespace">;

/** How members without namespace are named in a document that puts them into one (a default namespace does). */
function namingIn(parent: XmlElement, member: XmlElement | undefined): Naming {
  if (member !== undefined) return member;
  return parent.prefix === "" ? parent : { prefix: "", namespace: "" };
}

function renamed(child: Child, { prefix, namespace }: Naming): Child {
  if (typeof child === "string" || child.namespace !== "") return child;
  const children = child.children.map((it) => renamed(it, { prefix, namespace }));
  return { ...child, prefix, namespace, children };
}

/** `by` in the place of the first of `found`, nothing in that of the others. */
function replaced(
  children: readonly Child[],
  found: ReadonlySet<Child>,
  by: readonly Child[],
): readonly Child[] {
  const [first] = found;
  return children.flatMap((child) => (child === first ? by : found.has(child) ? [] : [child]));
}

/** Texts that came to stand next to each other made one. */
function joined(children: readonly Child[]): readonly Child[] {
  const all: Child[] = [];
  for (const child of children) {
    const last = all.at(-1);
    if (typeof child === "string" && typeof last === "string") all[all.length - 1] = last + child;
    else all.push(child);
  }
  return all;
}
