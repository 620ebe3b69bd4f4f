import type { Primitive } from "../../primitive/primitive.ts";
import type { XmlElement } from "./parse.ts";

/**
 * What a parameter was in XML, and the value that this was read as.
 *
 * Between XML peers the namespaces, attributes and mixed content of a vendor's parameter pass, for which JSON has no
 * names.
 */
export interface ParameterElement {
  readonly value: unknown;
  readonly elements: readonly XmlElement[];
}

type ParameterElements = ReadonlyMap<string, ParameterElement>;

/** Copies of a primitive have it too, no other serialization sees it. */
const ELEMENTS = Symbol("the elements of parameters");
interface WithElements {
  readonly [ELEMENTS]?: ParameterElements;
}

export function withParameterElements<T extends Primitive>(
  primitive: T,
  elements: ParameterElements,
): T {
  return elements.size === 0 ? primitive : { ...primitive, [ELEMENTS]: elements };
}

/** The elements of a parameter that still has the value it was read with. */
export function parameterElements(
  primitive: Primitive & WithElements,
  name: string,
  value: unknown,
): readonly XmlElement[] | undefined {
  const kept = primitive[ELEMENTS]?.get(name);
  return kept !== undefined && kept.value === value ? kept.elements : undefined;
}
