import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseArguments } from "../../src/cli/arguments.ts";
import { send } from "../../src/cli/send.ts";
import { sim } from "../../src/cli/sim.ts";
import { EXIT, type Terminal } from "../../src/cli/terminal.ts";
import { COMMANDS } from "../../src/cli/usage.ts";
import { BEARER, credentialsIn, PASSWORD, TOKEN } from "../gateway/credentials-in.ts";
import { type Front, startFront } from "../gateway/front.ts";
import { makeAuthority } from "../helpers/authority.ts";
import { canMakeCertificates } from "../helpers/certificate.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";

function file(text: string): string {
  const path = join(tempDir(), "secret");
  writeFileSync(path, text);
  return path;
}

const terminalWith = (env: Terminal["env"]): TestTerminal =>
  Object.assign(new TestTerminal(), { env });

/** Runs `m2mgw send`, a Retrieve by `from`. */
function sent(front: Front, from: string, argv: readonly string[], terminal = new TestTerminal()) {
  const target = ["--to", "cse-in/x", "--op", "retrieve", "--from", from];
  const args = parseArguments([...target, "--url", front.gateway.http, ...argv], COMMANDS.send);
  if ("usage" in args) throw new Error(args.usage);
  return send(args, terminal);
}

/** Runs `m2mgw sim` until it has registered, or ended by itself. */
async function simulated(
  front: Front,
  ae: string,
  argv: readonly string[],
  terminal = new TestTerminal(),
) {
  const all = ["--ae", ae, "--url", front.gateway.ws, ...argv];
  const args = parseArguments(all, COMMANDS.sim);
  if ("usage" in args) throw new Error(args.usage);
  const ended = sim(args, terminal);
  await Promise.race([ended, terminal.line(/: registered as /)]);
  terminal.interrupt();
  return await ended;
}

describe("a gateway that asks for credentials", () => {
  test.each([
    ["a password of a file", "CAE1", { file: `gate:${PASSWORD}\n` }],
    ["a token of a file", "CAE2", { file: TOKEN }],
    ["a token of the environment", "CAE2", { variable: TOKEN }],
    ["a file rather than the environment", "CAE2", { file: TOKEN, variable: "gate:wrong" }],
  ])("takes %s", async (_what, who, given: { file?: string; variable?: string }) => {
    const front = await startFront(credentialsIn());
    const argv = given.file === undefined ? [] : ["--credentials", file(given.file)];
    const env = { M2M_CREDENTIALS: given.variable };
    const terminals = [terminalWith(env), terminalWith(env)] as const;
    expect(await sent(front, who, argv, terminals[0])).toBe(EXIT.OK);
    expect(await simulated(front, who, argv, terminals[1])).toBe(EXIT.OK);
    const said = terminals.flatMap(({ complained, printed }) => [...complained, ...printed]);
    expect(said.join("\n")).not.toMatch(new RegExp(`${PASSWORD}|${TOKEN}|${BEARER}`));
  });

  test("refuses who shows none, who is told what to show", async () => {
    const front = await startFront(credentialsIn());
    const [one, other] = [new TestTerminal(), new TestTerminal()];
    expect(await sent(front, "CAE1", [], one)).toBe(EXIT.FATAL);
    expect(one.complained).toEqual([expect.stringContaining("--credentials or --tls.certificate")]);
    expect(await simulated(front, "CAE1", [], other)).toBe(EXIT.FATAL);
    expect(other.complained).toEqual([
      expect.stringMatching(/answered with 401: .*; .* --credentials or --tls\.certificate$/),
    ]);
  });
});

test.each([
  [["--credentials", "/none"], {}, "--credentials names a file that cannot be read: ENOENT"],
  [[], { M2M_CREDENTIALS: "a b" }, "M2M_CREDENTIALS has neither user:password nor a token"],
  [["--tls.key", "k.pem"], {}, "give --tls.certificate, too"],
  [["--tls.ca", "/none"], {}, "--tls.ca names a file that cannot be read: ENOENT (/none)"],
])("%j is wrong usage that shows no secret", async (argv, env, sentence) => {
  const front = await startFront();
  for (const terminal of [terminalWith(env), terminalWith(env)].entries()) {
    const [turn, seen] = terminal;
    const run = turn === 0 ? sent : simulated;
    expect(await run(front, "CAE1", argv, seen)).toBe(EXIT.USAGE);
    expect(seen.complained).toEqual([expect.stringContaining(sentence)]);
  }
});

test.skipIf(!canMakeCertificates())(
  "a gateway with TLS is trusted by --tls.ca, and shown --tls.certificate",
  async () => {
    const authority = makeAuthority("CA");
    const server = authority.issue("DNS:localhost,IP:127.0.0.1");
    const keysOf = (face: string): Record<string, string> => ({
      [`${face}.tls.certificates`]: server.certFile,
      [`${face}.tls.keys`]: server.keyFile,
      [`${face}.tls.clientCertificates`]: "required",
      [`${face}.tls.clientCa`]: authority.certFile,
    });
    const front = await startFront({ "cse.spId": "sp.test", ...keysOf("http"), ...keysOf("ws") });
    const own = authority.issue("URI://sp.test/id-in/CAE1");
    const ca = ["--tls.ca", authority.certFile];
    const shown = ["--tls.certificate", own.certFile, "--tls.key", own.keyFile];
    expect(await sent(front, "CAE1", [...ca, ...shown])).toBe(EXIT.OK);
    expect(await simulated(front, "CAE1", [...ca, ...shown])).toBe(EXIT.OK);
    for (const argv of [ca, shown]) {
      expect(await sent(front, "CAE1", argv)).toBe(EXIT.UNREACHABLE);
      expect(await simulated(front, "CAE1", argv)).toBe(EXIT.UNREACHABLE);
    }
  },
);
