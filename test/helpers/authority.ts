import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Certificate } from "./certificate.ts";
import { tempDir } from "./temp-dir.ts";

/** In days from now. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/** Somebody who vouches for others. */
export interface Authority {
  readonly certFile: string;
  /** In PEM. */
  readonly cert: string;
  /** A certificate for names such as `DNS:cse.test` or `DNS:a.test,URI://sp.test/id`. */
  issue(names: string, validity?: Validity): Certificate;
  /** From now on it is in each list that is made. */
  revoke(certificate: Certificate): void;
  /** Path of a new revocation list, in PEM. */
  revocationList(validity?: Validity): string;
}

const LONG: Validity = { from: -1, until: 100 };
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
default_crl_days = 1
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
  const certFile = join(folder, "ca.pem");
  const asked = ["ca", "-batch", "-config", "rules", "-cert", "ca.pem", "-keyfile", "ca.key"];
  let made = 0;
  return {
    certFile,
    cert: readFileSync(certFile, "utf8"),
    issue: (names, { from, until } = LONG) => {
      made += 1;
      const [keyFile, ownFile] = [join(folder, `key${made}.pem`), join(folder, `cert${made}.pem`)];
      const [first = ""] = names.split(",");
      const common = first.slice(first.indexOf(":") + 1).replaceAll("/", "_");
      const named = ["-addext", `subjectAltName=${names}`, "-subj", `/CN=${common}`];
      openssl("req", ...NEW_KEY, ...named, "-keyout", keyFile, "-out", "asked");
      openssl(
        ...asked,
        ...["-rand_serial", "-notext", "-in", "asked", "-out", ownFile],
        ...["-startdate", opensslDate(from), "-enddate", opensslDate(until)],
      );
      const [key, cert] = [readFileSync(keyFile, "utf8"), readFileSync(ownFile, "utf8")];
      return { key, cert, keyFile, certFile: ownFile };
    },
    revoke: (certificate) => openssl(...asked, "-revoke", certificate.certFile),
    revocationList: ({ from, until } = LONG) => {
      made += 1;
      const file = join(folder, `crl${made}.pem`);
      const dates = ["-crl_lastupdate", opensslDate(from), "-crl_nextupdate", opensslDate(until)];
      openssl(...asked, "-gencrl", ...dates, "-out", file);
      return file;
    },
  };
}

/** `20261121061500Z` */
const opensslDate = (days: number): string =>
  `${new Date(Date.now() + days * DAY).toISOString().replace(/[-:T]|\..*/g, "")}Z`;
