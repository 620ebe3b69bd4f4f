import { stringify } from "yaml";
import { LIVE_KEYS } from "./changes.ts";
import { type Key, keysByPath } from "./keys.ts";
import type { Leaf } from "./leaf.ts";
import { CONFIG_SCHEMA, type Group, isGroup } from "./schema.ts";

/** Marks where README's table of keys begins and ends. */
export const TABLE_MARKS = { begin: "<!-- config:begin -->", end: "<!-- config:end -->" } as const;

/** README's table of keys, and which of them a reload takes over, in Markdown. */
export function renderKeyTable(): string {
  const rows = [...keysByPath().values()].map(({ path, reader: { leaf } }) => {
    return `| \`${path}\` | ${defaultText(leaf)} | ${meaningOf(leaf)} |`;
  });
  return ["| key | default | meaning |", "|---|---|---|", ...rows, "", reloadText(), ""].join("\n");
}

function reloadText(): string {
  const keys = LIVE_KEYS.map((path) => `\`${keysByPath().has(path) ? path : `${path}.*`}\``);
  return `A reload (\`m2mgw reload\`, SIGHUP) takes over ${keys.join(", ")}, with what is in the files that they name. All other keys wait for a restart, as does TLS of a face that had none, or has none any more.`;
}

/**
 * `text` with the block between the marks replaced by the table of keys; undefined when a mark is missing.
 */
export function withKeyTable(text: string): string | undefined {
  const begin = text.indexOf(TABLE_MARKS.begin);
  const end = text.indexOf(TABLE_MARKS.end);
  if (begin < 0 || end < begin) return undefined;
  const before = text.slice(0, begin + TABLE_MARKS.begin.length);
  return `${before}\n${renderKeyTable()}${text.slice(end)}`;
}

/** The example file: every key with its default, below its sentence; a key without a default is commented out. */
export function renderExample(): string {
  const blocks = membersLines(CONFIG_SCHEMA, "", "", keysByPath());
  return [HEADING, ...blocks.map((lines) => lines.join("\n"))].join("\n\n").concat("\n");
}

/** The lines of each member of a group. @param prefix of its keys, `ws.tls.` */
function membersLines(
  group: Group,
  prefix: string,
  indent: string,
  keys: ReadonlyMap<string, Key>,
): string[][] {
  return Object.entries(group.properties).map(([name, member]) => {
    const key = keys.get(prefix + name);
    if (key !== undefined) return keyLines(key, name, indent);
    const inner = isGroup(member)
      ? membersLines(member, `${prefix}${name}.`, `${indent}  `, keys)
      : [];
    return [`${indent}${name}:`, ...inner.flat()];
  });
}

const HEADING = `# Configuration of m2mgw: every key with its default. Keep only the lines you change.
# A key can also be set by an environment variable (ws.maxMessage is M2MGW_WS_MAX_MESSAGE) and, stronger
# still, on the command line (--ws.maxMessage 64KiB). There the items of a list are separated by commas;
# those of a mapping are written name=URI, or all of it as JSON.`;

function keyLines({ reader: { leaf } }: Key, name: string, indent: string): string[] {
  const comment = wrapped(meaningOf(leaf), 100 - indent.length);
  const line =
    leaf.default === undefined
      ? `#${name}: ${valueText(leaf.example)}`
      : `${name}: ${valueText(leaf.default)}`;
  return [...comment.map((text) => `# ${text}`), line].map((text) => `${indent}${text}`);
}

/** On the line of its key, lists too. */
const valueText = (value: unknown): string =>
  stringify(value, { collectionStyle: "flow", flowCollectionPadding: false }).trimEnd();

function defaultText({ default: value, absent }: Leaf): string {
  if (value === undefined) return absent ?? "none";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

const meaningOf = ({ description, range }: Leaf): string =>
  range === undefined ? description : `${description.replace(/\.$/, "")} (${range}).`;

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width - 2) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
