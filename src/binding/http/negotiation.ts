import type { IncomingHttpHeaders } from "node:http";
import { GatewayError } from "../../base/errors.ts";
import { SERIALIZATIONS, type Serialization } from "../../primitive/content.ts";
import { chooseAccepted, qualityOf } from "./accept.ts";
import type { Classified } from "./classify.ts";
import { serializationOf } from "./content-type.ts";
import { isBodyless } from "./methods.ts";

/**
 * What the answer's content is wanted in: by Accept, else as the request's content (TS-0009, 6.4.3; TS-0004, 7.3.3.12).
 *
 * @param content of the request's own content; undefined when it has none
 * @throws GatewayError GW_NOT_ACCEPTABLE
 */
export function answerWantedIn(
  accept: string | undefined,
  content: Serialization | undefined,
): Serialization | undefined {
  const accepted = chooseAccepted(accept, SERIALIZATIONS);
  if (accepted === "not-acceptable") throw new GatewayError("GW_NOT_ACCEPTABLE");
  return accepted === "no-preference" ? content : accepted;
}

/** Whether a request is to be carried out only if something holds, which no primitive can say (RFC 9110, 13.1). */
export const isConditional = (headers: IncomingHttpHeaders): boolean =>
  headers["if-match"] !== undefined || headers["if-unmodified-since"] !== undefined;

/** What the sentence of an error is best written in. */
export function sentenceReadIn(headers: IncomingHttpHeaders): Serialization | undefined {
  const accepted = chooseAccepted(headers.accept, SERIALIZATIONS);
  if (accepted === "not-acceptable") return undefined;
  if (accepted !== "no-preference") return accepted;
  return serializationOf(headers["content-type"]?.split(";")[0] ?? "");
}

/**
 * Whether a request for the CSE, and the answer to it, can pass as they are (architecture, S1).
 *
 * @param spoken what the CSE reads and writes
 */
export function passesAsItIs(
  { operation, contentType: { serialization } }: Classified,
  accept: string | undefined,
  spoken: readonly Serialization[],
): boolean {
  // What cannot become a primitive cannot be transcoded either.
  if (operation === undefined) return true;
  const isRead =
    isBodyless(operation) || serialization === undefined || spoken.includes(serialization);
  // What is wanted as much as anything else need not be transcoded.
  return isRead && qualityOf(accept, spoken) >= qualityOf(accept, SERIALIZATIONS);
}
