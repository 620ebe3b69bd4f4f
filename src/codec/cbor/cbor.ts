import type { ExactTree } from "../../primitive/content.ts";
import { operationNumber, type Primitive, type RequestId } from "../../primitive/primitive.ts";
import type { Codec, Payload, Reading, ReadOptions, WriteOptions } from "../codec.ts";
import { type Envelope, isWrapperName, placeMember, primitiveOf, unreadable } from "../envelope.ts";
import { MAX_DEPTH } from "../json/scan.ts";
import { CborContent, cborBytesOf, decodeCborContent } from "./content.ts";
import { CborFault } from "./fault.ts";
import { bytesOfHex } from "./hex.ts";
import { isEmptyMap, isMapAt } from "./item.ts";
import { type CborMember, membersAt, scanMap } from "./scan.ts";
import { readCbor } from "./tree.ts";
import { CborWriter } from "./writer.ts";

/** CBOR as TS-0004, 8.5 has it; wrapped primitives and hex text are understood, and written on demand. @param nesting allowed now */
export function createCborCodec(nesting: () => number): Codec {
  const codec: Codec = {
    serialization: "cbor",
    mediaType: "application/cbor",
    frame: "binary",

    forPeer: () => codec,

    decodeContent: (received) => decodeCborContent(received, nesting()),

    encodeContent: cborBytesOf,

    readPrimitive(message, options) {
      const bytes = bytesOfHex(message);
      if (bytes === undefined) return read(message, options, nesting());
      const reading = read(bytes, options, nesting());
      return "primitive" in reading ? { ...reading, hex: true } : reading;
    },

    writePrimitive: write,
  };
  return codec;
}

/** The same with the usual depth. */
export const cborCodec: Codec = createCborCodec(() => MAX_DEPTH);

function read(message: Uint8Array, options: ReadOptions, nesting: number): Reading {
  try {
    const { bytes, members } = scanMap(message, nesting);
    const wrapper = members.length === 1 ? members[0] : undefined;
    const wrapped =
      wrapper !== undefined && isWrapperName(wrapper.name) && isMapAt(bytes, wrapper.start);
    const envelope = envelopeOf(bytes, wrapped ? membersAt(bytes, wrapper.start) : members);
    return primitiveOf(envelope, wrapped, options, "cbor");
  } catch (error) {
    if (!(error instanceof CborFault)) throw error;
    return unreadable(`CBOR with ${error.message}`);
  }
}

function envelopeOf(bytes: Buffer, members: readonly CborMember[]): Envelope {
  const envelope: Envelope = { carried: undefined };
  for (const { name, start, end, root } of members) {
    if (name !== "pc") placeMember(envelope, name, readCbor(bytes.subarray(start, end)));
    // An empty `pc` says nothing; where content is mandatory its absence is the error.
    else if (!isEmptyMap(bytes, start, end)) {
      envelope.content = new CborContent(bytes.subarray(start, end), root);
    }
  }
  return envelope;
}

function write(
  primitive: Primitive,
  { wrapped, requestIdentifier, hex = false }: WriteOptions,
): Payload {
  const { content } = primitive;
  const writer = new CborWriter(ENVELOPE_ROOM + (content?.size ?? 0));
  if (wrapped) {
    writer.map(1);
    writer.text(primitive.kind === "request" ? "m2m:rqp" : "m2m:rsp");
  }
  const members = membersOf(primitive, requestIdentifier);
  writer.map(members.length + (content === undefined ? 0 : 1));
  for (const [name, value] of members) {
    writer.text(name);
    writer.tree(value);
  }
  if (content !== undefined) {
    writer.text("pc");
    writer.item(cborBytesOf(content));
  }
  return hex ? writer.written().toString("hex") : writer.written();
}

/** All but the content. */
function membersOf(
  primitive: Primitive,
  requestIdentifier: RequestId,
): (readonly [string, ExactTree])[] {
  const members: (readonly [string, ExactTree])[] = [];
  if (primitive.kind === "request") {
    members.push(["op", operationNumber(primitive.operation)], ["to", primitive.to]);
    if (primitive.from !== undefined) members.push(["fr", primitive.from]);
    members.push(["rqi", requestIdentifier]);
    if (primitive.resourceType !== undefined) members.push(["ty", primitive.resourceType]);
  } else {
    members.push(["rsc", primitive.responseStatusCode], ["rqi", requestIdentifier]);
  }
  if (primitive.releaseVersion !== undefined) members.push(["rvi", primitive.releaseVersion]);
  for (const [name, value] of primitive.carried) members.push([name, value as ExactTree]);
  return members;
}

/** Bytes that an envelope rarely exceeds. */
const ENVELOPE_ROOM = 256;
