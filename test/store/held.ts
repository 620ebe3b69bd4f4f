import { epochMs } from "../../src/base/clock.ts";
import type { DeadLetter, HeldRequest } from "../../src/core/hold-store.ts";
import { countingCodecs } from "../../src/observe/counting-codec.ts";
import type { Content, Serialization } from "../../src/primitive/content.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import { type RequestPrimitive, requestId, targetId } from "../../src/primitive/primitive.ts";
import { silentObserver } from "../helpers/silent-observer.ts";

export const codecs = countingCodecs(silentObserver(), new Map());

export const AE = "/id-in/CAE7" as EntityId;
export const OTHER = "/id-in/CAE8" as EntityId;
/** Longer than any key of LMDB. */
export const LONG = `/id-in/C${"x".repeat(5000)}` as EntityId;

export function content(serialization: Serialization, bytes: string | Uint8Array): Content {
  return codecs[serialization].decodeContent(
    typeof bytes === "string" ? Buffer.from(bytes) : bytes,
    { emptyIsNull: false },
  );
}

export function request(parts: Partial<RequestPrimitive> = {}): RequestPrimitive {
  return {
    kind: "request",
    operation: "notify",
    to: targetId("/id-in/CAE7"),
    from: "/id-in",
    requestIdentifier: requestId("r1"),
    resourceType: undefined,
    releaseVersion: "3",
    content: content("json", '{"m2m:sgn":{"sur":"cse-in/sub"}}'),
    carried: new Map(),
    ...parts,
  };
}

export function held(
  parts: Omit<Partial<HeldRequest>, "request"> & { request?: RequestPrimitive },
): HeldRequest {
  return {
    registree: AE,
    sequence: 1,
    request: request(),
    arrived: epochMs(1_000),
    expires: epochMs(2_000),
    bytes: 300,
    latest: undefined,
    reference: undefined,
    sent: false,
    ...parts,
  };
}

export const letter = (of: HeldRequest, at: number): DeadLetter => ({
  held: of,
  outcome: "expired",
  reason: "it waited too long",
  at: epochMs(at),
});

/** What a held request says, for comparing: content is told by its bytes. */
export function told(it: HeldRequest): unknown {
  const { answerIn: _, content: body, carried, ...rest } = it.request;
  return { ...it, request: { ...rest, carried: [...carried], content: body && bytesIn(it) } };
}

export const toldLetter = (it: DeadLetter): unknown => ({ ...it, held: told(it.held) });

/** The content in its own serialization. */
export function bytesIn({ request: { content: body, operation } }: HeldRequest): string {
  if (body === undefined) return "";
  const { serialization = "json" } = body;
  const payload = codecs[serialization].encodeContent(body, {
    emptyIsNull: operation === "update",
  });
  return `${serialization} ${Buffer.from(payload as string).toString("latin1")}`;
}

/** A request as it arrives on a WebSocket. */
export function received(
  serialization: Serialization,
  message: string | Uint8Array,
): RequestPrimitive {
  const reading = codecs[serialization].readPrimitive(Buffer.from(message as string), {
    lenient: false,
  });
  if (!("primitive" in reading) || reading.primitive.kind !== "request") {
    throw new Error(`no request: ${JSON.stringify(reading)}`);
  }
  return reading.primitive;
}
