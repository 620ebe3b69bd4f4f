import { expect } from "vitest";
import type { Acme } from "../../helpers/acme.ts";
import { FORMS, type Form } from "../../helpers/forms.ts";
import { type RunningGateway, startGateway } from "../../helpers/start-gateway.ts";
import { send } from "./http-client.ts";
import { SpeakingAe, type Traits } from "./speaking-ae.ts";
import { startTap, type Tap } from "./tap.ts";

/** What JSON, XML and CBOR each write in another way, or might lose. */
export const AWKWARD = 'größer ä€😀 <&> "q" \\ 9007199254740993 // no /* comment */\t\r\n é';
export const AWKWARD_XML =
  '<con>größer ä€😀 &lt;&amp;&gt; "q" \\ 9007199254740993 // no /* comment */&#9;&#xD;&#10; é</con>';

/** A number no double has, but for JSON: the tests' own JSON knows doubles only. */
export const SIZE = { json: 9007199254740991, xml: 9007199254740993n, cbor: 9007199254740993n };

const SPOKEN = [
  { to: "json", spoken: { json: "json", xml: "json", cbor: "json" } },
  { to: "cbor,json", spoken: { json: "json", xml: "cbor", cbor: "cbor" } },
  { to: "cbor", spoken: { json: "cbor", xml: "cbor", cbor: "cbor" } },
] as const;

/** Each value of `cse.serializations` with each form of a registree, and the media type ACME is then spoken to in. */
export const SETTINGS = SPOKEN.flatMap(({ to, spoken }) =>
  FORMS.map((form) => {
    const { name } = form;
    return { to, form, name, mediaType: `application/${spoken[name]}` };
  }),
);

/** A gateway before ACME, with both directions between them tapped. */
export interface Setting {
  readonly gateway: RunningGateway;
  /** What the gateway asks ACME. */
  readonly toCse: Tap;
  /** What ACME asks the gateway's points of access. */
  readonly fromCse: Tap;
}

/** Ends with the test. @param serializations `cse.serializations` */
export async function startSetting(acme: Acme, serializations = "json"): Promise<Setting> {
  const toCse = await startTap(acme.url);
  const fromCse = await startTap();
  const gateway = await startGateway({
    "cse.url": toCse.url,
    "cse.serializations": serializations,
    "http.advertise": fromCse.url,
  });
  fromCse.target = gateway.http;
  return { gateway, toCse, fromCse };
}

/** The count of `m2mgw_transcodings_total`. */
export const transcodings = ({ gateway }: Setting, from: Form, to: Form): Promise<number> =>
  gateway.metric(`m2mgw_transcodings_total{from="${from.name}",to="${to.name}"}`);

/** An AE of this form that has registered over the gateway. @param csz its contentSerialization */
export async function registered(
  { gateway }: Setting,
  form: Form,
  csz?: readonly string[],
): Promise<SpeakingAe> {
  const ae = await SpeakingAe.connect(gateway.ws, form);
  const answer = await ae.register(csz);
  expect(answer).toMatchObject({ rsc: 2001 });
  ae.expectContent(answer, {
    json: { "m2m:ae": { aei: ae.id, ty: 2, srv: ["3"], rr: true, poa: ["ws://default"] } },
    xml: [
      `<aei>${ae.id}</aei>`,
      "<ty>2</ty>",
      "<srv>3</srv>",
      "<rr>true</rr>",
      "<poa>ws://default</poa>",
    ],
  });
  return ae;
}

/** One that also has a container it watches, with labels and a great maxByteSize. */
export async function startWithAe(
  acme: Acme,
  form: Form,
  serializations: string,
  csz?: readonly string[],
): Promise<Setting & { readonly ae: SpeakingAe }> {
  const setting = await startSetting(acme, serializations);
  const ae = await registered(setting, form, csz);
  await ae.makeSubscribedContainer({
    json: { mbs: SIZE[form.name], lbl: ["a/b", "ä"] },
    xml: `<lbl>a/b ä</lbl><mbs>${SIZE.xml}</mbs>`,
  });
  return { ...setting, ae };
}

/** CREATE of a contentInstance at `at`, by an HTTP application at ACME itself. */
export async function putInstance(acme: Acme, at: string, cin: Record<string, unknown>) {
  const body = { "m2m:cin": cin };
  const made = await send(acme.url, { method: "POST", path: `/${at}`, ty: 4, body });
  expect(made.rsc, made.text).toBe("2001");
}

/** What a notification of a new contentInstance holds. @param xml elements of the instance */
export const notified = (cin: Record<string, unknown>, ...xml: Traits["xml"]): Traits => ({
  json: {
    "m2m:sgn": {
      nev: { net: 3, rep: { "m2m:cin": cin } },
      sur: expect.stringMatching(/^\/id-in\//),
    },
  },
  xml: ["<net>3</net>", /<sur>\/id-in\/\w+<\/sur>/, /<rep><m2m:cin [^>]*rn="/, ...xml],
});
