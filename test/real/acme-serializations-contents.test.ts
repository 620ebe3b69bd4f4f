import { beforeAll, describe, expect, test, vi } from "vitest";
import { type Acme, startAcme } from "../helpers/acme.ts";
import { CBOR_FORM, XML_FORM } from "../helpers/forms.ts";
import { havePython } from "../helpers/python.ts";
import { send } from "./acme/http-client.ts";
import { expectBody } from "./acme/speaking-ae.ts";
import {
  notified,
  putInstance,
  registered,
  SETTINGS,
  SIZE,
  startSetting,
  startWithAe,
} from "./acme/transcoding.ts";

const PATIENCE = 20_000;

/** Resources as an AE of XML writes them, what ACME has of them then, and what the AE reads. */
const RESOURCES = [
  {
    type: "<accessControlPolicy>",
    ty: 1,
    xml:
      '<m2m:acp rn="x"><pv><acr><acor>CAdmin all</acor><acop>63</acop>' +
      "<acco><actw>* 0 8-18 * * * *</actw><acip><ipv4>10.0.0.1 10.0.0.2</ipv4></acip></acco></acr></pv>" +
      "<pvs><acr><acor>all</acor><acop>63</acop></acr></pvs></m2m:acp>",
    json: {
      "m2m:acp": {
        pv: {
          acr: [
            {
              acor: ["CAdmin", "all"],
              acop: 63,
              acco: [{ actw: ["* 0 8-18 * * * *"], acip: { ipv4: ["10.0.0.1", "10.0.0.2"] } }],
            },
          ],
        },
        pvs: { acr: [{ acor: ["all"], acop: 63 }] },
      },
    },
    reads: [
      "<acor>CAdmin all</acor>",
      "<acco><actw>* 0 8-18 * * * *</actw><acip><ipv4>10.0.0.1 10.0.0.2</ipv4></acip></acco>",
      "<pvs><acr><acor>all</acor><acop>63</acop></acr></pvs>",
    ],
  },
  {
    type: "<container> whose creator is to be filled in (TS-0004, 7.3.3.3)",
    ty: 3,
    xml: '<m2m:cnt rn="x"><lbl>5 b</lbl><cr/><mni>5</mni><disr>false</disr></m2m:cnt>',
    json: {
      "m2m:cnt": { lbl: ["5", "b"], mni: 5, disr: false, cr: expect.stringMatching(/^Cae/) },
    },
    reads: ["<lbl>5 b</lbl>", "<mni>5</mni>", "<disr>false</disr>", /<cr>Cae\d+<\/cr>/],
  },
  {
    type: "<flexContainer> of another namespace",
    ty: 28,
    xml:
      '<cod:binSh xmlns:cod="http://www.onem2m.org/xml/protocols/commondomain" rn="x">' +
      "<cnd>org.onem2m.common.moduleclass.binarySwitch</cnd><state>true</state></cod:binSh>",
    json: { "cod:binSh": { cnd: "org.onem2m.common.moduleclass.binarySwitch", state: true } },
    reads: ["<state>true</state>", /<cod:binSh [^>]*rn="x"/],
  },
  {
    type: "<timeSeries>",
    ty: 29,
    xml: '<m2m:ts rn="x"><pei>10000</pei><mdd>false</mdd><cnf>text/plain:0</cnf></m2m:ts>',
    json: { "m2m:ts": { pei: 10000, mdd: false, cnf: "text/plain:0" } },
    reads: ["<pei>10000</pei>", "<mdd>false</mdd>", "<cnf>text/plain:0</cnf>"],
  },
];

describe.skipIf(!havePython())(
  "between an ACME CSE and its registrees",
  { timeout: 60_000 },
  () => {
    let acme: Acme;
    beforeAll(async () => {
      acme = await startAcme("stopped");
      return () => acme.stop();
    });

    describe.each(["json", "cbor"])("with %s towards the CSE", (to) => {
      test.each(RESOURCES)(
        "an AE of XML makes and reads a $type",
        async ({ ty, xml, ...other }) => {
          const ae = await registered(await startSetting(acme, to), XML_FORM);
          const traits = { json: {}, xml: other.reads };
          const made = await ae.request({ op: 1, to: ae.at(), ty }, { json: {}, xml });
          expect(made, String(made.pc?.["xml"])).toMatchObject({ rsc: 2001 });
          ae.expectContent(made, traits);
          const { body } = await send(acme.url, { path: `/${ae.at("x")}` });
          expect(body).toMatchObject(other.json);

          const read = await ae.request({ op: 2, to: ae.at(), rcn: 4 });
          expect(read).toMatchObject({ rsc: 2000 });
          ae.expectContent(read, traits);
          // The whole message, where the namespaces are declared.
          expectBody(XML_FORM, ae.registree.frames.at(-1)?.bytes ?? Buffer.of(), traits);
        },
      );

      test("an AE of XML is answered by the members of a group in m2m:agr", async () => {
        const { ae } = await startWithAe(acme, XML_FORM, to);
        const create = (at: string, ty: number, xml: string) =>
          ae.request({ op: 1, to: ae.at(at), ty }, { json: {}, xml });
        const group = `<m2m:grp rn="grp"><mnm>5</mnm><mid>${ae.at("data")}</mid></m2m:grp>`;
        expect(await create("", 9, group)).toMatchObject({ rsc: 2001 });
        const answer = await create("grp/fopt", 4, "<m2m:cin><con>1.50</con></m2m:cin>");
        expect(answer).toMatchObject({ rsc: 2000 });
        ae.expectContent(answer, {
          json: {},
          xml: [
            "<con>1.50</con>",
            /^<m2m:agr><m2m:rsp><rsc>2001<\/rsc>.*<pc><m2m:cin .*<\/pc>.*<\/m2m:rsp><\/m2m:agr>$/,
          ],
        });
      });
    });

    describe.each(SETTINGS)("with $to towards the CSE, an AE of $name", ({ to, form }) => {
      test("gets notifications that ACME puts together, in m2m:agn", async () => {
        const setting = await startSetting(acme, to);
        const ae = await registered(setting, form);
        const create = (at: string, ty: number, json: Record<string, unknown>, xml: string) =>
          ae.request({ op: 1, to: ae.at(at), ty }, { json, xml });
        await create("", 3, { "m2m:cnt": { rn: "data" } }, '<m2m:cnt rn="data"/>');
        const subscribed = await create(
          "data",
          23,
          { "m2m:sub": { enc: { net: [3] }, bn: { num: 2 }, nu: [ae.id], nct: 1 } },
          `<m2m:sub><enc><net>3</net></enc><nu>${ae.id}</nu><bn><num>2</num></bn><nct>1</nct></m2m:sub>`,
        );
        expect(subscribed).toMatchObject({ rsc: 2001 });
        for (const con of ["a", " b "]) {
          const xml = `<m2m:cin><con>${con}</con></m2m:cin>`;
          const made = await create("data", 4, { "m2m:cin": { con } }, xml);
          expect(made).toMatchObject({ rsc: 2001 });
        }
        const sgn = (con: string) => ({ nev: { net: 3, rep: { "m2m:cin": { con } } } });
        await ae.expectNotify({
          json: { "m2m:agn": { "m2m:sgn": [sgn("a"), sgn(" b ")] } },
          xml: [
            /^<m2m:agn><m2m:sgn>.*<con>a<\/con>.*<m2m:sgn>.*<con> b <\/con>.*<\/m2m:sgn><\/m2m:agn>$/,
          ],
        });
      });

      test("gets the result of a non-blocking request in m2m:rsp (TS-0004, 7.5.2)", async () => {
        const { ae } = await startWithAe(acme, form, to);
        const rt = { rtv: 2, nu: ["ws://default"] };
        const acknowledged = await ae.request({ op: 2, to: ae.at("data"), rt });
        expect(acknowledged).toMatchObject({ rsc: 1002 });
        ae.expectContent(acknowledged, {
          json: { "m2m:uri": expect.stringMatching(/^req/) },
          xml: [/^<m2m:uri>req\w+<\/m2m:uri>$/],
        });
        const { rqi } = acknowledged;
        const cnt = { rn: "data", mbs: SIZE[form.name], lbl: ["a/b", "ä"] };
        await ae.expectNotify({
          json: { "m2m:rsp": { rsc: 2000, rqi, pc: { "m2m:cnt": cnt } } },
          xml: [
            "<rsc>2000</rsc>",
            `<rqi>${rqi}</rqi>`,
            `<mbs>${SIZE.xml}</mbs>`,
            /<pc><m2m:cnt [^>]*rn="data"/,
          ],
        });
      });
    });

    test.each([XML_FORM, CBOR_FORM])(
      "values other than text keep their value in $name",
      async (form) => {
        const { ae } = await startWithAe(acme, form, "json");
        for (const [con, text] of [
          [21.5, "21.5"],
          [true, "true"],
          [{ a: [1, { b: null }], c: "<" }, '{"a":[1,{"b":null}],"c":"&lt;"}'],
        ] as const) {
          await putInstance(acme, ae.at("data"), { con });
          await ae.expectNotify(notified({ con }, `<con>${text}</con>`));
        }
      },
    );

    test("what XML cannot say is refused towards both sides, and CBOR says it", async () => {
      const setting = await startSetting(acme);
      const xml = await registered(setting, XML_FORM);
      const cbor = await registered(setting, CBOR_FORM);
      const blank = { con: "x", lbl: ["a label", "b"] };
      for (const ae of [xml, cbor]) {
        await ae.makeSubscribedContainer();
        await putInstance(acme, ae.at("data"), blank);
      }
      await cbor.expectNotify(notified(blank));
      await putInstance(acme, xml.at("data"), { con: "next" });
      await xml.expectNotify(notified({ con: "next" }, "<con>next</con>"));
      await vi.waitFor(() => {
        const refused = setting.fromCse.exchanges.filter(({ rsc }) => rsc !== 2000);
        expect(refused).toMatchObject([{ rsc: 4000, body: expect.stringContaining("a label") }]);
      }, PATIENCE);

      const read = await xml.request({ op: 2, to: xml.at("data"), rcn: 4 });
      expect(read).toMatchObject({ rsc: 5207 });
      xml.expectContent(read, { json: {}, xml: [/<m2m:dbg>[^<]*lbl has the item "a label"/] });
    });
  },
);
