import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hasCommand } from "./has-command.ts";
import { tempDir } from "./temp-dir.ts";

/** A key and a certificate that vouches for itself; also the paths of their PEM files. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
  readonly keyFile: string;
  readonly certFile: string;
}

/**
 * Whether certificates can be made here, for `skipIf`. Says so when not.
 *
 * @throws Error where `CI` is set: there a missing part is a failure
 */
export function canMakeCertificates(): boolean {
  if (hasCommand("openssl")) return true;
  if (process.env["CI"]) throw new Error("no openssl: run .ci/real-parts");
  return false;
}

/** Makes a certificate for a day. @param names such as `DNS:cse.test` or `IP:127.0.0.1`; files go with the test */
export function makeCertificate(...names: readonly string[]): Certificate {
  const folder = tempDir();
  const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "1", "-subj", "/CN=test", "-addext", `subjectAltName=${names.join(",")}`],
      ...["-keyout", keyFile, "-out", certFile],
    ],
    { stdio: "pipe" },
  );
  return {
    key: readFileSync(keyFile, "utf8"),
    cert: readFileSync(certFile, "utf8"),
    keyFile,
    certFile,
  };
}
