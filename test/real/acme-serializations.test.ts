import { beforeAll, describe, expect, test } from "vitest";
import { type Acme, startAcme } from "../helpers/acme.ts";
import { CBOR_FORM, FORMS, JSON_FORM, type Sample, XML_FORM } from "../helpers/forms.ts";
import { callHttp } from "../helpers/http-client.ts";
import { havePython } from "../helpers/python.ts";
import { send } from "./acme/http-client.ts";
import { pointsOfAccess, subscribeFor, uniqueName } from "./acme/resources.ts";
import type { SpeakingAe } from "./acme/speaking-ae.ts";
import {
  AWKWARD,
  AWKWARD_XML,
  notified,
  putInstance,
  registered,
  SETTINGS,
  SIZE,
  startSetting,
  startWithAe,
  transcodings,
} from "./acme/transcoding.ts";

const JSON_TYPE = "application/json";
const CBOR_TYPE = "application/cbor";

/** ACME has no XML, and takes it from nobody. */
describe.skipIf(!havePython())("registrees of an ACME CSE", { timeout: 60_000 }, () => {
  let acme: Acme;
  beforeAll(async () => {
    acme = await startAcme("stopped");
    return () => acme.stop();
  });

  describe.each(SETTINGS)("that is spoken to in $to, one of $name", ({ to, form, mediaType }) => {
    test("registers and makes a container; the CSE is spoken to in what it reads", async () => {
      const { ae, toCse, fromCse } = await startWithAe(acme, form, to);
      expect(await pointsOfAccess(acme.url, ae.name)).toEqual([
        expect.stringContaining(`${fromCse.url}/poa/`),
      ]);
      const { text } = await send(acme.url, { path: `/${ae.at("data")}` });
      expect(text).toContain(`"mbs": ${SIZE[form.name]}`);
      for (const { request, headers } of toCse.exchanges) {
        expect(request.headers["content-type"]).toMatch(new RegExp(`^${mediaType};ty=\\d+$`));
        expect(request.headers.accept).toBe(mediaType);
        expect(headers["content-type"]).toBe(mediaType);
      }
      expect(toCse.exchanges).toHaveLength(3);
    });

    test("is notified of what an application puts there and of what it changes", async () => {
      const { ae, fromCse } = await startWithAe(acme, form, to);
      await putInstance(acme, ae.at("data"), { rn: "i", con: AWKWARD, lbl: ["1", "b"] });
      const cin = { rn: "i", con: AWKWARD, lbl: ["1", "b"], cs: expect.any(Number) };
      await ae.expectNotify(notified(cin, AWKWARD_XML, "<lbl>1 b</lbl>", /<cs>\d+<\/cs>/));

      const mbs = form === JSON_FORM ? 1_000_000 : 18014398509481985n;
      const changed = await callHttp(acme.url, {
        method: "PUT",
        target: `/${ae.at("data")}`,
        headers: {
          "X-M2M-Origin": "CAdmin",
          "X-M2M-RI": "big",
          "X-M2M-RVI": "3",
          "Content-Type": JSON_TYPE,
        },
        body: `{"m2m:cnt":{"mbs":${mbs}}}`,
      });
      expect(changed, changed.body).toMatchObject({ rsc: 2004 });
      await ae.expectNotify({
        json: { "m2m:sgn": { nev: { net: 1, rep: { "m2m:cnt": { mbs, lbl: ["a/b", "ä"] } } } } },
        xml: ["<net>1</net>", `<mbs>${mbs}</mbs>`, "<lbl>a/b ä</lbl>"],
      });
      for (const { request } of fromCse.exchanges) {
        expect(request.headers["content-type"]).toBe(JSON_TYPE);
      }
    });

    test("lets a subscription for it be made by its 2000, not by its 4103 (TS-0004, 7.4.8.2.1)", async () => {
      const { ae, gateway } = await startWithAe(acme, form, to);
      const verification = {
        json: { "m2m:sgn": { vrq: true, cr: expect.stringContaining("CAdmin") } },
        xml: ["<vrq>true</vrq>", /<cr>[^<]*CAdmin<\/cr>/],
      };
      ae.answersWith = 4103;
      expect(await subscribeFor(gateway.http, ae.name)).toMatchObject({ rsc: "5204" });
      await ae.expectNotify(verification);
      ae.answersWith = 2000;
      expect(await subscribeFor(gateway.http, ae.name)).toMatchObject({ rsc: "2001" });
      await ae.expectNotify(verification);
    });

    test("retrieves a container with its children and discovers them", async () => {
      const { ae } = await startWithAe(acme, form, to);
      await putInstance(acme, ae.at("data"), { rn: "i", con: AWKWARD });
      const request = { op: 2, to: ae.at("data") };

      const read = await ae.request(request);
      expect(read).toMatchObject({ rsc: 2000 });
      ae.expectContent(read, {
        json: { "m2m:cnt": { rn: "data", mbs: SIZE[form.name], lbl: ["a/b", "ä"], cni: 1 } },
        xml: [
          `<mbs>${SIZE.xml}</mbs>`,
          "<lbl>a/b ä</lbl>",
          "<cni>1</cni>",
          /<m2m:cnt [^>]*rn="data"/,
        ],
      });

      const withChildren = await ae.request({ ...request, rcn: 4 });
      expect(withChildren).toMatchObject({ rsc: 2000 });
      ae.expectContent(withChildren, {
        json: {
          "m2m:cnt": {
            rn: "data",
            "m2m:cin": [{ rn: "i", con: AWKWARD }],
            "m2m:sub": [{ rn: "watch", nu: [ae.id], enc: { net: [1, 3] } }],
          },
        },
        xml: [
          AWKWARD_XML,
          "<enc><net>1</net><net>3</net></enc>",
          /<m2m:cnt [^>]*rn="data".*<m2m:cin [^>]*rn="i".*<\/m2m:cin>.*<\/m2m:cnt>/s,
        ],
      });

      const addresses = [ae.at("data"), ae.at("data/i")];
      for (const [ty, found] of [
        [[3, 4], addresses],
        [[14], []],
      ] as const) {
        const answer = await ae.request({ op: 2, to: ae.at(), fc: { fu: 1, ty } });
        expect(answer).toMatchObject({ rsc: 2000 });
        ae.expectContent(answer, {
          json: { "m2m:uril": found },
          xml: [`<m2m:uril>${found.join(" ")}</m2m:uril>`],
        });
      }
    });

    test("deletes an attribute by null (TS-0004, 7.3.3.7)", async () => {
      const { ae } = await startWithAe(acme, form, to);
      const answer = await ae.request(
        { op: 3, to: ae.at("data") },
        {
          json: { "m2m:cnt": { lbl: null, mni: 3 } },
          xml: "<m2m:cnt><lbl/><mni>3</mni></m2m:cnt>",
        },
      );
      expect(answer).toMatchObject({ rsc: 2004 });
      ae.expectContent(answer, {
        json: { "m2m:cnt": { rn: "data", mni: 3 } },
        xml: ["<mni>3</mni>"],
      });
      const { body } = await send(acme.url, { path: `/${ae.at("data")}` });
      expect(body["m2m:cnt"]).toMatchObject({ mni: 3 });
      expect(body["m2m:cnt"]).not.toHaveProperty("lbl");
    });

    const cnt = (members: Record<string, unknown>, xml: string): Sample => ({
      json: { "m2m:cnt": members },
      xml,
    });
    test.each([
      ["4004 for what is not there", 4004, { op: 2, to: "none" }, undefined],
      [
        "4105 for a name that is taken",
        4105,
        { op: 1, to: "", ty: 3 },
        cnt({ rn: "data" }, '<m2m:cnt rn="data"/>'),
      ],
      [
        "4000 for an attribute no resource has",
        4000,
        { op: 3, to: "data" },
        cnt({ zzz: "1" }, "<m2m:cnt><zzz>1</zzz></m2m:cnt>"),
      ],
    ])("is told %s, and why", async (_, rsc, message, content) => {
      const { ae } = await startWithAe(acme, form, to);
      const answer = await ae.request({ ...message, to: ae.at(message.to) }, content);
      expect(answer).toMatchObject({ rsc });
      ae.expectContent(answer, {
        json: { "m2m:dbg": expect.stringMatching(/\w/) },
        xml: [/^<m2m:dbg>[^<]*\w[^<]*<\/m2m:dbg>$/],
      });
    });

    test("is unknown at its point of access after its deregistration (TS-0020, 6.4)", async () => {
      const { ae } = await startWithAe(acme, form, to);
      const [point = ""] = (await pointsOfAccess(acme.url, ae.name)) ?? [];
      expect(await ae.request({ op: 4, to: ae.at() })).toMatchObject({ rsc: 2002 });
      const body = { "m2m:sgn": { sur: "/id-in/none" } };
      const late = await send(point, { method: "POST", path: "", from: "/id-in", body });
      expect(late).toMatchObject({ status: 404, rsc: "4004" });
    });

    test("gets in its own what ACME sends in CBOR by its contentSerialization", async () => {
      const { ae, gateway, fromCse } = await startWithAe(acme, form, to, [CBOR_TYPE]);
      expect(await subscribeFor(gateway.http, ae.name)).toMatchObject({ rsc: "2001" });
      await ae.expectNotify({ json: { "m2m:sgn": { vrq: true } }, xml: ["<vrq>true</vrq>"] });
      await ae.expectNotify({
        json: { "m2m:sgn": { nev: { net: 3, rep: { "m2m:sub": { nu: [ae.id] } } } } },
        xml: ["<net>3</net>", `<nu>${ae.id}</nu>`],
      });
      await putInstance(acme, ae.at("data"), { rn: "i", con: AWKWARD });
      const traits = notified({ rn: "i", con: AWKWARD }, AWKWARD_XML);
      await ae.expectNotify(traits);
      await ae.expectNotify(traits);
      for (const { request } of fromCse.exchanges) {
        expect(request.headers["content-type"]).toBe(CBOR_TYPE);
      }
    });
  });

  test.each(FORMS)(
    "one of $name gets in its own what ACME sends in CBOR by the ct of a target",
    async (form) => {
      const setting = await startSetting(acme);
      const ae = await registered(setting, form);
      const create = (at: string, ty: number, content: Sample) =>
        ae.request({ op: 1, to: ae.at(at), ty }, content);
      await create("", 3, { json: { "m2m:cnt": { rn: "data" } }, xml: '<m2m:cnt rn="data"/>' });
      const subscribed = create("data", 23, {
        json: { "m2m:sub": { enc: { net: [3] }, nu: ["ws://default?ct=cbor"], nct: 1 } },
        xml: "<m2m:sub><enc><net>3</net></enc><nu>ws://default?ct=cbor</nu><nct>1</nct></m2m:sub>",
      });
      await ae.expectNotify({
        json: { "m2m:sgn": { vrq: true, cr: ae.id } },
        xml: ["<vrq>true</vrq>", `<cr>${ae.id}</cr>`],
      });
      expect(await subscribed).toMatchObject({ rsc: 2001 });
      await putInstance(acme, ae.at("data"), { rn: "i", con: AWKWARD });
      await ae.expectNotify(notified({ rn: "i", con: AWKWARD }, AWKWARD_XML));
      const { request } = setting.fromCse.exchanges[0] ?? expect.fail("it was asked nothing");
      expect(request.target).toMatch(/^\/poa\/[\w-]+\?ct=cbor$/);
      expect(request.headers["content-type"]).toBe(CBOR_TYPE);
      const passes = form === CBOR_FORM ? 0 : 2;
      expect(await transcodings(setting, CBOR_FORM, form)).toBe(passes);
    },
  );

  test("an error that ACME words in JSON though it was asked for CBOR is understood", async () => {
    const { ae, toCse } = await startWithAe(acme, XML_FORM, "cbor");
    const cnt = { json: {}, xml: '<m2m:cnt rn="x"/>' };
    const answer = await ae.request({ op: 1, to: ae.at(), ty: 99 }, cnt);
    expect(answer).toMatchObject({ rsc: 4000 });
    ae.expectContent(answer, { json: {}, xml: [/^<m2m:dbg>[^<]*ty[^<]*99[^<]*<\/m2m:dbg>$/] });
    const { request, headers } = toCse.exchanges.at(-1) ?? expect.fail("it was asked nothing");
    expect(request.headers.accept).toBe(CBOR_TYPE);
    expect(headers["content-type"]).toBe(JSON_TYPE);
  });

  test("one contentInstance reaches subscribers of JSON, XML and CBOR, each in its own", async () => {
    const setting = await startSetting(acme);
    const aes: SpeakingAe[] = [];
    for (const form of FORMS) aes.push(await registered(setting, form));
    const name = uniqueName();
    const post = (path: string, ty: number, body: unknown) =>
      send(setting.gateway.http, { method: "POST", path, ty, body });
    expect(await post("/cse-in", 3, { "m2m:cnt": { rn: name } })).toMatchObject({ rsc: "2001" });
    const nu = aes.map(({ id }) => id);
    const subscription = { "m2m:sub": { rn: "all", nu, nct: 1, enc: { net: [3] } } };
    expect(await post(`/cse-in/${name}`, 23, subscription)).toMatchObject({ rsc: "2001" });
    for (const ae of aes) {
      await ae.expectNotify({ json: { "m2m:sgn": { vrq: true } }, xml: ["<vrq>true</vrq>"] });
    }
    const cin = { rn: "i", con: AWKWARD, lbl: ["room:12", "5"] };
    expect(await post(`/cse-in/${name}`, 4, { "m2m:cin": cin })).toMatchObject({ rsc: "2001" });
    for (const ae of aes) {
      await ae.expectNotify(notified(cin, AWKWARD_XML, "<lbl>room:12 5</lbl>"));
    }
  });
});
