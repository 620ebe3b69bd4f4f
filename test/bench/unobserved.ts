import { cpSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { GATEWAY } from "./build.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Tells nobody. */
const OBSERVERS = `import { observeAll as tellAll } from "./observers-of-all.js";
export const observeAll = () => tellAll();
`;
/** Codecs as they are. */
const CODECS = `import { createCborCodec } from "../codec/cbor/cbor.js";
import { createJsonCodec } from "../codec/json/json.js";
import { createXmlCodec } from "../codec/xml/xml.js";
export const countingCodecs = (_observer, namespaces, nesting) => ({
  json: createJsonCodec(nesting),
  xml: createXmlCodec({ onUnknown() {}, namespaces, nesting }),
  cbor: createCborCodec(nesting),
});
`;

/**
 * Copies the gateway of this checkout without anything that observes it: no metrics, no log, no traces, no timelines.
 *
 * @returns its main.js; below node_modules, so that packages resolve
 */
export function copyUnobserved(): string {
  const copy = join(root, "node_modules/.cache/m2mgw-unobserved");
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  cpSync(dirname(GATEWAY), join(copy, "dist"), { recursive: true });
  cpSync(join(root, "package.json"), join(copy, "package.json"));
  const observe = join(copy, "dist/observe");
  renameSync(join(observe, "observers.js"), join(observe, "observers-of-all.js"));
  writeFileSync(join(observe, "observers.js"), OBSERVERS);
  writeFileSync(join(observe, "counting-codec.js"), CODECS);
  return join(copy, "dist/main.js");
}
