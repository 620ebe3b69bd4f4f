import type { CertificateName } from "../base/credential-entry.ts";
import type { Credential, Shown } from "../core/credential.ts";
import type { Domain } from "../primitive/identifiers.ts";

type Certificate = NonNullable<Shown["certificate"]>;

/** Credentials by what a certificate is recognized by, in the one spelling of `certificateKey`. */
export type KnownCertificates = ReadonlyMap<string, Credential>;

/** @param value DNS names in any case */
export const certificateKey = (names: CertificateName, value: string): string =>
  `${names} ${names === "dns" ? value.toLowerCase() : value}`;

/** The credential of an entry that is about this certificate; the closer one goes before the more general. */
export function findCertificate(
  { uris, names, commonName, fingerprint }: Certificate,
  known: KnownCertificates,
): Credential | undefined {
  const keys = [
    certificateKey("fingerprint", fingerprint),
    ...uris.map((uri) => certificateKey("uri", uri)),
    ...names.map((name) => certificateKey("dns", name)),
    ...(commonName === undefined ? [] : [certificateKey("commonName", commonName)]),
  ];
  return keys.map((key) => known.get(key)).find((credential) => credential !== undefined);
}

const NAME = "[A-Za-z0-9][A-Za-z0-9._-]*";
/**
 * An AE-ID in absolute form; a scheme may stand before it, since RFC 5280, 4.2.1.6 wants one in every URI and many
 * tools insist on it. There are no wildcards (TS-0003, 10.1.1.5): none of these patterns takes one.
 */
const AE_ID = new RegExp(
  `^([A-Za-z][A-Za-z0-9+.-]*:)?//(${NAME})((?:/${NAME}/[CS]|/S)[A-Za-z0-9._-]*)$`,
);
const LABEL = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/**
 * Whose name a certificate by itself allows: an AE-ID certificate has the AE-ID in full as URI (TS-0003, 10.1.1.5), a
 * CSE-ID certificate the public domain name of the CSE (10.1.1.7; TS-0001, 6.5.1.1).
 *
 * @returns originators, a CSE with the AEs below it; none for certificates of nodes and devices
 */
export function originatorsIn({ uris, names }: Certificate, domain: Domain): readonly string[] {
  const aes = uris.map((uri) => aeIdIn(uri, domain)).filter((id) => id !== undefined);
  const cses = names.map((name) => cseIdIn(name, domain)).filter((id) => id !== undefined);
  return [...aes, ...cses.flatMap((id) => [id, `${id}/*`])];
}

function aeIdIn(uri: string, { spId }: Domain): string | undefined {
  const [, scheme, provider = "", path = ""] = AE_ID.exec(uri) ?? [];
  if (path === "") return undefined;
  // URIs with a scheme may be about anything, unless they are about this very domain.
  if (scheme !== undefined && provider.toLowerCase() !== spId) return undefined;
  return `//${provider}${path}`;
}

/**
 * `<CSE-ID>.<M2M-SP-ID>` is the IN-CSE, `<CSE-ID>.<CSE-ID of the IN-CSE>.<M2M-SP-ID>` a CSE in the field.
 *
 * Letters are taken as they are written: CSE-IDs have case, though DNS has none.
 */
function cseIdIn(name: string, { cseId, spId }: Domain): string | undefined {
  if (spId === undefined) return undefined;
  const lower = name.toLowerCase();
  const suffix = [`.${cseId.slice(1).toLowerCase()}.${spId}`, `.${spId}`].find((end) =>
    lower.endsWith(end),
  );
  if (suffix === undefined) return undefined;
  const label = name.slice(0, -suffix.length);
  return LABEL.test(label) ? `/${label}` : undefined;
}
