import { readFileSync } from "node:fs";
import type { ProxyServer } from "../base/proxy.ts";
import type { NamedProxy } from "./choose-proxy.ts";

/** What is wrong with a proxy, and the key or variable that says so. */
export interface ProxyFault {
  readonly by: string;
  readonly sentence: string;
}

/**
 * The proxy that was named, with the credentials for it. Credentials in an environment variable's URL, which is how the
 * environment says them, are stronger than the file's. No sentence shows what it is about: it may be a secret.
 */
export function readProxy(
  named: NamedProxy,
  credentialsFile: string | undefined,
): ProxyServer | ProxyFault {
  const url = parseProxyUrl(named.text);
  if (url === undefined) {
    const sentence = "must be an http:// or https:// URL of a proxy; no other kind is spoken here";
    return { by: named.by, sentence };
  }
  const given =
    url.username === "" && url.password === ""
      ? credentialsFile === undefined
        ? undefined
        : readCredentials(credentialsFile)
      : { text: `${decoded(url.username)}:${decoded(url.password)}` };
  if (given !== undefined && "sentence" in given) return { by: "proxy.credentialsFile", ...given };
  const protocol = url.protocol === "https:" ? "https:" : "http:";
  return Object.freeze({
    protocol,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || (protocol === "https:" ? 443 : 80)),
    authorization: given && (() => `Basic ${Buffer.from(given.text).toString("base64")}`),
    namedBy: named.by,
  });
}

/** Variables may leave the scheme out, as those of other programs do. */
function parseProxyUrl(text: string): URL | undefined {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!/^https?:\/\//i.test(whole) || !URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  return url.port === "0" ? undefined : url;
}

/** What is no escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type Read = { readonly text: string } | { readonly sentence: string };

function readText(path: string): Read {
  try {
    return { text: readFileSync(path, "utf8") };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    return { sentence: `names a file that cannot be read: ${code}` };
  }
}

/** RFC 7617, 2: no colon in the user's name, no control characters. */
function readCredentials(path: string): Read {
  const file = readText(path);
  if ("sentence" in file) return file;
  const [text = ""] = file.text.replace(/^\ufeff/, "").split(/\r?\n/);
  return /^[^:\p{Cc}]+:\P{Cc}*$/u.test(text)
    ? { text }
    : { sentence: "names a file whose first line is not user:password" };
}
