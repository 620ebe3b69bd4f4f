import type { Operation } from "../../primitive/primitive.ts";

const METHODS: Readonly<Record<Operation, string>> = {
  create: "POST",
  retrieve: "GET",
  update: "PUT",
  delete: "DELETE",
  notify: "POST",
};

export const methodOf = (operation: Operation): string => METHODS[operation];

/** The operation of a request (TS-0009, 6.2.1); only `ty` tells Create from Notify. undefined for other methods. */
export function operationOf(
  method: string,
  resourceType: number | undefined,
): Operation | undefined {
  switch (method) {
    case "POST":
      return resourceType === undefined ? "notify" : "create";
    case "GET":
      return "retrieve";
    case "PUT":
      return "update";
    case "DELETE":
      return "delete";
    default:
      return undefined;
  }
}

/** Operations whose requests have no body in HTTP (TS-0009, 6.2.1). */
export const isBodyless = (operation: Operation): boolean =>
  operation === "retrieve" || operation === "delete";
