/** A password as it is kept: scrypt (RFC 7914) over a salt of its own. */
export interface PasswordHash {
  /** CPU and memory cost, a power of two. */
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelization: number;
  readonly salt: Buffer;
  readonly key: Buffer;
}

/** What a check may need in memory; costlier ones would let peers fill it. */
const MOST_MEMORY = 256 * 1024 * 1024;
const LONGEST_KEY = 64;

/** Reads `scrypt$N$r$p$salt$hash`, the last two in base64; undefined for anything else, and for costs out of reason. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const parts = /^scrypt\$(\d{1,8})\$(\d{1,2})\$(\d{1,2})\$([\w+/-]+=*)\$([\w+/-]+=*)$/.exec(text);
  if (parts === null) return undefined;
  const [cost, blockSize, parallelization] = parts.slice(1, 4).map(Number) as [
    number,
    number,
    number,
  ];
  const [salt, key] = parts.slice(4).map((part) => Buffer.from(part, "base64")) as [Buffer, Buffer];
  const isPower = cost > 1 && (cost & (cost - 1)) === 0;
  if (!isPower || blockSize < 1 || parallelization < 1) return undefined;
  if (memoryFor({ cost, blockSize, parallelization }) > MOST_MEMORY) return undefined;
  if (salt.length < 8 || key.length < 16 || key.length > LONGEST_KEY) return undefined;
  return { cost, blockSize, parallelization, salt, key };
}

/** The form that `parsePasswordHash` reads. */
export function formatPasswordHash(hash: PasswordHash): string {
  const { cost, blockSize, parallelization, salt, key } = hash;
  const bytes = [salt, key].map((part) => part.toString("base64"));
  return ["scrypt", cost, blockSize, parallelization, ...bytes].join("$");
}

/** Bytes that a check needs. */
export const memoryFor = ({
  cost,
  blockSize,
  parallelization,
}: Pick<PasswordHash, "cost" | "blockSize" | "parallelization">): number =>
  128 * blockSize * (cost + parallelization + 2);
