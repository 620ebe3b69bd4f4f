import { createSecureContext, type SecureContext } from "node:tls";
import type { Clock, EpochMs } from "../../base/clock.ts";
import type { ClientTls, TlsParty, TlsSource } from "../../base/tls.ts";
import type { Observer } from "../../core/ports.ts";
import { TlsFiles } from "./tls-files.ts";

/** Whom nobody vouches for is not spoken to, also where a variable of the environment tells Node otherwise. */
export const CHECKED = { rejectUnauthorized: true } as const;

/** How connections to a server are secured; asked for each, since files may have changed. */
export type SecuredBy = () => typeof CHECKED & { readonly secureContext?: SecureContext };

export interface TlsClientOptions {
  readonly to: TlsParty;
  readonly source: TlsSource<ClientTls>;
  readonly clock: Clock;
  readonly observer: Observer;
}

interface Made {
  readonly secured: ReturnType<SecuredBy>;
  readonly expiries: readonly EpochMs[];
}

/** TLS with a server, with certificates of the gateway's own: whom it trusts, and what it shows. */
export class TlsClient {
  readonly #files: TlsFiles<ClientTls, Made>;
  readonly #source: TlsSource<ClientTls>;

  /** @throws Error with a sentence, when something is wrong with a file */
  constructor({ to, ...options }: TlsClientOptions) {
    this.#source = options.source;
    this.#files = new TlsFiles({ party: to, make: madeOf, ...options });
  }

  readonly secured: SecuredBy = () => this.#files.current.secured;

  /** When the certificate that is shown ends, if one is. */
  get expiries(): readonly EpochMs[] {
    return this.#files.current.expiries;
  }

  /** Reads all files again, for new connections; see `TlsFiles.prepare`. */
  prepare(): () => void {
    return this.#files.prepare(this.#source);
  }

  /** Looks at the files no more. */
  close(): void {
    this.#files.close();
  }
}

const madeOf = (tls: ClientTls): Made => ({
  secured: securedWith(tls),
  expiries: tls.identity === undefined ? [] : [tls.identity.expires],
});

/** @throws Error of OpenSSL */
export function securedWith({ ca, identity }: ClientTls): ReturnType<SecuredBy> {
  if (ca === undefined && identity === undefined) return CHECKED;
  const secureContext = createSecureContext({
    ...(ca === undefined ? {} : { ca: [...ca] }),
    ...(identity === undefined ? {} : { cert: identity.chain, key: identity.key() }),
  });
  return { ...CHECKED, secureContext };
}
