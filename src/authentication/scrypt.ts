import { randomBytes, scrypt } from "node:crypto";
import { memoryFor, type PasswordHash } from "../base/password-hash.ts";

/** Costs of new hashes: some tens of milliseconds and 32 MiB for a check. */
const COSTS = { cost: 32_768, blockSize: 8, parallelization: 1 } as const;
const SALT_LENGTH = 16;
const KEY_LENGTH = 32;

/** What scrypt makes of `password` with the costs, salt and length of `hash`; computed on a thread of libuv's pool. */
export function deriveKey(password: Buffer, hash: PasswordHash): Promise<Buffer> {
  const { cost, blockSize, parallelization, salt, key } = hash;
  const maxmem = memoryFor(hash) + 1024 * 1024;
  return new Promise((resolve, reject) => {
    scrypt(
      ...([password, salt, key.length] as const),
      { cost, blockSize, parallelization, maxmem },
      (error, derived) => {
        if (error === null) resolve(derived);
        else reject(error);
      },
    );
  });
}

/** A hash of `password` for the credentials file. */
export async function hashPassword(password: Buffer): Promise<PasswordHash> {
  const empty = { ...COSTS, salt: randomBytes(SALT_LENGTH), key: Buffer.alloc(KEY_LENGTH) };
  return { ...empty, key: await deriveKey(password, empty) };
}
