/** What a fenced block is for, as the words behind its language say. */
export type Use =
  /** ```` ```sh run ````: runs to its end, with exit code 0. */
  | { readonly is: "run" }
  /** ```` ```sh stays listening=8180 ````: has a terminal of its own; what follows waits for that port. */
  | { readonly is: "stays"; readonly port: number | undefined }
  /** ```` ```yaml file=gateway.yaml ````: a file in the folder where commands run. */
  | { readonly is: "file"; readonly name: string }
  /** ```` ```text printed ````: each line is printed, sooner or later; `…` stands for anything. */
  | { readonly is: "printed" }
  /** Nothing is said. */
  | { readonly is: "shown" };

/** A fenced block of a document in Markdown. */
export interface Block {
  readonly language: string;
  readonly use: Use;
  readonly text: string;
  /** Of its opening fence, from 1. */
  readonly line: number;
}

/** What stands below one heading, up to the next one of any level. */
export interface Section {
  readonly heading: string;
  readonly blocks: readonly Block[];
}

const FENCE = /^```(\S*) ?(.*)$/;

/** The sections of a document, in order. @throws Error for a mark that is none */
export function sectionsOf(markdown: string): readonly Section[] {
  const sections: { heading: string; blocks: Block[] }[] = [{ heading: "", blocks: [] }];
  let open: { language: string; use: Use; line: number; lines: string[] } | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    const [fence, language = "", mark = ""] = FENCE.exec(line) ?? [];
    if (fence === undefined && open === undefined && /^#+ /.test(line)) {
      sections.push({ heading: line.replace(/^#+ /, ""), blocks: [] });
    } else if (fence === undefined) {
      open?.lines.push(`${line}\n`);
    } else if (open === undefined) {
      open = { language, use: useOf(mark), line: index + 1, lines: [] };
    } else {
      const { lines, ...block } = open;
      sections.at(-1)?.blocks.push({ ...block, text: lines.join("") });
      open = undefined;
    }
  }
  return sections;
}

function useOf(mark: string): Use {
  const [stays, port] = /^stays(?: listening=(\d+))?$/.exec(mark) ?? [];
  const [, name] = /^file=([\w.-]+)$/.exec(mark) ?? [];
  if (mark === "") return { is: "shown" };
  if (mark === "run" || mark === "printed") return { is: mark };
  if (name !== undefined) return { is: "file", name };
  if (stays !== undefined) return { is: "stays", port: port ? Number(port) : undefined };
  throw new Error(`a block is marked "${mark}"; the marks are those of test/docs/document.ts`);
}
