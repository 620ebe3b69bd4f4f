import { GatewayError } from "../../base/errors.ts";
import type { Content, Edit, ExactTree, Tree } from "../../primitive/content.ts";
import { DEEPEST, MAX_DEPTH } from "../json/scan.ts";
import { CborFault } from "./fault.ts";
import { bytesOfHex } from "./hex.ts";
import { headSize, INDEFINITE, isMapAt, LONGEST_HEAD, MAJOR, writeHead } from "./item.ts";
import { type CborMember, checkCbor, membersAt } from "./scan.ts";
import { readCbor } from "./tree.ts";
import { cborOf } from "./writer.ts";

/** Reads content alone, as an HTTP body has it, also as hex text. @throws GatewayError GW_CONTENT_MALFORMED */
export function decodeCborContent(received: Uint8Array, nesting = MAX_DEPTH): Content {
  try {
    const { bytes, root } = checkCbor(bytesOfHex(received) ?? received, nesting);
    return new CborContent(bytes, root);
  } catch (error) {
    if (!(error instanceof CborFault)) throw error;
    throw new GatewayError("GW_CONTENT_MALFORMED", {
      detail: `CBOR with ${error.message}`,
      cause: error,
    });
  }
}

/** The CBOR of any content: as received where it came as CBOR. @throws GatewayError GW_CONTENT_NOT_TRANSCODABLE */
export function cborBytesOf(content: Content): Buffer {
  return content instanceof CborContent ? content.bytes : cborOf(content.exact("values"));
}

/** Content that came in as CBOR: the bytes as they were sent, set right by the scan. Whoever makes one has checked them. */
export class CborContent implements Content {
  readonly serialization = "cbor";
  readonly bytes: Buffer;
  readonly #root: string | undefined;

  /** @param root name of its only member, if it is a map with exactly one */
  constructor(bytes: Buffer, root: string | undefined) {
    this.bytes = bytes;
    this.#root = root;
  }

  get size(): number {
    return this.bytes.length;
  }

  root(): string | undefined {
    return this.#root;
  }

  tree(): Tree {
    return readCbor(this.bytes);
  }

  /** The same as the tree: CBOR has no number that is neither a double nor an integer of 64 bits. */
  exact(): ExactTree {
    return readCbor(this.bytes);
  }

  mentions(text: string): boolean {
    return this.bytes.includes(text);
  }

  edited(edits: readonly Edit[]): Content {
    const edited = edits.reduce(
      (before, edit) => spliced(before, edit.path, edit.value),
      this.bytes,
    );
    const { bytes, root } = checkCbor(edited, DEEPEST);
    return new CborContent(bytes, root);
  }
}

/** `bytes` with the value at `path` replaced, added at the end of its map, or taken out; maps on the way are made. */
function spliced(bytes: Buffer, path: readonly string[], value: Tree | undefined): Buffer {
  let at = 0;
  for (const [depth, name] of path.entries()) {
    if (!isMapAt(bytes, at)) return bytes;
    const members = membersAt(bytes, at);
    const member = members.find((each) => each.name === name);
    const rest = path.slice(depth + 1);
    if (member === undefined) {
      return value === undefined
        ? bytes
        : withMember(bytes, at, members, name, nested(rest, value));
    }
    if (rest.length === 0) {
      return value === undefined
        ? withoutMember(bytes, at, members, member)
        : Buffer.concat([
            bytes.subarray(0, member.start),
            cborOf(value),
            bytes.subarray(member.end),
          ]);
    }
    at = member.start;
  }
  return bytes;
}

const nested = (path: readonly string[], value: Tree): Tree =>
  path.reduceRight<Tree>((inner, name) => Object.fromEntries([[name, inner]]), value);

function withMember(
  bytes: Buffer,
  map: number,
  members: readonly CborMember[],
  name: string,
  value: Tree,
): Buffer {
  const first = headEnd(bytes, map);
  const behind = members.at(-1)?.end ?? first;
  return Buffer.concat([
    bytes.subarray(0, map),
    headFor(bytes, map, members.length + 1),
    bytes.subarray(first, behind),
    cborOf(name),
    cborOf(value),
    bytes.subarray(behind),
  ]);
}

function withoutMember(
  bytes: Buffer,
  map: number,
  members: readonly CborMember[],
  member: CborMember,
): Buffer {
  return Buffer.concat([
    bytes.subarray(0, map),
    headFor(bytes, map, members.length - 1),
    bytes.subarray(headEnd(bytes, map), member.nameStart),
    bytes.subarray(member.end),
  ]);
}

const headEnd = (bytes: Buffer, map: number): number => map + headSize(bytes[map] as number);

/** The head of the map at `map` when it has `count` members; a map that a break ends does not tell how many. */
function headFor(bytes: Buffer, map: number, count: number): Buffer {
  if (((bytes[map] as number) & 31) === INDEFINITE) return bytes.subarray(map, map + 1);
  const head = Buffer.alloc(LONGEST_HEAD);
  return head.subarray(0, writeHead(head, 0, MAJOR.MAP, count));
}
