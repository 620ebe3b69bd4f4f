import { expect, test } from "vitest";
import { formatPasswordHash, parsePasswordHash } from "../../src/base/password-hash.ts";

const HASH = "scrypt$1024$8$1$c2FsdHNhbHQ=$AAECAwQFBgcICQoLDA0ODw==";

test("a hash is written as it was read", () => {
  const hash = parsePasswordHash(HASH);
  expect(hash).toMatchObject({ cost: 1024, blockSize: 8, parallelization: 1 });
  expect(hash && formatPasswordHash(hash)).toBe(HASH);
});

test.each([
  "",
  "hunter2",
  HASH.replace("scrypt", "bcrypt"),
  HASH.replace("1024", "1000"),
  HASH.replace("1024", "0"),
  HASH.replace("1024", "1"),
  HASH.replace("$8$", "$0$"),
  HASH.replace("$8$1$", "$8$0$"),
  HASH.replace("1024", "1048576"),
  HASH.replace("c2FsdHNhbHQ=", "c2Fs"),
  HASH.replace("AAECAwQFBgcICQoLDA0ODw==", "AAEC"),
  `${HASH}$x`,
])("%j is no hash that is checked here", (text) => {
  expect(parsePasswordHash(text)).toBeUndefined();
});
