import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markupOf } from "../../../src/codec/xml/markup.ts";
import { parseXml, type XmlElement } from "../../../src/codec/xml/parse.ts";
import { bytes, LENIENT } from "../json/using-json.ts";
import { COMMON, CORE, contentOf, xmlCodec } from "./using-xml.ts";

const nested = (depth: number): string => "<a>".repeat(depth) + "</a>".repeat(depth);

describe("refusing", () => {
  test.each<[string, string, RegExp]>([
    ["nothing", "", /no element/],
    ["blanks only", " \n", /no element/],
    ["no markup", "text", /text outside/],
    ["JSON", '{"m2m:cnt":{}}', /text outside/],
    ["a document type", '<!DOCTYPE a [<!ENTITY x "y">]><a/>', /document type/],
    ["a document type behind a comment", "<!-- --><!DOCTYPE a><a/>", /document type/],
    ["a document type inside the root", "<a><!DOCTYPE a></a>", /document type/],
    ["an element declaration", "<a><!ELEMENT a ANY></a>", /unknown markup/],
    ["an entity of HTML", "<a>&nbsp;</a>", /&nbsp;.*no reference/],
    ["an entity of nobody", "<a>&foo;</a>", /&foo;.*no reference/],
    ["a parameter entity", "<a>&%foo;</a>", /no reference/],
    ["an entity of HTML in an attribute", '<a b="&nbsp;"/>', /no reference/],
    ["an entity in upper case", "<a>&AMP;</a>", /no reference/],
    ["an ampersand", "<a>a & b</a>", /no reference/],
    ["an ampersand at the end of text", "<a>&</a>", /no reference/],
    ["a reference without semicolon", "<a>&lt b</a>", /no reference/],
    ["a numeric reference to U+0000", "<a>&#0;</a>", /character that XML/],
    ["a numeric reference to U+0001", "<a>&#x1;</a>", /character that XML/],
    ["a numeric reference to a surrogate", "<a>&#xD800;</a>", /character that XML/],
    ["a numeric reference to U+FFFE", "<a>&#xFFFE;</a>", /character that XML/],
    ["a numeric reference beyond Unicode", "<a>&#x110000;</a>", /character that XML/],
    ["a numeric reference without digits", "<a>&#;</a>", /no reference/],
    ["a numeric reference in capital X", "<a>&#XD;</a>", /no reference/],
    ["U+0000", "<a>\u0000</a>", /character that XML/],
    ["U+001F", "<a>\u001f</a>", /character that XML/],
    ["U+FFFF", "<a>\uffff</a>", /character that XML/],
    ["a control character in a comment", "<a><!--\u0001--></a>", /character that XML/],
    ["two roots", "<a/><b/>", /second root/],
    ["two roots, closed by tags", "<a></a><b></b>", /second root/],
    ["text before the root", "x<a/>", /text outside/],
    ["text behind the root", "<a/>x", /text outside/],
    ["a reference behind the root", "<a/>&#32;", /text outside/],
    ["CDATA behind the root", "<a/><![CDATA[]]>", /text outside/],
    ["a root that is not closed", "<a>", /no end of <a>/],
    ["an element that is not closed", "<a><b></a>", /ends nothing/],
    ["elements that cross", "<a><b></a></b>", /ends nothing/],
    ["an end tag without start", "</a>", /ends nothing/],
    ["an end tag too many", "<a></a></a>", /ends nothing/],
    ["an end tag in another case", "<a></A>", /ends nothing/],
    ["an end tag with an attribute", '<a></a b="1">', /malformed tag/],
    ["a tag cut off", "<a", /malformed tag/],
    ["a tag cut off behind a blank", "<a ", /no name/],
    ["a tag in a tag", "<a <b/>></a>", /no name/],
    ["a lone <", "<a>1 < 2</a>", /no name/],
    ["a lone < at the end", "<a>1 <", /no name/],
    ["a name that begins with a digit", "<1/>", /no name/],
    ["a name that begins with a hyphen", "<-a/>", /no name/],
    ["a name with two colons", "<m2m:a:b/>", /malformed tag/],
    ["a name that begins with a colon", "<:a/>", /no name/],
    ["a name that ends with a colon", "<m2m:/>", /malformed tag/],
    ["a name with a blank of Ogham", "<a\u1680b/>", /malformed tag/],
    ["an attribute twice", '<a b="1" b="2"/>', /b a second time/],
    [
      "an attribute twice under two prefixes",
      '<a xmlns:x="u" xmlns:y="u" x:b="1" y:b="2"/>',
      /attribute a second time/,
    ],
    ["an attribute without value", "<a b/>", /without value/],
    ["an attribute without quotes", "<a b=1/>", /without value/],
    ["an attribute that is not closed", '<a b="1/>', /no end of an attribute/],
    ["attributes without a blank between", '<a b="1"c="2"/>', /malformed tag/],
    ["< in an attribute", '<a b="<"/>', /< in an attribute/],
    [
      "65 attributes",
      `<a${Array.from({ length: 65 }, (_, i) => ` a${i}=""`).join("")}/>`,
      /more than 64 attr/,
    ],
    ["]]> in text", "<a>]]></a>", /\]\]> in text/],
    ["CDATA that is not closed", "<a><![CDATA[x</a>", /no end of a CDATA/],
    ["a comment that is not closed", "<a><!-- x</a>", /malformed comment/],
    ["a comment with two hyphens", "<a><!-- -- --></a>", /malformed comment/],
    ["an instruction that is not closed", "<a><?p x</a>", /malformed processing/],
    ["an instruction without name", "<a>< ?p?></a>", /no name/],
    ["a declaration behind the start", ' <?xml version="1.0"?><a/>', /declaration behind/],
    ["a declaration twice", '<?xml version="1.0"?><?xml version="1.0"?><a/>', /declaration behind/],
    ["XML 1.1", '<?xml version="1.1"?><a/>', /not XML 1.0's/],
    ["a declaration without version", '<?xml encoding="UTF-8"?><a/>', /not XML 1.0's/],
    ["Latin-1", '<?xml version="1.0" encoding="ISO-8859-1"?><a/>', /ISO-8859-1, not UTF-8/],
    ["UTF-16", "<?xml version='1.0' encoding='utf-16'?><a/>", /utf-16, not UTF-8/],
    ["nesting beyond the limit", nested(65), /deeper than 64/],
    ["thousands of tags that are not closed", "<a>".repeat(5000), /deeper than 64/],
    ["a prefix that nobody knows", "<x:a/>", /prefix x, which is not declared/],
    [
      "a prefix of an attribute that nobody knows",
      '<a x:b="1"/>',
      /prefix x, which is not declared/,
    ],
    ["a prefix declared in a sibling", '<a><b xmlns:x="u"/><x:c/></a>', /prefix x/],
    ["a prefix taken back", '<a xmlns:x="u"><b xmlns:x=""/></a>', /no namespace for the prefix x/],
    ["a declaration of xmlns", '<a xmlns:xmlns="u"/>', /declaration of the prefix xmlns/],
    ["a declaration of xml as another", '<a xmlns:xml="u"/>', /declaration of the prefix xml/],
    ["an element of the prefix xmlns", "<xmlns:a/>", /prefix xmlns/],
    [
      "65 namespaces at once",
      Array.from(
        { length: 5 },
        (_, i) => `<a${Array.from({ length: 13 }, (_, j) => ` xmlns:p${i}x${j}="u"`).join("")}>`,
      ).join("") + "</a>".repeat(5),
      /more than 64 namespaces/,
    ],
  ])("%s is refused with 4000 and a sentence", (_, xml, sentence) => {
    expect(() => contentOf(xml)).toThrow(
      expect.objectContaining({ code: "GW_CONTENT_MALFORMED", rsc: 4000 }),
    );
    expect(() => contentOf(xml)).toThrow(/^the content cannot be read: XML with /);
    expect(() => contentOf(xml)).toThrow(sentence);
    expect(xmlCodec.readPrimitive(bytes(xml), LENIENT)).toMatchObject({ unreadable: true });
  });

  test.each([
    ["a lone continuation byte", [0x80]],
    ["an overlong <", [0xc0, 0xbc]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["Latin-1", [0xfc]],
  ])("%s is no UTF-8 and is refused", (_, inside) => {
    const document = Buffer.concat([bytes("<a>"), Buffer.from(inside), bytes("</a>")]);
    expect(() => xmlCodec.decodeContent(document, { emptyIsNull: false })).toThrow(/not UTF-8/);
    expect(xmlCodec.readPrimitive(document, LENIENT)).toMatchObject({ unreadable: true });
  });

  test("UTF-16 with a byte order mark is no UTF-8 and is refused", () => {
    const document = Buffer.from("\ufeff<a/>", "utf16le");
    expect(() => xmlCodec.decodeContent(document, { emptyIsNull: false })).toThrow(/not UTF-8/);
  });
});

describe("tolerating", () => {
  const text = (xml: string): unknown => parseXml(xml).children;

  test.each<[string, string, unknown]>([
    ["a byte order mark", "\ufeff<a>x</a>", ["x"]],
    [
      "a declaration",
      '<?xml version="1.0" encoding="utf-8" standalone="yes" ?>\n<a>x</a>\n',
      ["x"],
    ],
    ["CDATA, its markup as text", "<a>1<![CDATA[<b>&amp;]]>2</a>", ["1<b>&amp;2"]],
    ["CDATA of nothing", "<a><![CDATA[]]></a>", []],
    ["CDATA with > and ]]", "<a><![CDATA[]]>]]&gt;</a>", ["]]>"]],
    ["comments, as if they were not there", "<!--1--><a>x<!-- <b> & ]]> -->y</a><!--2-->", ["xy"]],
    ["instructions, quotes in them included", "<?p \"?><a>x<?q '>?>y</a><?r?>", ["xy"]],
    ["XML's own five entities", "<a>&lt;&gt;&amp;&quot;&apos;</a>", ["<>&\"'"]],
    ["references only once", "<a>&amp;lt;&amp;#65;</a>", ["&lt;&#65;"]],
    ["numeric references", "<a>&#65;&#x1F600;&#xD;&#10;</a>", ["A\u{1F600}\r\n"]],
    ["ends of lines, as one LF", "<a>1\r\n2\r3\n4</a>", ["1\n2\n3\n4"]],
    ["ends of lines in CDATA", "<a><![CDATA[1\r\n2]]></a>", ["1\n2"]],
    ["blanks around text, kept", "<a> x\t</a>", [" x\t"]],
    ["blanks in tags", "<a\n\tb = '1'\r\n>x</a\n>", ["x"]],
    ["64 levels", `<a>x${nested(63)}</a>`, ["x", expect.anything()]],
  ])("%s", (_, xml, children) => {
    expect(text(xml)).toEqual(children);
  });

  test("blanks in an attribute are spaces, unless they are written as references (XML 1.0, 3.3.3)", () => {
    expect(parseXml('<a b="1\r\n2\t3&#xA;4&#x9;5&#13;"/>').attributes).toEqual([
      { prefix: "", local: "b", namespace: "", value: "1 2 3\n4\t5\r" },
    ]);
  });

  test.each([
    ["declared", `<m2m:a xmlns:m2m="${CORE}"/>`, CORE],
    ["of the standard, though not declared (TS-0004, 8.3.1 shows it declared)", "<m2m:a/>", CORE],
    ["of a domain, though not declared", "<cod:a/>", COMMON],
    ["declared as something else", '<m2m:a xmlns:m2m="urn:x"/>', "urn:x"],
    ["of our choice", `<x:a xmlns:x="${CORE}"/>`, CORE],
    ["none, with a default", `<a xmlns="${CORE}"/>`, CORE],
    ["none, the default taken back", '<a xmlns=""/>', ""],
    ["none", "<a/>", ""],
  ])("a prefix that is %s stands for its namespace", (_, xml, namespace) => {
    expect(parseXml(xml)).toMatchObject({ local: "a", namespace });
  });

  test("a default namespace reaches the elements inside and no attribute", () => {
    const { children, attributes } = parseXml('<a xmlns="urn:x" b=""><c/><d xmlns=""><e/></d></a>');
    expect(attributes).toMatchObject([{ local: "b", namespace: "" }]);
    expect(children).toMatchObject([
      { local: "c", namespace: "urn:x" },
      { local: "d", namespace: "", children: [{ local: "e", namespace: "" }] },
    ]);
  });

  test("xsi:schemaLocation and xml:lang need no declaration and declare nothing", () => {
    const xml = '<a xsi:schemaLocation="urn:x x.xsd" xml:lang="en"/>';
    expect(parseXml(xml).attributes.map(({ local }) => local)).toEqual(["schemaLocation", "lang"]);
  });
});

const NAMESPACES = ["", CORE, COMMON, "urn:x", "urn:<&\"'>"];
const local = fc.oneof(
  fc.constantFrom(
    "a",
    "lbl",
    "constructor",
    "__proto__",
    "prototype",
    "toString",
    "hasOwnProperty",
  ),
  fc.constantFrom("_", "é", "a.b-c", "\u{10000}x", "xmlfoo", "valueOf"),
);
const qualified = fc.tuple(fc.nat(NAMESPACES.length - 1), local).map(([index, name]) => ({
  prefix: index === 0 ? "" : `p${index}`,
  local: name,
  namespace: NAMESPACES[index] ?? "",
}));
const value = fc.string({
  unit: fc.oneof(
    fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 1 }),
    fc.constantFrom(..."<>&\"'\t\n\r\u00a0\u2028\ufeff", "]]>", "😀", "&lt;", "<!--", "<![CDATA["),
  ),
  maxLength: 8,
});
const { element } = fc.letrec<{ element: XmlElement }>((tie) => ({
  element: fc
    .record({
      name: qualified,
      attributes: fc.uniqueArray(
        fc.tuple(qualified, value).map(([name, text]) => ({ ...name, value: text })),
        { maxLength: 3, selector: ({ prefix, local: name }) => `${prefix}:${name}` },
      ),
      children: fc.array(fc.oneof({ maxDepth: 4, depthSize: "small" }, value, tie("element")), {
        maxLength: 4,
      }),
    })
    .map(({ name, attributes, children }) => ({
      ...name,
      declarations: [],
      attributes,
      children: merged(children),
    })),
}));

/** No text is empty, and none stands next to another. */
function merged(children: readonly (XmlElement | string)[]): (XmlElement | string)[] {
  const all: (XmlElement | string)[] = [];
  for (const child of children) {
    const last = all.at(-1);
    if (typeof child === "string" && typeof last === "string") all[all.length - 1] = last + child;
    else if (child !== "") all.push(child);
  }
  return all;
}

/** The names in it as they are, wherever they are declared. */
const named = (tree: XmlElement): XmlElement => ({
  ...tree,
  declarations: [],
  children: tree.children.map((child) => (typeof child === "string" ? child : named(child))),
});

test("an element of any kind is the same after it is written on its own and parsed", () => {
  fc.assert(
    fc.property(element, (generated) => {
      const parsed = parseXml(markupOf(generated));
      expect(named(parsed)).toEqual(generated);
      expect(markupOf(parsed)).toBe(markupOf(generated));
    }),
    { numRuns: 800 },
  );
});

test("comments, instructions, CDATA and other quotes change nothing", () => {
  const noise = fc.constantFrom("<!-- <a b='\"> & -->", "<?p \"'> <b ?>", "<![CDATA[]]>", "");
  fc.assert(
    fc.property(element, fc.infiniteStream(noise), (generated, stream) => {
      // Behind each tag but the last, where all of them may stand; written text has no > of its own.
      const noisy = markupOf(generated).replace(/>(?=.)/gs, () => `>${stream.next().value}`);
      expect(named(parseXml(noisy))).toEqual(generated);
    }),
    { numRuns: 300 },
  );
});
