import { describe, expect, test } from "vitest";
import { contentOf, core } from "./using-xml.ts";

const nested = (depth: number): string => "<a>".repeat(depth) + "</a>".repeat(depth);

describe("a long document is read, or refused, in a time that grows with its length", () => {
  const many = 30_000;
  const big = (part: string, times = many): string => part.repeat(times);
  test.each([
    ["many elements", core("cnt", big("<b/>"))],
    ["many names", core("cnt", Array.from({ length: many }, (_, i) => `<b${i}/>`).join(""))],
    ["many resources", core("cnt", big("<m2m:cin><con>x</con></m2m:cin>", many / 2))],
    ["many references", core("cin", `<con>${big("&lt;")}</con>`)],
    [
      "a long name around many texts",
      core("cnt", `<${big("a", 250_000)}>${big("x<b/>")}</${big("a", 250_000)}>`),
    ],
    ["many attributes", `<a ${Array.from({ length: many }, (_, i) => `c${i}=""`).join(" ")}/>`],
    ["many declarations", core("cnt", big('<x:b xmlns:x="u"/>'))],
    ["many comments", core("cnt", big("<!-- x -->"))],
    ["many comments that are not closed", core("cnt", big("<!-- "))],
    ["many CDATA sections that are not closed", core("cnt", big("<![CDATA["))],
    ["many tags that are not closed", big("<a>")],
    ["many quotes", `<a b="${big("'")}`],
    ["a long number that is none", core("cnt", `<mni>${big("1", 250_000)}x</mni>`)],
    [
      "many blanks around a number",
      core("cnt", `<mni>${big(" ", 250_000)}1${big(" ", 250_000)}</mni>`),
    ],
    ["many items", core("cnt", `<lbl>${big("x ", 100_000)}</lbl>`)],
    ["a row of deep nests", core("cnt", big(nested(60), many / 60))],
    [
      "blanks in a declaration",
      `<?xml${big(" ", 250_000)}version="1.0"${big(" ", 250_000)}x?><a/>`,
    ],
  ])("%s", (_, xml) => {
    // Work that grows with the square would not end within the time a test has.
    const attempt = (): void => {
      const content = contentOf(xml);
      content.tree();
      content.exact();
    };
    try {
      attempt();
    } catch (error) {
      expect(error).toMatchObject({ rsc: 4000 });
    }
  });
});

test("a document has as many elements as any content may need, and no more", () => {
  const list = (count: number): string => core("cnt", "<b/>".repeat(count));
  expect(() => contentOf(list(65_535))).not.toThrow();
  expect(() => contentOf(list(65_536))).toThrow("more than 65536 elements");
});
