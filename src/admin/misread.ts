import type { FastifyError } from "fastify";

type Misread = NonNullable<FastifyError["validation"]>;

/** What of a request of an operator is not as its endpoint has it, as a sentence that also says what would be. */
export function misreadOf(errors: Misread, part: string): Error {
  const [first] = errors;
  const place = `${part === "querystring" ? "query" : part}${first?.instancePath ?? ""}`;
  const { allowedValues, additionalProperty } = first?.params ?? {};
  if (Array.isArray(allowedValues)) {
    return new Error(`${place} must be one of ${allowedValues.join(", ")}`);
  }
  if (additionalProperty !== undefined) return new Error(`${place} has no ${additionalProperty}`);
  return new Error(`${place} ${first?.message ?? "cannot be read"}`);
}
