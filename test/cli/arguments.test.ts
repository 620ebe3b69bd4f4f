import { expect, test } from "vitest";
import { type CommandSpec, parseArguments } from "../../src/cli/arguments.ts";
import { COMMANDS, helpOf, overview } from "../../src/cli/usage.ts";

const SPEC: CommandSpec = {
  summary: "Try.",
  operands: "[TEXT]",
  options: {
    url: { value: "URL", text: "Where." },
    quiet: { value: undefined, short: "q", text: "Less." },
  },
};

const parsed = (argv: readonly string[], spec: CommandSpec = SPEC) => {
  const args = parseArguments(argv, spec);
  return "usage" in args
    ? args.usage
    : {
        options: Object.fromEntries(args.options),
        flags: Object.fromEntries(args.configFlags),
        operands: args.operands,
      };
};

test.each<[string[], Record<string, string>, string[]]>([
  [["--url", "x", "a", "b"], { url: "x" }, ["a", "b"]],
  [["--url=x=y"], { url: "x=y" }, []],
  [["a", "-q"], { quiet: "true" }, ["a"]],
  [["--url", "-"], { url: "-" }, []],
  [["--url", "x", "--url", "y"], { url: "y" }, []],
  [["--", "--url", "-q"], {}, ["--url", "-q"]],
  [["--help"], { help: "true" }, []],
])("%j is understood", (argv, options, operands) => {
  expect(parsed(argv)).toEqual({ options, flags: {}, operands });
});

test.each([
  [["--url"], "--url needs a value"],
  [["--url", "--quiet"], "--url needs a value"],
  [["--ulr", "x"], "there is no option --ulr"],
  [["-x"], "there is no option -x"],
])("%j is refused: %s", (argv, usage) => {
  expect(parsed(argv)).toBe(usage);
});

test("a command without operands refuses one", () => {
  expect(parsed(["x"], COMMANDS.version)).toBe('"x" is not expected here');
});

test("serve takes every other long option for a key of the configuration", () => {
  const argv = ["-c", "f", "--http.listen", "127.0.0.1:0", "--ws.hosts=a,b", "--no.such", "1"];
  expect(parsed(argv, COMMANDS.serve)).toEqual({
    options: { config: "f" },
    flags: { "http.listen": "127.0.0.1:0", "ws.hosts": "a,b", "no.such": "1" },
    operands: [],
  });
});

test("a key that is true or false needs no value to be true", () => {
  const argv = ["--http.insecure", "--ws.lenient", "false", "--ws.deflate", "-c", "f"];
  expect(parsed(argv, COMMANDS.serve)).toEqual({
    options: { config: "f" },
    flags: { "http.insecure": "true", "ws.lenient": "false", "ws.deflate": "true" },
    operands: [],
  });
});

test("the help names every command, and each command's every option", () => {
  for (const [name, spec] of Object.entries<CommandSpec>(COMMANDS)) {
    expect(overview()).toContain(`  ${name} `);
    for (const option of Object.keys(spec.options)) {
      expect(helpOf(name as keyof typeof COMMANDS)).toContain(`--${option}`);
    }
  }
});

test("no line of the help is wider than a terminal usually is", () => {
  const pages = [overview(), ...Object.keys(COMMANDS).map((name) => helpOf(name as "serve"))];
  for (const line of pages.join("\n").split("\n")) expect(line.length).toBeLessThanOrEqual(100);
});
