// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what these strings hold, a shell reads
import { LOG_LEVELS } from "../base/log-levels.ts";
import type { Arguments, CommandSpec } from "./arguments.ts";
import { EXIT, type ExitCode, type Terminal } from "./terminal.ts";
import { COMMANDS } from "./usage.ts";

/** Words that follow a command, where they are a closed set. */
const WORDS = new Map<string, readonly string[]>([
  ["held", ["ls", "show", "replay", "drop", "purge"]],
  ["dead-letters", ["ls", "show", "replay", "rm"]],
  ["completion", ["bash", "zsh", "fish"]],
  ["log-level", LOG_LEVELS],
  ["help", Object.keys(COMMANDS)],
]);

const SHELLS: ReadonlyMap<string, () => string[]> = new Map([
  ["bash", bash],
  ["zsh", zsh],
  ["fish", fish],
]);

/** `m2mgw completion bash|zsh|fish` */
export function completion(
  { operands: [shell = ""] }: Arguments,
  terminal: Terminal,
): Promise<ExitCode> {
  const script = SHELLS.get(shell);
  if (script === undefined) {
    terminal.complain(`for which shell? m2mgw completion ${[...SHELLS.keys()].join("|")}`);
    return Promise.resolve(EXIT.USAGE);
  }
  for (const line of script()) terminal.print(line);
  return Promise.resolve(EXIT.OK);
}

const commands = (): readonly (readonly [string, CommandSpec])[] => Object.entries(COMMANDS);

const optionsOf = ({ options }: CommandSpec): string[] =>
  [...Object.keys(options), "help"].map((name) => `--${name}`);

function bash(): string[] {
  const cases = commands().map(([name, spec]) => {
    const words = [...(WORDS.get(name) ?? []), ...optionsOf(spec)].join(" ");
    return `    ${name}) words="${words}" ;;`;
  });
  return [
    '# eval "$(m2mgw completion bash)"',
    "_m2mgw() {",
    '  local word="${COMP_WORDS[COMP_CWORD]}" words',
    '  case "${COMP_CWORD}:${COMP_WORDS[1]}" in',
    `    1:*) COMPREPLY=($(compgen -W "${commands()
      .map(([name]) => name)
      .join(" ")}" -- "$word")); return ;;`,
    "  esac",
    '  case "${COMP_WORDS[1]}" in',
    ...cases,
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    "}",
    "complete -o default -F _m2mgw m2mgw",
  ];
}

function zsh(): string[] {
  const quoted = (text: string): string => text.replaceAll("'", "'\\''").replaceAll(":", "\\:");
  const cases = commands().map(([name, spec]) => {
    const words = [...(WORDS.get(name) ?? []), ...optionsOf(spec)].join(" ");
    return `    ${name}) compadd -- ${words}; _files ;;`;
  });
  return [
    "#compdef m2mgw",
    "# source <(m2mgw completion zsh)",
    "_m2mgw() {",
    "  local -a commands=(",
    ...commands().map(([name, { summary }]) => `    '${name}:${quoted(summary)}'`),
    "  )",
    "  if (( CURRENT == 2 )); then _describe command commands; return; fi",
    '  case "$words[2]" in',
    ...cases,
    "  esac",
    "}",
    "compdef _m2mgw m2mgw",
  ];
}

function fish(): string[] {
  const quoted = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  return [
    "# m2mgw completion fish | source",
    ...commands().flatMap(([name, spec]) => {
      const seen = `-n '__fish_seen_subcommand_from ${name}'`;
      const words = WORDS.get(name);
      return [
        `complete -c m2mgw -n __fish_use_subcommand -f -a ${name} -d ${quoted(spec.summary)}`,
        ...(words === undefined ? [] : [`complete -c m2mgw ${seen} -f -a '${words.join(" ")}'`]),
        ...Object.entries({ ...spec.options }).map(
          ([option, { text }]) => `complete -c m2mgw ${seen} -l ${option} -d ${quoted(text)}`,
        ),
      ];
    }),
  ];
}
