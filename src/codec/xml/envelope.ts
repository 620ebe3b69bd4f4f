import type { ExactTree } from "../../primitive/content.ts";
import { type Primitive, type RequestId, requestId } from "../../primitive/primitive.ts";
import type { Reading, ReadOptions } from "../codec.ts";
import { type Envelope, primitiveOf } from "../envelope.ts";
import { jsonOf } from "../json/content.ts";
import { JsonFault } from "../json/scan.ts";
import { parseJson } from "../json/tree.ts";
import { rootMember, shapeOf } from "../schema/schema.ts";
import { type OnUnknown, XmlContent } from "./content.ts";
import { isForProcessors, treeNameOf } from "./names.ts";
import { elementsOf, textOf, type XmlElement } from "./parse.ts";
import { type Group, isBlank, XmlReader } from "./read.ts";
import { XmlFault } from "./scan.ts";

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
  onUnknown: OnUnknown,
): Reading {
  const name = treeNameOf(root);
  const isRequest = name === PRIMITIVE_ROOTS.request;
  const refuse = (malformed: string, requestIdentifier: RequestId | undefined): Reading => ({
    malformed,
    unreadable: false,
    requestIdentifier,
    mayAnswer: isRequest,
  });
  if (!isRequest && name !== PRIMITIVE_ROOTS.response) {
    return refuse(`the root is ${name.slice(0, 32)}, which is no primitive`, undefined);
  }
  const shape = shapeOf(rootMember(name)?.shape ?? name);
  try {
    const reader = new XmlReader({ mismatch: "refuse", onUnknown });
    const groups = reader.groups(root, shape);
    const rqi = onlyTextOf(groups, "rqi");
    const updates = isRequest
      ? onlyTextOf(groups, "op")?.trim() === "3"
      : answersWithNull(rqi, options);
    const envelope: Envelope = { carried: undefined };
    for (const group of groups) {
      fill(envelope, group, reader, (element) => contentOf(element, size, updates, onUnknown));
    }
    carryAttributes(envelope, root);
    return primitiveOf(envelope, true, options, "xml");
  } catch (error) {
    if (!(error instanceof XmlFault || error instanceof JsonFault)) throw error;
    const reader = new XmlReader({ mismatch: "keep", onUnknown });
    const rqi = onlyTextOf(reader.groups(root, shape), "rqi");
    return refuse(error.message, rqi === undefined || rqi === "" ? undefined : requestId(rqi));
  }
}

/** Deleted attributes are null in the answer to an Update that asked for what it changed (TS-0004, 7.3.3.12). */
function answersWithNull(rqi: string | undefined, { asked }: ReadOptions): boolean {
  const request = rqi === undefined ? undefined : asked?.(rqi);
  return request?.operation === "update" && Number(request.carried.get("rcn")) === 9;
}

function onlyTextOf(groups: readonly Group[], name: string): string | undefined {
  const elements = groups.find((group) => group.name === name)?.elements;
  const [element] = elements ?? [];
  return element !== undefined && elements?.length === 1 ? textOf(element) : undefined;
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
    throw new XmlFault(`<${name}> a second time`);
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

/** No parameter is an attribute; a name that nobody uses otherwise is passed on all the same. */
function carryAttributes(envelope: Envelope, { attributes }: XmlElement): void {
  for (const attribute of attributes) {
    if (isForProcessors(attribute.namespace)) continue;
    const name = treeNameOf(attribute);
    if (envelope.carried?.has(name) || RESERVED.has(name)) {
      throw new XmlFault(`the parameter ${name.slice(0, 32)} as an attribute`);
    }
    envelope.carried ??= new Map();
    envelope.carried.set(name, attribute.value);
  }
}

const RESERVED: ReadonlySet<string> = new Set(["op", "rsc", "rqi", "to", "fr", "ty", "rvi", "pc"]);

/** An empty `pc` says nothing; where content is mandatory its absence is the error. */
function contentOf(
  element: XmlElement,
  size: number,
  emptyIsNull: boolean,
  onUnknown: OnUnknown,
): XmlContent | undefined {
  const [root, second] = elementsOf(element);
  if (!isBlank(textOf(element))) throw new XmlFault("text in <pc>, which holds one element");
  if (second !== undefined) throw new XmlFault("several elements in <pc>, which holds one");
  if (root === undefined) return undefined;
  return new XmlContent(root, { text: undefined, size, emptyIsNull, onUnknown });
}
