/** Text in the form of PEM (RFC 7468) that is no key and no certificate, for what must not be shown or read. */
export const pemOf = (label: string, body: string): string =>
  `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
