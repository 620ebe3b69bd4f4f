import { GatewayError } from "../base/errors.ts";
import type { Tree, TreeObject } from "../primitive/content.ts";
import type { Operation, RequestPrimitive } from "../primitive/primitive.ts";
import { ordered } from "./attributes.ts";
import { invalid, type Outcome } from "./outcome.ts";
import type { Resource } from "./resources.ts";

/** Result Content by number: the default first, then the others this registrar gives. */
const GIVEN: Record<Exclude<Operation, "notify">, readonly [number, ...number[]]> = {
  create: [1, 0, 2, 3, 9],
  retrieve: [1],
  update: [1, 0, 9],
  delete: [0, 1],
};

/** Valid too, but there are no child resources, announcements or semantics here; 11 and 12 are Release 4's. */
const NEEDS_CSE: Partial<Record<Operation, readonly number[]>> = {
  retrieve: [4, 5, 6, 7, 8, 10, 11, 12],
  delete: [4, 5, 6, 8],
};

/**
 * Result Content of a request, its default included (TS-0001, table 8.1.2-1).
 *
 * @returns the number, or a refusal when the operation has no such Result Content
 * @throws GatewayError GW_NO_CSE
 */
export function resultContentOf(
  request: RequestPrimitive,
  operation: Exclude<Operation, "notify">,
): number | Outcome {
  const given = GIVEN[operation];
  const asked = request.carried.get("rcn");
  if (asked === undefined) return given[0];
  const found = given.find((number) => number === asked);
  if (found !== undefined) return found;
  if (NEEDS_CSE[operation]?.some((number) => number === asked)) throw new GatewayError("GW_NO_CSE");
  return invalid(`rcn ${shortly(asked)} is not a Result Content of ${operation}`);
}

/** Content of the answer to a Create that asked for `rcn` (TS-0004, table 7.5.2-2). */
export function createdContent(
  rcn: number,
  resource: Resource,
  sent: TreeObject,
  cseName: string,
): Tree | undefined {
  const whole = wholeContent(resource);
  // Addresses in content are CSE-relative (TS-0004, 6.2.4).
  const uri = `${cseName}/${resource.name}`;
  switch (rcn) {
    case 1:
      return whole;
    case 2:
      return { "m2m:uri": uri };
    case 3:
      return { "m2m:rce": { ...whole, uri } };
    case 9:
      return { [resource.kind.root]: without(resource.attributes, sent) };
    default:
      return undefined;
  }
}

/** Content of the answer to an Update that asked for `rcn`; what it removed comes back as null. */
export function updatedContent(
  rcn: number,
  before: Resource,
  after: Resource,
  sent: TreeObject,
): Tree | undefined {
  switch (rcn) {
    case 1:
      return wholeContent(after);
    case 9: {
      const removed = Object.entries(sent).filter(([, value]) => value === null);
      const changed = without(without(after.attributes, sent), before.attributes);
      return {
        [after.kind.root]: ordered(after.kind, { ...changed, ...Object.fromEntries(removed) }),
      };
    }
    default:
      return undefined;
  }
}

export function wholeContent({ kind, attributes }: Resource): TreeObject {
  return { [kind.root]: attributes };
}

/** The members whose values are not those of `known`. */
function without(members: TreeObject, known: TreeObject): TreeObject {
  return Object.fromEntries(
    Object.entries(members).filter(([name, value]) => known[name] !== value),
  );
}

function shortly(value: unknown): string {
  return String(value).slice(0, 32);
}
