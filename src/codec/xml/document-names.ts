import { declarationMarkup } from "./markup.ts";
import { isQualifiedName } from "./scan.ts";
import { shortened } from "./shortened.ts";
import { notTranscodable } from "./text.ts";

/** The names used in one document while it is written, and the prefixes that its root has to declare for them. */
export class DocumentNames {
  readonly #namespaceOf: (prefix: string) => string | undefined;
  readonly #prefixes = new Map<string, string>();
  readonly #names = new Set<string>();

  /** @param namespaceOf what a prefix stands for; undefined for one that nobody knows */
  constructor(namespaceOf: (prefix: string) => string | undefined) {
    this.#namespaceOf = namespaceOf;
  }

  /** The name, if XML takes it. @throws GatewayError GW_CONTENT_NOT_TRANSCODABLE */
  checked(name: string): string {
    if (this.#names.has(name)) return name;
    const prefix = name.includes(":") ? name.slice(0, name.indexOf(":")) : "";
    if (!isQualifiedName(name) || prefix === "xmlns" || prefix === "xml") {
      throw notTranscodable(`${JSON.stringify(shortened(name))} is no name in XML`);
    }
    if (prefix !== "") {
      const namespace = this.#namespaceOf(prefix);
      if (namespace === undefined) {
        throw notTranscodable(
          `no namespace is known for the prefix ${shortened(prefix)}; xml.namespaces can name one`,
        );
      }
      this.#prefixes.set(prefix, namespace);
    }
    this.#names.add(name);
    return name;
  }

  /** The attributes that declare what was used so far, in the order of first use. */
  declarations(): string {
    return [...this.#prefixes]
      .map(([prefix, namespace]) => declarationMarkup(prefix, namespace))
      .join("");
  }
}
