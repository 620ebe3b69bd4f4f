import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What one member is, in attributes.json and types.json. */
interface Fact {
  readonly type: string;
  readonly list: "xs:list" | "repeated" | null;
  /** Complex type of an object. */
  readonly of?: string;
  /** Name of an enumeration. */
  readonly enum?: string;
  /** Type as TS-0004 prints it. */
  readonly xsd?: string;
  readonly xmlAttribute?: boolean;
}

interface AttributeFact extends Fact {
  /** Roots it occurs in, those of `m2m:` without the prefix. */
  readonly in: readonly string[];
}

type RootFact =
  | { readonly attributes: readonly string[] }
  | (Fact & { readonly contentRoot: true })
  /** A name that occurs in addresses only (TS-0004, 6.8). */
  | { readonly virtual: true };

interface ComplexTypeFact {
  /** `n` is null for the place of a content root. */
  readonly members: readonly (Fact & { readonly n: string | null })[];
  readonly simpleContent?: { readonly n: string; readonly type: string };
}

interface FlexContainerFact {
  readonly attributes: Readonly<Record<string, string>>;
  readonly annc: boolean;
  readonly inst: boolean;
}

/** Its values, each with its meaning. */
interface EnumerationFact {
  readonly values: Readonly<Record<string, string>>;
}

/** The files of src/codec/schema/facts. */
export interface Facts {
  readonly attributes: Readonly<
    Record<string, AttributeFact & { readonly variants?: readonly AttributeFact[] }>
  >;
  readonly resources: Readonly<Record<string, RootFact>>;
  readonly types: Readonly<Record<string, ComplexTypeFact>>;
  readonly enums: Readonly<Record<string, EnumerationFact>>;
  readonly flexcontainers: Readonly<Record<string, FlexContainerFact>>;
}

const pathOf = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));

/** Reads src/codec/schema/facts. */
export function readFacts(): Facts {
  const read = (name: string): unknown =>
    JSON.parse(readFileSync(pathOf(`src/codec/schema/facts/${name}.json`), "utf8"));
  return {
    attributes: read("attributes"),
    resources: read("resources"),
    types: read("types"),
    enums: read("enums"),
    flexcontainers: read("flexcontainers"),
  } as Facts;
}

/**
 * The text of src/codec/schema/tables.generated.ts: four tables, a line for each shape, a word for each member.
 *
 * A word is `@` before an XML attribute or `=` before the element's text, the name, the mark of its kind or `{shape}`
 * of an object, then `[]` for an xs:list or `+` for a repeated element. `%` alone is the place of one content root.
 *
 * @throws Error for facts that this notation cannot tell
 */
export function renderSchemaTables(facts: Facts): string {
  checkEnumerations(facts);
  const roots = Object.entries(facts.resources);
  return [
    "// Made by `npm run readme` from src/codec/schema/facts; schema.ts says how it reads.\n",
    table(
      "CONTENT_ROOTS",
      "Content roots that are no resources, each of them a member.",
      roots.flatMap(([root, fact]) => ("contentRoot" in fact ? [[wordOf(root, fact)]] : [])),
    ),
    table(
      "RESOURCES",
      "Resources with their attributes, without the references to children that end each of them.",
      roots.flatMap(([root, fact]) =>
        "attributes" in fact ? [[root, ...resourceWords(facts, root, fact.attributes)]] : [],
      ),
    ),
    table(
      "COMPLEX_TYPES",
      "Complex types with their members.",
      Object.entries(facts.types).map(([name, type]) => [name, ...complexTypeWords(name, type)]),
    ),
    table(
      "FLEX_CONTAINERS",
      "The models of TS-0023, with what each adds to a flexContainer, its announcement and its instance.",
      Object.entries(facts.flexcontainers).map(([root, model]) => [
        root,
        ...modelWords(root, model),
      ]),
    ),
  ].join("\n");
}

/**
 * Members with the values of an enumeration are marked as integers below, since all enumerations are (TS-0004, 6.3.4).
 *
 * @throws Error for an enumeration that has another value, or that is not there
 */
function checkEnumerations({ attributes, resources, types, enums }: Facts): void {
  const facts: readonly (readonly [string, Fact])[] = [
    ...Object.entries(attributes).flatMap(([name, attribute]) =>
      (attribute.variants ?? [attribute]).map((fact) => [name, fact] as const),
    ),
    ...Object.entries(types).flatMap(([type, { members }]) =>
      members.map((member) => [`${type}.${member.n}`, member] as const),
    ),
    ...Object.entries(resources).flatMap(([root, fact]) =>
      "contentRoot" in fact ? [[root, fact] as const] : [],
    ),
  ];
  for (const [name, fact] of facts) {
    const isEnumerated = fact.type.replace(/^list-of-/, "") === "enum";
    if (isEnumerated !== (fact.enum !== undefined)) throw new Error(`no enumeration for ${name}`);
    if (fact.enum === undefined) continue;
    const values = Object.keys(enums[fact.enum]?.values ?? {});
    if (values.length === 0) throw new Error(`no values for ${name}: ${fact.enum}`);
    const other = values.find((value) => !/^(0|-?[1-9]\d*)$/.test(value));
    if (other !== undefined) throw new Error(`no integer in ${fact.enum} of ${name}: ${other}`);
  }
}

function table(name: string, description: string, lines: readonly (readonly string[])[]): string {
  const text = lines.map((words) => `${words.join(" ")}\n`).join("");
  return `/** ${description} */\nexport const ${name} = \`\n${text}\`;\n`;
}

/** Every resource has these, though the facts of three do not list them all. */
const UNIVERSAL = ["rn", "ty", "ri", "pi", "ct", "lt", "lbl"];
/** The facts know nothing of the announced primitiveProfile but that it exists. */
const OF_ANNOUNCEMENTS = ["acpi", "et", "daci", "lnk"];

function resourceWords(facts: Facts, root: string, attributes: readonly string[]): string[] {
  const own = attributes.filter((name) => !UNIVERSAL.includes(name));
  return [
    ...UNIVERSAL.map((name) => attributeWord(facts, "m2m:cnt", name)),
    ...(attributes.length > 0
      ? own.map((name) => attributeWord(facts, root, name))
      : OF_ANNOUNCEMENTS.map((name) => attributeWord(facts, "m2m:cntA", name))),
  ];
}

function attributeWord(facts: Facts, root: string, name: string): string {
  // A global element as an attribute is what it is as the root of a content: `m2m:rqp` of a transaction.
  const global = facts.resources[name];
  if (global !== undefined && "contentRoot" in global) return wordOf(name, global);
  const attribute = facts.attributes[name];
  const context = root.replace(/^m2m:/, "");
  const fact = (attribute?.variants ?? [attribute]).find((it) => it?.in.includes(context));
  if (fact === undefined) throw new Error(`no type for ${name} of ${root}`);
  return wordOf(name, fact);
}

/** What peers send beyond the text: ACME's and an older table's name for the specialization of a child. */
const ALSO_SENT: ReadonlyMap<string, readonly string[]> = new Map([
  ["childResourceRef", ["@spty*"]],
]);

function complexTypeWords(name: string, { members, simpleContent }: ComplexTypeFact): string[] {
  const words = members.map((member) => (member.n === null ? "%" : wordOf(member.n, member)));
  const text =
    simpleContent === undefined
      ? []
      : [`=${wordOf(simpleContent.n, { type: simpleContent.type, list: null })}`];
  return [...words, ...(ALSO_SENT.get(name) ?? []), ...text];
}

function modelWords(root: string, { attributes, annc, inst }: FlexContainerFact): string[] {
  if (!annc || !inst) throw new Error(`${root} lacks one of its three roots`);
  return Object.entries(attributes).map(([name, type]) =>
    wordOf(name, { type, list: type.startsWith("list-of-") ? "xs:list" : null }),
  );
}

function wordOf(name: string, fact: Fact): string {
  if (!/^(\w+:)?\w+$/.test(name)) throw new Error(`no word for ${name}`);
  const type = fact.type.replace(/^list-of-/, "");
  const kind = type === "object" ? `{${fact.of}}` : markOf(type, fact.xsd);
  if (kind === undefined) throw new Error(`no kind for ${name}: ${type}`);
  const list = fact.list === "xs:list" ? "[]" : fact.list === "repeated" ? "+" : "";
  return `${fact.xmlAttribute ? "@" : ""}${name}${kind}${list}`;
}

const MARKS: ReadonlyMap<string, string> = new Map([
  ["string", ""],
  ["anyURI", ""],
  ["timestamp", "!"],
  ["absRelTimestamp", "!"],
  ["duration", "!"],
  ["base64", "!"],
  ["integer", "#"],
  ["unsigned", "#"],
  ["enum", "#"],
  ["float", "."],
  ["boolean", "?"],
  // Lists of TS-0023 models have no item type in the source. As lists of anything they take every scalar on the way
  // to XML, and give text on the way back, since no number can be told from text. Left out, they would not even be lists.
  ["any", "*"],
  ["geoJson", "*"],
  ["wildcard", "%"],
]);

/** String types of TS-0004, 6.3 that may be empty: all others are identifiers, have a pattern, or stand in lists only. */
const MAY_BE_EMPTY = new Set([
  "xs:string",
  "xs:token",
  "m2m:sparql",
  "m2m:sessionDescription",
  "m2m:labels",
]);

function markOf(type: string, xsd: string | undefined): string | undefined {
  const isPatterned = type === "string" && xsd !== undefined && !MAY_BE_EMPTY.has(xsd);
  return isPatterned ? "!" : MARKS.get(type);
}
