import { describe, expect, test } from "vitest";
import type { Message } from "../helpers/fake-registree.ts";
import { CBOR_FORM, FORMS } from "../helpers/forms.ts";
import { ok, startFront } from "./front.ts";

const LABORATORY = { "ws.allowCseOnPlain": "true" };
const ORIGIN = { "X-M2M-Origin": "CApp", "X-M2M-RI": "h1", "X-M2M-RVI": "3" };

/** The fields of a request-target's query, values decoded, in alphabetical order. */
const fieldsOf = (target: string): string[] =>
  target
    .slice(target.indexOf("?") + 1)
    .split("&")
    .map(decodeURIComponent)
    .toSorted();

const asATR = {
  fu: 1,
  ty: [3, 4],
  lbl: ["a"],
  atr: [
    { nm: "cr", val: "Sam" },
    { nm: "rn", val: "t*" },
  ],
  catr: [{ nm: "con", val: "on" }],
  patr: [{ nm: "cr", val: "CAE7" }],
};
const flattened = {
  fu: 1,
  ty: [3, 4],
  lbl: ["a"],
  cr: "Sam",
  rn: "t*",
  "c.con": "on",
  "p.cr": "CAE7",
};
const QUERY = ["c.con=on", "cr=Sam", "fu=1", "lbl=a", "p.cr=CAE7", "rn=t*", "ty=3+4"];

describe("attribute conditions of a registree reach an HTTP CSE as the same query (3.3)", () => {
  test.each([
    ["fc.atr", asATR],
    ["members of fc", flattened],
  ])("from %s", async (_shape, fc) => {
    const front = await startFront();
    for (const { registree, name } of FORMS) {
      // A flattened condition is no element of the schema, and nothing that XML peers are known to write.
      if (name === "xml" && fc === flattened) continue;
      const { ae } = await front.ae(`C-${name}`, registree);
      const answer = await ae.request({ op: 2, to: "cse-in", fr: `C-${name}`, fc });
      expect(answer, name).toMatchObject({ rsc: 2000 });
      expect(fieldsOf(front.cse.requests.at(-1)?.target ?? ""), name).toEqual(QUERY);
    }
  });

  test.each([
    ["flattened", { mni: 5, disr: true }],
    [
      "in fc.atr",
      {
        atr: [
          { nm: "mni", val: 5 },
          { nm: "disr", val: true },
        ],
      },
    ],
  ])(
    "values %s that are numbers and booleans are their text in the query (primitives, 9.5)",
    async (_shape, fc) => {
      const front = await startFront();
      const { ae } = await front.ae();
      const answer = await ae.request({ op: 2, to: "cse-in", fr: "CAE1", fc });
      expect(answer).toMatchObject({ rsc: 2000 });
      expect(fieldsOf(front.cse.requests.at(-1)?.target ?? "")).toEqual(["disr=true", "mni=5"]);
    },
  );
});

describe("a CSE behind the gateway gets conditions in the shape that it writes itself (3.3, D3)", () => {
  const target = "/cse?fu=1&ty=3+4&lbl=a&cr=Sam&rn=t*&c.con=on&p.cr=CAE7";
  const asked = async (own: Message["fc"] | undefined): Promise<unknown> => {
    const front = await startFront(LABORATORY);
    const { ae, point } = await front.registreeCse("/id-mn", { answer: ok });
    if (own !== undefined) {
      const message = { op: 2, to: "cse-in", fr: "/id-mn", fc: own };
      expect(await ae.request(message)).toMatchObject({ rsc: 2000 });
    }
    const answer = await front.http({ target: point + target, headers: ORIGIN });
    expect(answer).toMatchObject({ status: 200, rsc: 2000 });
    return (await ae.nextRequest())["fc"];
  };

  test("one that never asked gets fc.atr", async () => {
    expect(await asked(undefined)).toEqual(asATR);
  });

  test("one that asked with fc.atr gets fc.atr", async () => {
    expect(await asked({ atr: [{ nm: "cr", val: "x" }] })).toEqual(asATR);
  });

  test("one that asked with known members of fc only gets fc.atr", async () => {
    expect(await asked({ fu: 1, lbl: ["x"], geom: "[1,2]", gmty: 1, gsf: 1 })).toEqual(asATR);
  });

  test("one that asked with flattened conditions gets them flattened", async () => {
    expect(await asked({ cr: "x" })).toEqual(flattened);
  });

  test("a CSE of CBOR that asked with flattened conditions gets them flattened", async () => {
    const front = await startFront(LABORATORY);
    const { ae, point } = await front.registreeCse("/id-mn", {
      ...CBOR_FORM.registree,
      answer: ok,
    });
    await ae.request({ op: 2, to: "cse-in", fr: "/id-mn", fc: { "c.con": "x" } });
    await front.http({ target: point + target, headers: ORIGIN });
    expect((await ae.nextRequest())["fc"]).toEqual(flattened);
  });

  test("what one CSE writes says nothing about another", async () => {
    const front = await startFront(LABORATORY);
    const one = await front.registreeCse("/id-mn", { answer: ok });
    const two = await front.registreeCse("/id-mn2", { answer: ok });
    await one.ae.request({ op: 2, to: "cse-in", fr: "/id-mn", fc: { cr: "x" } });
    await front.http({ target: two.point + target, headers: ORIGIN });
    expect((await two.ae.nextRequest())["fc"]).toEqual(asATR);
  });

  test("an XML registree gets fc.atr as repeated elements (primitives, 8.1)", async () => {
    const front = await startFront(LABORATORY);
    const { ae, point } = await front.registreeCse("/id-mn", {
      ...FORMS[1]?.registree,
      answer: ok,
    });
    await front.http({ target: point + target, headers: ORIGIN });
    await ae.nextRequest();
    const text = ae.frames.at(-1)?.text ?? "";
    for (const part of [
      "<lbl>a</lbl>",
      "<ty>3 4</ty>",
      "<atr><nm>cr</nm><val>Sam</val></atr><atr><nm>rn</nm><val>t*</val></atr>",
      "<catr><nm>con</nm><val>on</val></catr>",
      "<patr><nm>cr</nm><val>CAE7</val></patr>",
    ])
      expect(text).toContain(part);
  });
});
