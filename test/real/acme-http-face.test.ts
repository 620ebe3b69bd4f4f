import { beforeAll, describe, expect, test } from "vitest";
import { type Acme, startAcme } from "../helpers/acme.ts";
import { havePython } from "../helpers/python.ts";
import { runGateway } from "../helpers/run-gateway.ts";
import { AeConnection } from "./acme/ae.ts";
import { type HttpRequest, send } from "./acme/http-client.ts";
import { aeAttributes, register, uniqueName } from "./acme/resources.ts";

describe.skipIf(!havePython())(
  "the faces of an ACME CSE and of the gateway before it",
  { timeout: 60_000 },
  () => {
    let acme: Acme;
    beforeAll(async () => {
      acme = await startAcme("stopped");
      return () => acme.stop();
    });

    /** The parts of an answer that must not depend on the way it took; what a CSE invents anew is levelled. */
    async function answerOf(base: string, request: HttpRequest) {
      const headers = { "X-M2M-RI": "same", ...request.headers };
      const { status, headers: got, text } = await send(base, { ...request, headers });
      const kept = [
        "X-M2M-RSC",
        "X-M2M-RI",
        "X-M2M-RVI",
        "Content-Type",
        "Content-Length",
        "Allow",
      ];
      return {
        status,
        ...Object.fromEntries(kept.map((name) => [name, got.get(name)])),
        text: text
          .replaceAll(/\d{8}T\d{6},\d{6}/g, "TIME")
          .replaceAll(/\b(cnt|cin)[A-Za-z0-9_]{10,}/g, "$1ID"),
      };
    }

    test("what concerns no registree is answered as by the CSE itself, step by step", async () => {
      const gateway = await runGateway({ cse: acme });
      const name = uniqueName();
      const from = `C${name}`;
      const at = `/cse-in/${name}`;
      const cnt = (more: Record<string, unknown> = {}) => ({ "m2m:cnt": more });
      const steps: readonly (readonly [string, HttpRequest])[] = [
        ["CREATE <AE>", { method: "POST", path: "/cse-in", from, ty: 2, body: aeAttributes(name) }],
        [
          "CREATE <AE> again",
          { method: "POST", path: "/cse-in", from, ty: 2, body: aeAttributes(name) },
        ],
        [
          "CREATE <container>",
          { method: "POST", path: at, from, ty: 3, body: cnt({ rn: "c", lbl: ["a/b"] }) },
        ],
        ["CREATE it again", { method: "POST", path: at, from, ty: 3, body: cnt({ rn: "c" }) }],
        ["CREATE of a wrong type", { method: "POST", path: at, from, ty: 99, body: cnt() }],
        ["CREATE without content", { method: "POST", path: at, from, ty: 3 }],
        [
          "CREATE <contentInstance>",
          {
            method: "POST",
            path: `${at}/c`,
            from,
            ty: 4,
            body: { "m2m:cin": { rn: "i", con: "ä€😀 1e2" } },
          },
        ],
        ["RETRIEVE", { path: `${at}/c`, from }],
        ["RETRIEVE SP-relative", { path: `/~/id-in${at}/c`, from }],
        ["RETRIEVE absolute", { path: `/_/acme.example.com/id-in${at}/c`, from }],
        ["RETRIEVE latest", { path: `${at}/c/la`, from }],
        ["RETRIEVE with children", { path: `${at}?rcn=4`, from }],
        ["RETRIEVE by attributes", { path: `${at}/c?atrl=rn+lbl`, from }],
        ["RETRIEVE with a blank in the query", { path: `${at}?fu=1&lbl=a%20b`, from }],
        ["RETRIEVE with an escaped slash", { path: `${at}%2Fc`, from }],
        ["discovery", { path: `${at}?fu=1&ty=3+4&lbl=a%2Fb&drt=2`, from }],
        ["RETRIEVE without rights", { path: `${at}/c`, from: "Cnobody" }],
        ["RETRIEVE of nothing", { path: `${at}/none`, from }],
        ["RETRIEVE without a release version", { path: at, from, headers: { "X-M2M-RVI": "" } }],
        ["RETRIEVE as CBOR", { path: at, from, headers: { Accept: "application/cbor" } }],
        ["RETRIEVE without an answer", { path: `${at}?rt=5`, from }],
        ["UPDATE", { method: "PUT", path: `${at}/c`, from, body: cnt({ mni: 5 }) }],
        [
          "UPDATE of what may not be",
          { method: "PUT", path: `${at}/c`, from, body: cnt({ ct: "x" }) },
        ],
        ["HEAD", { method: "HEAD", path: at, from }],
        ["OPTIONS", { method: "OPTIONS", path: at, from }],
        ["PATCH", { method: "PATCH", path: at, from, body: cnt() }],
        ["DELETE", { method: "DELETE", path: `${at}/c`, from }],
        ["DELETE again", { method: "DELETE", path: `${at}/c`, from }],
        ["DELETE <AE>", { method: "DELETE", path: at, from }],
      ];
      const walk = async (base: string) => {
        const answers = [];
        for (const [step, request] of steps) answers.push([step, await answerOf(base, request)]);
        return answers;
      };
      expect(await walk(gateway.http)).toEqual(await walk(acme.url));
    });

    describe("discovery finds the same over every face", () => {
      const filters = [
        ["by type", "fu=1&ty=3", { fc: { fu: 1, ty: [3] } }],
        ["by several types", "fu=1&ty=3+4", { fc: { fu: 1, ty: [3, 4] } }],
        ["by label", "fu=1&lbl=red", { fc: { fu: 1, lbl: ["red"] } }],
        ["by any of two labels", "fu=1&lbl=red+blue", { fc: { fu: 1, lbl: ["red", "blue"] } }],
        [
          "by both of two conditions",
          "fu=1&ty=3&lbl=red&fo=1",
          { fc: { fu: 1, ty: [3], lbl: ["red"], fo: 1 } },
        ],
        [
          "by creation time",
          "fu=1&ty=3&crb=20990101T000000",
          { fc: { fu: 1, ty: [3], crb: "20990101T000000" } },
        ],
        ["by an attribute", "fu=1&ty=3&rn=one", { fc: { fu: 1, ty: [3], rn: "one" } }],
        ["up to a level", "fu=1&ty=3+4&lvl=1", { fc: { fu: 1, ty: [3, 4], lvl: 1 } }],
        ["up to a number", "fu=1&ty=3&lim=1", { fc: { fu: 1, ty: [3], lim: 1 } }],
        ["as resource IDs", "fu=1&ty=3&drt=2", { fc: { fu: 1, ty: [3] }, drt: 2 }],
        ["nothing", "fu=1&lbl=green", { fc: { fu: 1, lbl: ["green"] } }],
      ] as const;

      test("whatever the filter (TS-0009, 6.2.2.2)", async () => {
        const gateway = await runGateway({ cse: acme });
        const name = uniqueName();
        const fr = `C${name}`;
        const ae = await AeConnection.open(gateway.ws);
        expect(await register(ae, name)).toMatchObject({ rsc: 2001 });
        for (const [rn, lbl] of [
          ["one", ["red"]],
          ["two", ["blue"]],
        ] as const) {
          const pc = { "m2m:cnt": { rn, lbl } };
          await ae.request({ op: 1, to: `cse-in/${name}`, fr, ty: 3, pc });
          const instance = { "m2m:cin": { con: rn } };
          const made = { op: 1, to: `cse-in/${name}/${rn}`, fr, ty: 4, pc: instance };
          expect(await ae.request(made)).toMatchObject({ rsc: 2001 });
        }

        for (const [what, query, parameters] of filters) {
          const path = `/cse-in/${name}?${query}`;
          const straight = await send(acme.url, { path, from: fr });
          expect(straight.rsc, what).toBe("2000");
          const through = await send(gateway.http, { path, from: fr });
          const socket = await ae.request({ op: 2, to: `cse-in/${name}`, fr, ...parameters });
          expect([what, through.body]).toEqual([what, straight.body]);
          expect([what, socket.pc]).toEqual([what, straight.body]);
        }
      });
    });
  },
);
