import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Authentication } from "../../src/authentication/authentication.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import { credential } from "../../src/cli/credential.ts";
import { readSecret, type SecretInput } from "../../src/cli/secret-input.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { COMMANDS } from "../../src/cli/usage.ts";
import { readCredentials } from "../../src/config/credentials-file.ts";
import type { CseId } from "../../src/primitive/identifiers.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";

async function run(argv: readonly string[], secret: string | undefined = "open sesame") {
  const terminal = new TestTerminal();
  const args = parseArguments(argv, COMMANDS.credential);
  if ("usage" in args) throw new Error(args.usage);
  const code = await credential(args, terminal, async () => secret);
  const { printed, complained } = terminal;
  const told = /told this once: (\S+)$/.exec(complained.join("\n"))?.[1];
  return { code, yaml: printed.join("\n"), complained, told };
}

function authenticationOf(yaml: string): Authentication {
  const read = readCredentials(yaml, "c.yaml");
  if ("faults" in read) throw new Error(JSON.stringify(read.faults));
  const domain = { cseId: "/id-in" as CseId, spId: undefined, cseName: undefined };
  return new Authentication(
    { domain, clock: new ManualClock() },
    { ...read, tokens: undefined, isExpected: false, passwordChecks: 1 },
  );
}

const basic = (user: string, password: string) => ({
  authorization: `Basic ${btoa(`${user}:${password}`)}`,
});

test("an entry for a password lets in whoever knows it, and does not hold it", async () => {
  const { code, yaml, complained } = await run(["--basic", "gate", "--originators", "CAE1,Cx*"]);
  expect(code).toBe(EXIT.OK);
  expect(yaml).not.toContain("sesame");
  expect(complained).toEqual([]);
  const authentication = authenticationOf(yaml);
  expect(await authentication.authenticate(basic("gate", "open sesame"))).toMatchObject({
    id: "basic:gate",
  });
});

test("a password that is made is told apart from its entry", async () => {
  const made = await run(["--basic", "gate", "--originators", "CAE1", "--generate"]);
  expect(made.told).toMatch(/^[\w-]{43}$/);
  expect(made.yaml).not.toContain(made.told);
  const authentication = authenticationOf(made.yaml);
  expect(await authentication.authenticate(basic("gate", made.told ?? ""))).toMatchObject({
    id: "basic:gate",
  });
});

test("a token is made, told apart from its entry, and lets in", async () => {
  const { yaml, told } = await run(["--bearer", "lamp", "--originators", "CAE1", "--name", "l1"]);
  expect(yaml).not.toContain(told);
  const shown = { authorization: `Bearer ${told}` };
  expect(await authenticationOf(yaml).authenticate(shown)).toMatchObject({ id: "bearer:l1" });
});

test("a pre-shared key is made into its entry, whose file has it as it is", async () => {
  const { yaml, told } = await run(["--psk", "lamp-1", "--originators", "CAE1"]);
  expect(told).toBeUndefined();
  expect(authenticationOf(yaml).pskKeyOf("lamp-1")).toHaveLength(32);
});

test.each([
  [["--originators", "CAE1"], "give one of"],
  [["--basic", "gate"], "give one of"],
  [["--basic", "gate", "--psk", "x", "--originators", "CAE1"], "give one of"],
  [["--basic", "ga:te", "--originators", "CAE1", "--name", "x"], "user name without colon"],
  [["--bearer", "lamp", "--originators", "C AE1"], "list of AE-IDs or CSE-IDs"],
])("%j is wrong usage, and prints no entry", async (argv, sentence) => {
  const { code, yaml, complained } = await run(argv);
  expect(code).toBe(EXIT.USAGE);
  expect(yaml).toBe("");
  expect(complained.join("\n")).toContain(sentence);
});

test.each(["", undefined])("there is no entry with %j for a password", async (secret) => {
  const terminal = new TestTerminal();
  const args = parseArguments(["--basic", "gate", "--originators", "C1"], COMMANDS.credential);
  if ("usage" in args) throw new Error(args.usage);
  expect(await credential(args, terminal, async () => secret)).toBe(EXIT.USAGE);
  expect(terminal.printed).toEqual([]);
});

test("a secret that is piped in is read whole, without the end of its last line", async () => {
  const input = new PassThrough();
  input.end("open\nsesame\r\n");
  expect(await readSecret(input, () => {})).toBe("open\nsesame");
});

test.each([
  ["open\r", "open"],
  ["opem\u007fn\n", "open"],
  ["op\u0003en\r", undefined],
])("what is typed (%j) is not shown, and read as %j", async (typed, secret) => {
  const modes: boolean[] = [];
  const input: SecretInput = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => void modes.push(raw),
  }) as never;
  let shown = "";
  const reading = readSecret(input, (text) => {
    shown += text;
  });
  (input as PassThrough).write(typed);
  expect(await reading).toBe(secret);
  expect(modes).toEqual([true, false]);
  expect(shown).toBe("Secret (it is not shown): \n");
});
