import { expect, test } from "vitest";
import { readProject } from "../helpers/deploy-tools.ts";
import { hasCommand } from "../helpers/has-command.ts";
import { havePython } from "../helpers/python.ts";
import { type Block, sectionsOf } from "./document.ts";
import { networkOfItsOwn, startReader } from "./terminals.ts";

/** The most lines that a device may take. */
const PAGE = 60;
const network = networkOfItsOwn();
const written = sectionsOf(readProject("config/README.md"))
  .flatMap(({ blocks }) => blocks)
  .filter(({ use }) => use.is === "file");

const DEVICES = [
  { file: "device.py", name: "Cpython", start: "exec python device.py", here: havePython() },
  { file: "device.mjs", name: "Cnode", start: "exec node device.mjs", here: true },
  {
    file: "device.c",
    name: "Cboard",
    start: "cc -I test/docs -o device device.c test/docs/board.c; exec ./device",
    here: hasCommand("cc"),
  },
] as const;

const run = (text: string): Block => ({ language: "sh", use: { is: "run" }, text, line: 0 });
const printed = (text: string): Block => ({ ...run(text), use: { is: "printed" } });
const stays = (text: string, line: number, port?: number): Block => ({
  ...run(text),
  use: { is: "stays", port },
  line,
});

test.each(DEVICES)("$file fits a page", ({ file }) => {
  const device = written.find(({ use }) => use.is === "file" && use.name === file);
  expect(device?.text.split("\n").length).toBeLessThanOrEqual(PAGE + 1);
});

for (const { file, name, start, here } of DEVICES) {
  test.skipIf(network === undefined || !here)(
    `${file} comes back, says who it is, acts once on what comes twice, and takes no rqi again after a restart`,
    async () => {
      const reader = await startReader(network ?? [], written);
      await reader.follow(stays("node test/docs/registrar.mjs", 1, 8180));
      await reader.follow(stays(`echo $$ > pid; ${start}`, 2));
      await reader.follow(printed(`connection 1: request 1 ${name} cse-in\n${name} registered`));
      await reader.follow(printed(`connection 2: request 2 ${name} cse-in/${name}`));
      const answers = (turn: number) => `connection ${turn}: answer `;
      await reader.follow(printed(`${answers(2)}first 2000\n${answers(2)}second 2000`));
      const got = reader.output().match(/^got .*$/gm) ?? [];
      expect(got).toEqual([expect.stringContaining("first"), expect.stringContaining("second")]);
      await reader.follow(run("kill $(cat pid)"));
      await reader.follow(stays(start, 3));
      await reader.follow(printed(`${answers(3)}second 2000`));
      expect(reader.output()).not.toContain("known:");
    },
    120_000,
  );
}
