import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificate } from "./certificate.ts";
import { tempDir } from "./temp-dir.ts";

/** Somebody who vouches for others. */
export interface Authority {
  readonly certFile: string;
  /** A certificate for a name such as `DNS:cse.test`, valid between two days from now. */
  issue(name: string, validity: { readonly from: number; readonly until: number }): Certificate;
}

const DAY = 86_400_000;
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
/** What `openssl ca` wants to know, which alone sets both ends of a validity. */
const RULES = `[ca]
default_ca = rules
[rules]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = policy
copy_extensions = copy
unique_subject = no
[policy]
commonName = supplied
`;

/** Makes one with that name; files go with the test. See `canMakeCertificates`. */
export function makeAuthority(name: string): Authority {
  const folder = tempDir();
  const openssl = (...args: readonly string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  };
  writeFileSync(join(folder, "rules"), RULES);
  writeFileSync(join(folder, "index.txt"), "");
  openssl(
    "req",
    "-x509",
    ...["-days", "200"],
    ...NEW_KEY,
    "-subj",
    `/CN=${name}`,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem",
  );
  return {
    certFile: join(folder, "ca.pem"),
    issue: (subject, { from, until }) => {
      const [keyFile, certFile] = [join(folder, "key.pem"), join(folder, "cert.pem")];
      const names = ["-addext", `subjectAltName=${subject}`, "-subj", `/CN=${subject.slice(4)}`];
      openssl("req", ...NEW_KEY, ...names, "-keyout", keyFile, "-out", "asked");
      openssl(
        ...["ca", "-batch", "-config", "rules", "-cert", "ca.pem", "-keyfile", "ca.key"],
        ...["-rand_serial", "-notext", "-in", "asked", "-out", certFile],
        ...["-startdate", opensslDate(from), "-enddate", opensslDate(until)],
      );
      const [key, cert] = [readFileSync(keyFile, "utf8"), readFileSync(certFile, "utf8")];
      return { key, cert, keyFile, certFile };
    },
  };
}

/** `20261121061500Z` */
const opensslDate = (days: number): string =>
  `${new Date(Date.now() + days * DAY).toISOString().replace(/[-:T]|\..*/g, "")}Z`;
