import { describe, expect, test } from "vitest";
import { readProject } from "../helpers/deploy-tools.ts";
import { hasCommand } from "../helpers/has-command.ts";
import { havePython } from "../helpers/python.ts";
import { type Block, type Section, sectionsOf } from "./document.ts";
import { networkOfItsOwn, startReader } from "./terminals.ts";

const GATEWAY = `
\`\`\`sh stays listening=8180
npm start
\`\`\``;
/** What the text says to have running, where no block of the section does. */
const BESIDE: Readonly<Record<string, string>> = {
  "The bridge: a field network that can only dial out": GATEWAY,
  "JSON, XML and CBOR": `${GATEWAY}
\`\`\`sh stays
node dist/main.js sim --ae Clamp
\`\`\`
\`\`\`text printed
Clamp: registered as Clamp
\`\`\``,
  "What is held": GATEWAY,
  "In Python": GATEWAY,
  "In Node.js": GATEWAY,
  "In C": GATEWAY,
  Runbook: GATEWAY,
};

/** Blocks that are only shown: document, heading, their languages, and why nothing runs them. */
const SHOWN: readonly (readonly [string, string, readonly string[], string])[] = [
  ["README.md", "m2mgw", [""], "a picture"],
  ["README.md", "Start", ["sh"], "runs this very test"],
  ["README.md", "The bridge: a field network that can only dial out", [""], "a picture"],
  ["README.md", "When it does not connect", ["sh"], "test/cli/doctor*.test.ts run it"],
  ["README.md", "Credentials", ["yaml"], "its hashes are cut; config/README.md has some made"],
  ["README.md", "TLS", ["yaml"], "names files in /etc; config/README.md has one that starts"],
  ["README.md", "Traces", ["js", "sh"], "test/cli/tracing.test.ts runs it"],
  ["config/README.md", "In Node.js", ["sh"], "asks a registry; the project brings the same ws"],
  ["deploy/README.md", "systemd", ["sh"], "test/deploy/readme.test.ts runs it"],
  ["deploy/README.md", "systemd", ["sh"], "needs a running systemd"],
  ["deploy/README.md", "A container", ["sh"], "needs an engine; see test/deploy"],
  ["deploy/README.md", "compose", ["sh", "sh"], "needs an engine; see test/deploy"],
  ["deploy/README.md", "Kubernetes", ["sh"], "test/deploy/readme.test.ts runs it"],
];

const blocksOf = (sections: readonly Section[]) => sections.flatMap(({ blocks }) => blocks);
const isFile = ({ use }: Block): boolean => use.is === "file";

/** Whether the programs are here that it takes, besides those that everybody has. */
function haveAllFor(blocks: readonly Block[]): boolean {
  const calls = (name: string) =>
    blocks.some(({ text, language }) => language === "sh" && text.includes(`${name} `));
  if (["pip", "acmecse", "python"].some(calls) && !havePython()) return false;
  return ["curl", "cc", "openssl", "promtool"].every((name) => !calls(name) || hasCommand(name));
}

/** A configuration that is written down is one that the gateway takes. */
function checkOf({ use, line }: Block): readonly Block[] {
  if (use.is !== "file" || !use.name.endsWith(".yaml")) return [];
  const text = `m2mgw check-config -c ${use.name}\n`;
  return [{ language: "sh", use: { is: "run" }, text, line }];
}

/** Rows from the top that a newcomer sees without scrolling. */
const SCREEN = 40;
const DOCUMENTS = ["README.md", "config/README.md", "deploy/README.md"];
const network = networkOfItsOwn();

describe.each(DOCUMENTS)("%s", (document) => {
  const sections = sectionsOf(readProject(document));

  test("has no block but those that are run, written, compared, or named here with the reason", () => {
    const shown = sections.flatMap(({ heading, blocks }) =>
      blocks.filter(({ use }) => use.is === "shown").map(({ language }) => [heading, language]),
    );
    const named = SHOWN.filter(([where]) => where === document).flatMap(([, heading, languages]) =>
      languages.map((language) => [heading, language]),
    );
    expect(shown).toEqual(named);
  });

  const followed = sections.filter(({ blocks }) =>
    blocks.some(({ use }) => use.is === "run" || use.is === "stays"),
  );
  for (const { heading, blocks } of followed) {
    test.skipIf(network === undefined || !haveAllFor(blocks))(
      `who does what it says under “${heading}” sees what it says`,
      async () => {
        const before = sections.slice(
          0,
          sections.findIndex((each) => each.heading === heading),
        );
        const reader = await startReader(network ?? [], blocksOf(before).filter(isFile));
        const beside = blocksOf(sectionsOf(BESIDE[heading] ?? ""));
        for (const block of [...beside, ...blocks, ...blocks.flatMap(checkOf)]) {
          await reader.follow(block);
        }
      },
      180_000,
    );
  }
});

test("README leads to something to be seen within a screen", () => {
  const blocks = blocksOf(sectionsOf(readProject("README.md")));
  const commands = blocks.filter(({ language }) => language === "sh").slice(0, 2);
  const seen = blocks.find(({ use }) => use.is === "printed");
  expect(commands.every(({ use }) => use.is !== "shown")).toBe(true);
  expect((seen?.line ?? SCREEN) + 2).toBeLessThanOrEqual(SCREEN);
  expect(commands[1]?.line).toBeLessThan(seen?.line ?? 0);
});
