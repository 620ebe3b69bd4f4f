import { Encoder } from "cbor-x";

/** What a registree speaks. */
export const SPELLINGS = ["json", "cbor", "xml"] as const;
export type Spelling = (typeof SPELLINGS)[number];

/** All that a registree of this bench says and hears, each byte of a message a character. */
export interface Words {
  readonly subprotocol: string;
  readonly binary: boolean;
  /** Create of an AE. */
  registration(name: string, identifier: string): string;
  isCreated(response: string): boolean;
  identifierIn(message: string): string;
  answer(identifier: string): string;
}

/** @param content of each answer, as JSON; undefined for none */
export function wordsOf(spelling: Spelling, content: string | undefined): Words {
  switch (spelling) {
    case "json":
      return jsonWords(content);
    case "cbor":
      return cborWords(content);
    case "xml":
      return xmlWords(content);
  }
}

const aeOf = (name: string) => ({ api: "Nbench", rr: true, srv: ["3"], rn: `bench-${name}` });
const registrationOf = (name: string, rqi: string) => ({
  op: 1,
  ty: 2,
  to: "cse-in",
  fr: name,
  rqi,
  rvi: "3",
  pc: { "m2m:ae": aeOf(name) },
});

/** What stands between two texts; they must be there. */
function between(text: string, before: string, behind: string): string {
  const start = text.indexOf(before) + before.length;
  return text.slice(start, text.indexOf(behind, start));
}

function jsonWords(content: string | undefined): Words {
  const tail = content === undefined ? "}" : `,"pc":${content}}`;
  return {
    subprotocol: "oneM2M.json",
    binary: false,
    registration: (name, rqi) => JSON.stringify(registrationOf(name, rqi)),
    isCreated: (response) => response.includes('"rsc":2001'),
    identifierIn: (message) => between(message, '"rqi":"', '"'),
    answer: (rqi) => `{"rsc":2000,"rqi":"${rqi}","rvi":"3"${tail}`,
  };
}

function cborWords(content: string | undefined): Words {
  const encoder = new Encoder({ useRecords: false, variableMapSize: true });
  const coded = (value: unknown): string => encoder.encode(value).toString("latin1");
  const size = content === undefined ? 3 : 4;
  const head = `${String.fromCharCode(0xa0 + size)}${coded("rsc")}${coded(2000)}${coded("rqi")}`;
  const pc = content === undefined ? "" : coded("pc") + coded(JSON.parse(content));
  const tail = coded("rvi") + coded("3") + pc;
  const created = coded("rsc") + coded(2001);
  const before = coded("rqi");
  return {
    subprotocol: "oneM2M.cbor",
    binary: true,
    registration: (name, rqi) => coded(registrationOf(name, rqi)),
    isCreated: (response) => response.includes(created),
    identifierIn: (message) => {
      // All identifiers of this bench are below 24 characters: one byte says their length.
      const at = message.indexOf(before) + before.length;
      return message.slice(at + 1, at + 1 + (message.charCodeAt(at) - 0x60));
    },
    answer: (rqi) => head + String.fromCharCode(0x60 + rqi.length) + rqi + tail,
  };
}

function xmlWords(content: string | undefined): Words {
  const start = '<?xml version="1.0" encoding="UTF-8"?><m2m:';
  const namespace = ' xmlns:m2m="http://www.onem2m.org/xml/protocols">';
  const value = content && JSON.parse(content)["m2m:cin"].con;
  const con = typeof value === "string" ? value : JSON.stringify(value);
  const pc = content === undefined ? "" : `<pc><m2m:cin><con>${con}</con></m2m:cin></pc>`;
  return {
    subprotocol: "oneM2M.xml",
    binary: false,
    registration: (name, rqi) =>
      `${start}rqp${namespace}<op>1</op><to>cse-in</to><fr>${name}</fr><rqi>${rqi}</rqi><ty>2</ty><pc><m2m:ae rn="bench-${name}"><api>Nbench</api><rr>true</rr><srv>3</srv></m2m:ae></pc><rvi>3</rvi></m2m:rqp>`,
    isCreated: (response) => response.includes("<rsc>2001</rsc>"),
    identifierIn: (message) => between(message, "<rqi>", "</rqi>"),
    answer: (rqi) =>
      `${start}rsp${namespace}<rsc>2000</rsc><rqi>${rqi}</rqi>${pc}<rvi>3</rvi></m2m:rsp>`,
  };
}
