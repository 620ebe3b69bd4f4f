import { expect } from "vitest";
import { fromCbor } from "../../helpers/coders.ts";
import { connectRegistree, type Message, type Registree } from "../../helpers/fake-registree.ts";
import type { Form, Sample } from "../../helpers/forms.ts";
import { markupTree, xmlTree } from "../../helpers/same-xml.ts";
import { uniqueName } from "./resources.ts";

/** What a content has to hold among other things. */
export interface Traits {
  /** Members in JSON shape, for JSON and CBOR. */
  readonly json: Record<string, unknown>;
  /** Whole elements that occur anywhere in the XML, or patterns of its text. */
  readonly xml: readonly (string | RegExp)[];
}

/** An AE of one serialization, whose XML is literal text and whose CBOR comes from a stock library. */
export class SpeakingAe {
  readonly name: string;
  /** Its AE-ID-Stem. */
  readonly id: string;
  readonly form: Form;
  readonly registree: Registree;
  readonly #mood: { answersWith: number };

  /** Connects an AE that has not registered yet; its connection is closed when the test ends. */
  static async connect(url: string, form: Form): Promise<SpeakingAe> {
    const mood = { answersWith: 2000 };
    const registree = await connectRegistree(url, {
      ...form.registree,
      answer: () => ({ rsc: mood.answersWith, rvi: "3" }),
    });
    return new SpeakingAe(form, registree, mood);
  }

  private constructor(form: Form, registree: Registree, mood: { answersWith: number }) {
    this.name = uniqueName();
    this.id = `C${this.name}`;
    this.form = form;
    this.registree = registree;
    this.#mood = mood;
  }

  /** The Response Status Code it answers each request with from now on. */
  set answersWith(rsc: number) {
    this.#mood.answersWith = rsc;
  }

  /** CREATE of its `<AE>`. @param csz its contentSerialization */
  register(csz: readonly string[] = []): Promise<Message> {
    const list = csz.length === 0 ? "" : `<csz>${csz.join(" ")}</csz>`;
    const ae = { rn: this.name, api: "Ntest", rr: true, srv: ["3"], poa: ["ws://default"] };
    const pc: Sample = {
      json: { "m2m:ae": { ...ae, ...(csz.length > 0 && { csz }) } },
      xml:
        `<m2m:ae rn="${this.name}"><api>Ntest</api><poa>ws://default</poa><rr>true</rr>` +
        `${list}<srv>3</srv></m2m:ae>`,
    };
    return this.request({ op: 1, to: "cse-in", ty: 2 }, pc);
  }

  /** Sends a request from its AE-ID and resolves with the response. */
  request(message: Message, content?: Sample): Promise<Message> {
    const pc = content === undefined ? {} : { pc: this.form.pc(content) };
    return this.registree.request({ fr: this.id, ...message, ...pc });
  }

  /** The address of what lies at `path` below its `<AE>`. */
  at(path = ""): string {
    return ["cse-in", this.name, path].filter(Boolean).join("/");
  }

  /** The container `data` below its `<AE>`, and its own subscription `watch` to what happens there. */
  async makeSubscribedContainer(more: Sample = { json: {}, xml: "" }): Promise<void> {
    const made = await this.request(
      { op: 1, to: this.at(), ty: 3 },
      {
        json: { "m2m:cnt": { rn: "data", ...more.json } },
        xml: `<m2m:cnt rn="data">${more.xml}</m2m:cnt>`,
      },
    );
    expect(made).toMatchObject({ rsc: 2001 });
    const subscribed = await this.request(
      { op: 1, to: this.at("data"), ty: 23 },
      {
        json: { "m2m:sub": { rn: "watch", enc: { net: [1, 3] }, nu: [this.id], nct: 1 } },
        xml:
          `<m2m:sub rn="watch"><enc><net>1</net><net>3</net></enc>` +
          `<nu>${this.id}</nu><nct>1</nct></m2m:sub>`,
      },
    );
    expect(subscribed).toMatchObject({ rsc: 2001 });
  }

  /** Fails unless the next request it gets is a Notify with these traits, in a frame as its serialization has them. */
  async expectNotify(traits: Traits): Promise<void> {
    const request = await this.registree.nextRequest();
    expect(request).toMatchObject({ op: 5, to: expect.stringContaining(this.id) });
    const binary = this.registree.frames.map(({ isBinary }) => isBinary);
    expect(new Set(binary)).toEqual(new Set([this.form.name === "cbor"]));
    this.expectContent(request, traits);
  }

  /** Fails unless the content of `message` is in its serialization and has these traits. */
  expectContent(message: Message, traits: Traits): void {
    if (this.form.name === "xml") expectMarkup(String(message.pc?.["xml"]), traits.xml);
    else expect(message.pc).toMatchObject(traits.json);
  }
}

/** Fails unless the body of an HTTP message is in the serialization of `form` and has these traits. */
export function expectBody(form: Form, bytes: Buffer, traits: Traits): void {
  if (form.name === "xml") {
    // It must stand alone, with every prefix declared.
    xmlTree(bytes.toString());
    expectMarkup(bytes.toString(), traits.xml);
  } else {
    const content = form.name === "cbor" ? fromCbor(bytes) : JSON.parse(bytes.toString());
    expect(content).toMatchObject(traits.json);
  }
}

function expectMarkup(markup: string, pieces: Traits["xml"]): void {
  // A parser that follows the standard would read a line feed (XML 1.0, 2.11); this one does not.
  expect(markup).not.toContain("\r");
  const elements = elementsOf(markupTree(markup));
  for (const piece of pieces) {
    if (piece instanceof RegExp) expect(markup).toMatch(piece);
    else expect(elements, markup).toContainEqual(elementsOf(markupTree(piece))[0]);
  }
}

/** Every element at any depth, in the order of the document. */
function elementsOf(nodes: unknown): unknown[] {
  if (!Array.isArray(nodes)) return [];
  return nodes.flatMap((node: Record<string, unknown>) => [
    node,
    ...Object.values(node).flatMap(elementsOf),
  ]);
}
