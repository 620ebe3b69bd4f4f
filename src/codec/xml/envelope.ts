import type { ExactTree } from "../../primitive/content.ts";
import {
  answersWithNull,
  type Primitive,
  type RequestId,
  requestId,
} from "../../primitive/primitive.ts";
import type { ContentContext, Reading, ReadOptions } from "../codec.ts";
import { type Envelope, primitiveOf } from "../envelope.ts";
import { jsonOf } from "../json/content.ts";
import { JsonFault } from "../json/scan.ts";
import { parseJson } from "../json/tree.ts";
import { rootMember, shapeOf } from "../schema/schema.ts";
import { XmlContent, type XmlContentOptions, type XmlPeer } from "./content.ts";
import { Detacher, withNamespacesOf } from "./markup.ts";
import { isForProcessors } from "./names.ts";
import type { Namespaces } from "./namespaces.ts";
import { isUpdate } from "./nested.ts";
import { type ParameterElement, withParameterElements } from "./parameters.ts";
import { elementsOf, textOf, type XmlElement } from "./parse.ts";
import { type Group, isBlank, XmlReader } from "./read.ts";
import { XmlFault } from "./scan.ts";
import { shortened } from "./shortened.ts";

/** The root that each kind of primitive has in XML (TS-0004, 8.3.1). */
export const PRIMITIVE_ROOTS: Readonly<Record<Primitive["kind"], string>> = {
  request: "m2m:rqp",
  response: "m2m:rsp",
};

/**
 * The primitive that an element is; never throws.
 *
 * @param size about how many bytes it took
 */
export function primitiveOfElement(
  root: XmlElement,
  size: number,
  options: ReadOptions,
  peer: XmlPeer,
): Reading {
  const name = peer.namespaces.treeNameOf(root);
  const isRequest = name === PRIMITIVE_ROOTS.request;
  const refuse = (malformed: string, requestIdentifier: RequestId | undefined): Reading => ({
    malformed,
    unreadable: false,
    requestIdentifier,
    mayAnswer: isRequest,
  });
  if (!isRequest && name !== PRIMITIVE_ROOTS.response) {
    return refuse(`the root is ${shortened(name)}, which is no primitive`, undefined);
  }
  const shape = shapeOf(rootMember(name)?.shape ?? name);
  try {
    const reader = new XmlReader({ ...peer, mismatch: "refuse" });
    const groups = reader.groups(root, shape);
    const context = isRequest ? ofRequest(groups, options) : ofResponse(groups, options);
    const envelope: Envelope = { carried: undefined };
    for (const group of groups) {
      fill(envelope, group, reader, (element) =>
        contentOf(root, element, { ...peer, ...context, text: undefined, size }),
      );
    }
    const kept = elementsToKeep(groups, envelope.carried);
    carryAttributes(envelope, root, kept, peer.namespaces);
    const reading = primitiveOf(envelope, true, options, "xml");
    if (!("primitive" in reading)) return reading;
    return { ...reading, primitive: withParameterElements(reading.primitive, kept) };
  } catch (error) {
    if (!(error instanceof XmlFault || error instanceof JsonFault)) throw error;
    const reader = new XmlReader({ ...peer, mismatch: "keep" });
    const rqi = onlyTextOf(reader.groups(root, shape), "rqi");
    return refuse(error.message, rqi === undefined || rqi === "" ? undefined : requestId(rqi));
  }
}

function onlyTextOf(groups: readonly Group[], name: string): string | undefined {
  const elements = groups.find((group) => group.name === name)?.elements;
  const [element] = elements ?? [];
  return element !== undefined && elements?.length === 1 ? textOf(element) : undefined;
}

function ofRequest(groups: readonly Group[], { owesNulls }: ReadOptions): ContentContext {
  const to = onlyTextOf(groups, "to");
  return {
    emptyIsNull: isUpdate(groups),
    owesNulls: to === undefined ? undefined : (rqi) => owesNulls?.(to, rqi) === true,
  };
}

function ofResponse(groups: readonly Group[], options: ReadOptions): ContentContext {
  const rqi = onlyTextOf(groups, "rqi");
  const asked = rqi === undefined ? undefined : options.asked?.(rqi);
  return { emptyIsNull: asked !== undefined && answersWithNull(asked) };
}

function fill(
  envelope: Envelope,
  { name, member, isRoot, elements }: Group,
  reader: XmlReader,
  contentOf: (element: XmlElement) => XmlContent | undefined,
): void {
  const [element] = elements;
  if (element === undefined) return;
  if (elements.length > 1 && member !== undefined && !isRoot && member.list === undefined) {
    throw new XmlFault(`<${shortened(name)}> a second time`);
  }
  switch (name) {
    case "rqi":
    case "to":
    case "fr":
    case "rvi":
      // Read as they are: an empty one is as good as none, and null would be neither.
      envelope[name] = elementsOf(element).length === 0 ? textOf(element) : null;
      return;
    case "pc":
      envelope.content = contentOf(element);
      return;
  }
  const value = parameterOf(
    member === undefined
      ? reader.unknown(name, elements, false)
      : reader.member(member, elements, false),
  );
  if (member !== undefined && (name === "op" || name === "rsc" || name === "ty")) {
    envelope[name] = value;
  } else {
    envelope.carried ??= new Map();
    envelope.carried.set(name, value);
  }
}

/** As the same parameter in JSON would be read. @throws JsonFault for a number beyond what anybody calculates with */
function parameterOf(value: ExactTree): unknown {
  return typeof value === "string" ? value : parseJson(jsonOf(value), "refuse");
}

/** Of parameters that are no plain value of the tables. */
function elementsToKeep(
  groups: readonly Group[],
  carried: Envelope["carried"],
): Map<string, ParameterElement> {
  const kept = new Map<string, ParameterElement>();
  const detacher = new Detacher();
  for (const { name, member, elements } of groups) {
    if (member !== undefined && elements.every((it) => elementsOf(it).length === 0)) continue;
    if (!carried?.has(name)) continue;
    kept.set(name, {
      value: carried.get(name),
      elements: elements.map((element) => {
        const alone = detacher.detached(element);
        if (alone !== undefined) return alone;
        throw new XmlFault("parameters whose namespaces take too much room");
      }),
    });
  }
  return kept;
}

/** No parameter is an attribute; a name that nobody uses otherwise is passed on all the same, as an element. */
function carryAttributes(
  envelope: Envelope,
  { attributes }: XmlElement,
  kept: Map<string, ParameterElement>,
  namespaces: Namespaces,
): void {
  for (const attribute of attributes) {
    if (isForProcessors(attribute.namespace)) continue;
    const name = namespaces.treeNameOf(attribute);
    if (envelope.carried?.has(name) || RESERVED.has(name)) {
      throw new XmlFault(`the parameter ${shortened(name)} as an attribute`);
    }
    envelope.carried ??= new Map();
    const { value, ...named } = attribute;
    envelope.carried.set(name, value);
    if (named.prefix === "") continue;
    const element = { ...named, declarations: [named], attributes: [], children: [value] };
    kept.set(name, { value, elements: [element] });
  }
}

const RESERVED: ReadonlySet<string> = new Set(["op", "rsc", "rqi", "to", "fr", "ty", "rvi", "pc"]);

/** An empty `pc` says nothing; where content is mandatory its absence is the error. */
function contentOf(
  primitive: XmlElement,
  element: XmlElement,
  options: XmlContentOptions,
): XmlContent | undefined {
  const [root, second] = elementsOf(element);
  if (!isBlank(textOf(element))) throw new XmlFault("text in <pc>, which holds one element");
  if (second !== undefined) throw new XmlFault("several elements in <pc>, which holds one");
  if (root === undefined) return undefined;
  return new XmlContent(withNamespacesOf([primitive, element], root), options);
}
