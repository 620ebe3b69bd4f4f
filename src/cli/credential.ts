import { randomBytes } from "node:crypto";
import { stringify } from "yaml";
import { hashPassword } from "../authentication/scrypt.ts";
import { formatPasswordHash } from "../base/password-hash.ts";
import { hashToken } from "../base/token-hash.ts";
import { readCredentials } from "../config/credentials-file.ts";
import { describeFault } from "../config/settings.ts";
import type { Arguments } from "./arguments.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";

/** An entry without name and originators, and the secret that was made for it. */
interface Made {
  readonly proof: object;
  readonly secret: string | undefined;
}

const SECRET_BYTES = 32;
const KINDS = ["basic", "bearer", "psk"] as const;

/**
 * `m2mgw credential`: prints an entry for the credentials file, and tells a secret that it made apart from it, on
 * standard error, so that the entry can be appended to the file.
 *
 * @param readSecret undefined when the person gives up
 */
export async function credential(
  { options }: Arguments,
  { print, complain }: Terminal,
  readSecret: () => Promise<string | undefined>,
): Promise<ExitCode> {
  const [kind, ...more] = KINDS.filter((candidate) => options.has(candidate));
  const originators = options.get("originators")?.split(",") ?? [];
  if (kind === undefined || more.length > 0 || originators.length === 0) {
    complain(
      "give one of --basic USER, --bearer NAME and --psk IDENTITY, and --originators; see m2mgw credential --help",
    );
    return EXIT.USAGE;
  }
  const who = options.get(kind) ?? "";
  const made = await makers[kind](who, options.has("generate") ? undefined : readSecret);
  if (made === undefined) {
    complain("there is no entry without a secret");
    return EXIT.USAGE;
  }
  const name = options.get("name") ?? who;
  const entry = stringify([{ name, originators, [kind]: made.proof }]).trimEnd();
  // What the file would not take must not be printed as if it did.
  const read = readCredentials(entry, "the entry");
  if ("faults" in read) {
    for (const { key, sentence } of read.faults) {
      complain(describeFault({ where: "the entry", key, sentence }));
    }
    return EXIT.USAGE;
  }
  print(entry);
  if (made.secret !== undefined) complain(`its secret, told this once: ${made.secret}`);
  return EXIT.OK;
}

type Maker = (
  who: string,
  readSecret: (() => Promise<string | undefined>) | undefined,
) => Promise<Made | undefined>;

const makers: Readonly<Record<(typeof KINDS)[number], Maker>> = {
  basic: async (user, readSecret) => {
    const made = readSecret === undefined ? newToken() : undefined;
    const password = made ?? (await readSecret?.());
    if (!password) return undefined;
    const hash = formatPasswordHash(await hashPassword(Buffer.from(password)));
    return { proof: { user, hash }, secret: made };
  },
  // Kept as one round of SHA-256, which what people make up would not withstand.
  bearer: async () => {
    const token = newToken();
    return { proof: { hash: hashToken(token).toString("hex") }, secret: token };
  },
  psk: async (identity) => {
    const key = randomBytes(SECRET_BYTES).toString("hex");
    return { proof: { identity, key }, secret: undefined };
  },
};

const newToken = (): string => randomBytes(SECRET_BYTES).toString("base64url");
