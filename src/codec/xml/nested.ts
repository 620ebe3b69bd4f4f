import { isUpdateNumber } from "./numbers.ts";
import { textOf, type XmlElement } from "./parse.ts";

/** The elements of a primitive, by name. */
type Members = readonly { readonly name: string; readonly elements: readonly XmlElement[] }[];

/** Whether the members of a request say that it is an Update. */
export function isUpdate(members: Members): boolean {
  const op = only("op", members);
  return op !== undefined && isUpdateNumber(textOf(op));
}

/** Whether the members of a response have an identifier of which `owesNulls` knows. */
export function isOwedNulls(
  members: Members,
  owesNulls: ((rqi: string) => boolean) | undefined,
): boolean {
  if (owesNulls === undefined || only("rsc", members) === undefined) return false;
  const rqi = only("rqi", members);
  return rqi !== undefined && owesNulls(textOf(rqi));
}

const only = (name: string, members: Members): XmlElement | undefined =>
  members.find((member) => member.name === name)?.elements[0];
