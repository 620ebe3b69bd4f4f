import { createHash } from "node:crypto";

/**
 * What is kept of a token that was made at random: its SHA-256.
 *
 * One round is enough where nobody can try all tokens there may be; a password is another matter, see `PasswordHash`.
 */
export const hashToken = (token: string): Buffer => createHash("sha256").update(token).digest();
