import { type Key, VARIABLE_PREFIX } from "./keys.ts";
import { unknownName } from "./unknown-name.ts";

/** Something that keeps the gateway from starting. */
export interface Fault {
  /** `file:line:column`, an environment variable, or a flag. */
  readonly where: string;
  /** Key path; undefined where `where` already names the key, or there is none. */
  readonly key: string | undefined;
  readonly sentence: string;
}

/** The line a person reads: `gateway.yaml:3:14: ws.pingAfter: must be …`. */
export function describeFault({ where, key, sentence }: Fault): string {
  return [where, key, sentence].filter((part) => part !== undefined).join(": ");
}

/** A value that somebody set, ready for use, and where. */
export interface Setting {
  readonly value: unknown;
  readonly where: string;
  /** As somebody wrote it. */
  readonly written?: unknown;
}

/** What one source sets, by key path, and what is wrong with it. */
export interface Source {
  readonly settings: ReadonlyMap<string, Setting>;
  readonly faults: readonly Fault[];
}

/** Reads the variables that begin with `M2MGW_`; an empty one counts as not set. */
export function settingsOfEnvironment(
  keys: ReadonlyMap<string, Key>,
  environment: Readonly<Record<string, string | undefined>>,
): Source {
  const named = new Map([...keys.values()].map((key) => [key.variable, key]));
  const given = Object.entries(environment).filter(
    ([name, text]) => name.startsWith(VARIABLE_PREFIX) && text !== undefined && text !== "",
  );
  return settingsOfTexts("variable", named, new Map(given as [string, string][]));
}

/** @param flags text by key path, without the dashes */
export function settingsOfFlags(
  keys: ReadonlyMap<string, Key>,
  flags: ReadonlyMap<string, string>,
): Source {
  const named = new Map([...keys.values()].map((key) => [key.flag, key]));
  const given = [...flags].map(([path, text]) => [`--${path}`, text] as const);
  return settingsOfTexts("option", named, new Map(given));
}

function settingsOfTexts(
  what: string,
  named: ReadonlyMap<string, Key>,
  given: ReadonlyMap<string, string>,
): Source {
  const settings = new Map<string, Setting>();
  const faults: Fault[] = [];
  for (const [where, text] of given) {
    const key = named.get(where);
    if (key === undefined) {
      faults.push({ where, key: undefined, sentence: unknownName(what, where, named.keys()) });
      continue;
    }
    const result = key.reader.readText(text);
    if ("sentence" in result) faults.push({ where, key: undefined, sentence: result.sentence });
    else settings.set(key.path, { value: result.value, where, written: text });
  }
  return { settings, faults };
}
