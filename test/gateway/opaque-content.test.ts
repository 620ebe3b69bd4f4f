import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asked, type Front, inStep, SGN, startFront } from "./front.ts";

/** Numbers as people and machines write them; most change under JSON.parse and JSON.stringify. */
const NUMBERS = [
  "0",
  "-0",
  "1.0",
  "1.10",
  "1e400",
  "-1E+400",
  "1e-400",
  "9007199254740993",
  "123456789012345678901234567890",
  "0.1000000000000000055511151231257827",
  "1E5",
  "1e+05",
];

/** Texts of strings, quotes left out, in spellings that a rewrite would not keep. */
const STRINGS = [
  "",
  "a",
  "\\u0061",
  "\\/",
  "/",
  "\\u00E9",
  "é",
  "\\ud83d\\ude00",
  "😀",
  "𝒳\u{10FFFF}",
  "\\ud800",
  '\\b\\f\\n\\r\\t\\\\\\"',
  "\u2028\u2029\u007f",
  '\\"},\\"fr\\":\\"CEvil',
  "__proto__",
  "ws://default",
  "m2m:rqp",
];

const blank = fc.constantFrom("", "", "", " ", "\n", "\t ", "\r\n  ");
const stringText = fc
  .oneof(
    fc.constantFrom(...STRINGS),
    fc.string({ unit: "binary", maxLength: 8 }).map((text) => JSON.stringify(text).slice(1, -1)),
  )
  .map((inside) => `"${inside}"`);
const atom = fc.oneof(
  stringText,
  fc.constantFrom("true", "false", "null", ...NUMBERS),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
);

/** Any JSON value as a text, blanks and all; no object has a member twice. */
const { value } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, atom, tie("array"), tie("object")),
  array: fc
    .array(fc.tuple(blank, tie("value"), blank), { maxLength: 4 })
    .map((items) => `[${items.map((item) => item.join("")).join(",")}]`),
  object: fc
    .uniqueArray(fc.tuple(blank, stringText, blank, blank, tie("value"), blank), {
      maxLength: 4,
      selector: ([, name]) => JSON.parse(name) as string,
    })
    .map((members) => {
      const texts = members.map(([a, name, b, c, inner, d]) => `${a}${name}${b}:${c}${inner}${d}`);
      return `{${texts.join(",")}}`;
    }),
}));

/** Content with the root `root`, odd blanks everywhere. */
const contentOf = (root: string): fc.Arbitrary<string> =>
  fc
    .tuple(blank, blank, blank, value, blank)
    .map(([a, b, c, inner, d]) => `{${a}"${root}"${b}:${c}${inner}${d}}`);

const RUNS = { numRuns: 150 };

describe("with JSON on both sides the text of pc arrives byte for byte as sent (architecture, D1)", () => {
  test("from an HTTP request to the registree", async () => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1");
    ae.socket.on("message", (data) => {
      const { rqi } = JSON.parse(data.toString());
      if (data.toString().includes('"op"')) ae.send(`{"rsc":2000,"rqi":"${rqi}"}`);
    });
    await fc.assert(
      fc.asyncProperty(contentOf("m2m:sgn"), async (text) => {
        expect(await front.notify(point, { body: text })).toMatchObject({ status: 200, rsc: 2000 });
        const frame = ae.frames.at(-1)?.text ?? "";
        expect(frame).toContain(`"pc":${text}`);
        expect(envelopeOf(frame, text)).toEqual({
          op: 5,
          to: "CAE1",
          fr: "/id-in",
          rqi: "n1",
          rvi: "3",
          pc: 0,
        });
      }),
      RUNS,
    );
  });

  test("from the registree's answer to the HTTP response", async () => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1");
    let text = "";
    ae.socket.on("message", () => ae.send(`{ "rqi":"n1" , "pc" : ${text}\n, "rsc":2000}`));
    await fc.assert(
      fc.asyncProperty(contentOf("m2m:dbg"), async (sent) => {
        text = sent;
        const { body, status, headers } = await front.notify(point);
        expect({ body, status }).toEqual({ body: text, status: 200 });
        expect(headers["content-length"]).toBe(String(Buffer.byteLength(text)));
      }),
      RUNS,
    );
  });

  test("from the registree's request to the CSE", async () => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1");
    front.cse.answer(() => ({ rsc: 2001 }));
    await fc.assert(
      fc.asyncProperty(contentOf("m2m:cin"), blank, async (text, gap) => {
        ae.send(
          `{"op":1,"pc":${gap}${text}${gap},"to":"CAE1/c","ty":4,"fr":"CAE1","rqi":"q","rvi":"3"}`,
        );
        expect(await ae.nextResponse()).toMatchObject({ rsc: 2001, rqi: "q" });
        expect(front.cse.requests.at(-1)).toMatchObject({
          body: text,
          headers: { "x-m2m-origin": "CAE1" },
        });
      }),
      RUNS,
    );
  });

  test("from the CSE's answer to the registree", async () => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1");
    let text = "";
    front.cse.answer(() => ({ rsc: 2000, body: text }));
    await fc.assert(
      fc.asyncProperty(contentOf("m2m:cin"), async (sent) => {
        text = sent;
        expect(await ae.request({ op: 2, to: "cse-in/x", fr: "CAE1", rqi: "q" })).toMatchObject({
          rsc: 2000,
        });
        const frame = ae.frames.at(-1)?.text ?? "";
        expect(frame).toContain(`"pc":${text}`);
        expect(envelopeOf(frame, text)).toEqual({ rsc: 2000, rqi: "q", pc: 0 });
      }),
      RUNS,
    );
  });
});

/** The envelope of a message with 0 in the place of its content, whose text must occur in it once as `pc`. */
const envelopeOf = (frame: string, content: string): unknown => {
  const at = frame.indexOf(`"pc":${content}`) + '"pc":'.length;
  return JSON.parse(`${frame.slice(0, at)}0${frame.slice(at + content.length)}`);
};

test("content with blanks around it is forwarded as the same content", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: () => ({ rsc: 2000 }) });
  expect(await front.notify(point, { body: `\r\n ${SGN}\t\n` })).toMatchObject({ rsc: 2000 });
  expect(await ae.nextRequest()).toMatchObject({ op: 5, pc: JSON.parse(SGN) });
});

const nested = (depth: number): string => `{"m2m:sgn":${"[".repeat(depth)}${"]".repeat(depth)}}`;

test("content as deep as resources go is forwarded", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: () => ({ rsc: 2000 }) });
  expect(await front.notify(point, { body: nested(32) })).toMatchObject({ status: 200, rsc: 2000 });
  expect(ae.frames.at(-1)?.text).toContain(nested(32));
});

/** Texts that are not one unambiguous JSON value of bounded depth. */
const REFUSED: readonly [string, string | Buffer][] = [
  ["a body that closes its object early to override fr", '{"m2m:sgn":{}},"fr":"CEvil","x":{'],
  ["the same with the rest of an envelope", '{"m2m:sgn":{}},"fr":"CEvil","pc":{"m2m:sgn":{}'],
  ["a second value behind the first", '{"m2m:sgn":{}}{"m2m:sgn":{}}'],
  ["trailing bytes", '{"m2m:sgn":{}} x'],
  ["a trailing NUL", '{"m2m:sgn":{}}\0'],
  ["a trailing comma", '{"m2m:sgn":{},}'],
  ["a root twice", '{"m2m:sgn":{},"m2m:sgn":{}}'],
  ["a member twice, deep inside", '{"m2m:sgn":{"nev":{"rep":[{"a":1,"b":2,"a":3}]}}}'],
  ["a member twice in two spellings", '{"m2m:sgn":{"a":1,"\\u0061":2}}'],
  ["__proto__ twice", '{"m2m:sgn":{"__proto__":1,"__proto__":2}}'],
  ["excessive depth of arrays", nested(10_000)],
  ["excessive depth of objects", `${'{"m2m:sgn":'.repeat(10_000)}1${"}".repeat(10_000)}`],
  ["bytes that are not UTF-8", Buffer.from('{"m2m:sgn":{"sur":"\xff"}}', "latin1")],
  ["an overlong encoding", Buffer.from('{"m2m:sgn":{"sur":"\xc0\xaf"}}', "latin1")],
  ["a surrogate in UTF-8", Buffer.from('{"m2m:sgn":{"sur":"\xed\xa0\x80"}}', "latin1")],
  ["a byte order mark", '\ufeff{"m2m:sgn":{}}'],
  ["UTF-16", Buffer.from('{"m2m:sgn":{}}', "utf16le")],
  ["a line break in a string", '{"m2m:sgn":{"sur":"a\nb"}}'],
  ["a bad escape", '{"m2m:sgn":{"sur":"\\x41"}}'],
  ["half an escape", '{"m2m:sgn":{"sur":"\\u00"}}'],
  ["a leading zero", '{"m2m:sgn":{"a":01}}'],
  ["a bare point", '{"m2m:sgn":{"a":1.}}'],
  ["NaN", '{"m2m:sgn":{"a":NaN}}'],
  ["single quotes", "{'m2m:sgn':{}}"],
  ["a comment", '{"m2m:sgn":{}/**/}'],
  ["a blank that JSON has not", '{"m2m:sgn":\u00a0{}}'],
  ["a text cut off", '{"m2m:sgn":{'],
];

test("content that is not one unambiguous JSON text is 400 with 4000 at the HTTP face, and never forwarded", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1");
  for (const [what, body] of REFUSED) {
    const answer = await postRaw(front, point, body);
    expect(answer, what).toMatchObject({ status: 400, rsc: 4000, headers: { "x-m2m-ri": "n1" } });
  }
  await inStep(ae);
  expect(ae.frames).toHaveLength(1);
});

const postRaw = (front: Front, target: string, body: string | Buffer) =>
  front.http({
    method: "POST",
    target,
    headers: {
      "X-M2M-Origin": "/id-in",
      "X-M2M-RI": "n1",
      "X-M2M-RVI": "3",
      "Content-Type": "application/json",
    },
    body,
  });

test("a registree's message with such content is refused, and never forwarded (SZ-11, SZ-12)", async () => {
  const front = await startFront();
  await front.ae("CAE1");
  for (const [what, pc] of REFUSED) {
    // Bytes that are no UTF-8 close the socket already (SZ-10), and a message begins elsewhere.
    if (typeof pc !== "string" || what === "a byte order mark") continue;
    const ae = await front.connect({ origin: "CAE1" });
    ae.send(`{"op":1,"to":"CAE1/c","ty":4,"fr":"CAE1","rqi":"q","rvi":"3","pc":${pc}}`);
    expect(await ae.nextResponse(), what).toMatchObject({ rsc: 4000 });
  }
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
});

test("an envelope with a member twice is refused, so that no two readers disagree about it (SZ-12)", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  for (const doubled of [
    '"fr":"CEvil"',
    '"\\u0066r":"CEvil"',
    '"op":4',
    '"to":"cse-in"',
    '"pc":{}',
  ]) {
    ae.send(
      `{"op":1,"to":"CAE1/c","ty":4,"fr":"CAE1","rqi":"q","rvi":"3","pc":{"m2m:cin":{}},${doubled}}`,
    );
    await inStep(ae);
  }
  expect(asked(front.cse)).toEqual(["POST /cse-in"]);
  for (const { text } of ae.frames.slice(1)) expect(JSON.parse(text)).toMatchObject({ rsc: 4000 });
});

test("an answer of the CSE with such content reaches no registree", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  for (const [what, body] of REFUSED) {
    front.cse.answer((request, response) => {
      response.writeHead(200, {
        "Content-Type": "application/json",
        "X-M2M-RSC": "2000",
        "X-M2M-RI": String(request.headers["x-m2m-ri"]),
        "Content-Length": Buffer.byteLength(body),
      });
      response.end(body);
      return undefined;
    });
    const response = await ae.request({ op: 2, to: "cse-in/x", fr: "CAE1" });
    expect([4008, 5103], what).toContain(response.rsc);
    expect(Object.keys(response.pc ?? { "m2m:dbg": "" }), what).toEqual(["m2m:dbg"]);
  }
});

test("a registree's answer with such content never becomes an HTTP response", async () => {
  const front = await startFront({ "request.ceiling": "50ms" });
  const { ae, point } = await front.ae("CAE1");
  ae.socket.on("message", () => {
    ae.send('{"rsc":2000,"rqi":"n1","pc":{"m2m:dbg":"a","m2m:dbg":"b"}}');
  });
  expect(await front.notify(point)).toMatchObject({ status: 504, rsc: 4008 });
});

test("members of content that bear envelope names are content", async () => {
  const front = await startFront();
  const { ae, point } = await front.ae("CAE1", { answer: () => ({ rsc: 2000 }) });
  const body = '{"m2m:sgn":{"fr":"CEvil","op":4,"to":"x","rqi":"y","pc":{"fr":"z"}}}';
  await front.notify(point, { body });
  expect(await ae.nextRequest()).toEqual({
    op: 5,
    to: "CAE1",
    fr: "/id-in",
    rqi: "n1",
    rvi: "3",
    pc: JSON.parse(body),
  });
});
