import { describe, expect, test } from "vitest";
import { linesOf } from "../../src/cli/doctor/finding.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { type FakeCse, startCse } from "../helpers/fake-cse.ts";
import { startProxy, tunnelling } from "../helpers/fake-proxy.ts";
import { startRegistrar } from "../helpers/fake-registrar.ts";
import { type Diagnosis, examined } from "./doctor-in.ts";

const B = "//sp-b.example.org/id-b";
const BASE = { "m2m:cb": { ty: 5, csi: "/id-b", rn: "cse-b" } };
const OWN = { "cse.id": "/id-a", "cse.spId": "sp-a.example.org" };

const withPeers = (
  peers: Readonly<Record<string, unknown>>,
  more: Readonly<Record<string, string>> = {},
): Promise<Diagnosis> => examined({ ...OWN, peers: JSON.stringify(peers), ...more });

const answering = (body: unknown): Promise<FakeCse> => startCse(() => ({ rsc: 2000, body }));

/** What was found out about a peer, as "severity subject". */
const foundOf = ({ findings }: Diagnosis, peer: string): string[] =>
  findings
    .filter((finding) => finding.peer === peer)
    .map(({ severity, about }) => `${severity} ${about}`);

describe("each peer is examined as the CSE is (S9)", () => {
  test("over WebSocket, in the name of the gateway's own CSE", async () => {
    const peer = await startRegistrar({ answer: () => ({ rsc: 2000, rvi: "3", pc: BASE }) });
    const diagnosis = await withPeers({ [B]: peer.url });
    expect(diagnosis.code).toBe(EXIT.OK);
    expect(foundOf(diagnosis, B)).toEqual([
      "ok proxy",
      "ok name",
      "ok connection",
      "ok handshake",
      "ok CSE",
      "note clock",
    ]);
    expect(diagnosis.about("CSE").at(-1)?.text).toMatch(/, and is \/id-b$/);
    const [first, second] = peer.dialled;
    expect(first?.handshake.headers["x-m2m-origin"]).toBe("//sp-a.example.org/id-a");
    expect(await second?.peer.nextRequest()).toMatchObject({
      op: 2,
      to: B,
      fr: "//sp-a.example.org/id-a",
    });
  });

  test("over HTTP, also where the CSE itself is at fault", async () => {
    const peer = await answering(BASE);
    const diagnosis = await withPeers({ [B]: peer.url }, { "cse.url": "http://127.0.0.1:1" });
    expect(diagnosis.code).toBe(EXIT.FATAL);
    expect(foundOf(diagnosis, B)).toEqual([
      "ok proxy",
      "ok name",
      "ok connection",
      "ok CSE",
      "ok clock",
    ]);
    expect(peer.requests).toMatchObject([{ target: "/_/sp-b.example.org/id-b" }]);
  });

  test("through the proxy before it", async () => {
    const peer = await startRegistrar({ answer: () => ({ rsc: 2000, rvi: "3", pc: BASE }) });
    const proxy = await startProxy(tunnelling(peer.port));
    const url = `http://127.0.0.1:${proxy.port}`;
    const diagnosis = await withPeers({ [B]: "ws://peer.example" }, { "proxy.url": url });
    expect(diagnosis.code).toBe(EXIT.OK);
    expect(foundOf(diagnosis, B)).toContain("ok tunnel");
    expect(proxy.heads[0]).toMatch(/^CONNECT peer\.example:80/);
  });

  test("one after the other, whatever is wrong with any", async () => {
    const c = await answering({ "m2m:cb": { csi: "/id-c" } });
    const diagnosis = await withPeers({ [B]: "ws://127.0.0.1:1", "/id-c": c.url });
    expect(diagnosis.code).toBe(EXIT.FATAL);
    expect(foundOf(diagnosis, B)).toContain("fault connection");
    expect(foundOf(diagnosis, "/id-c")).toContain("ok CSE");
  });

  test("but for one that opens the connection itself, which is said", async () => {
    const { code, about, troubles } = await withPeers({ [B]: "accept" });
    expect([code, troubles]).toEqual([EXIT.OK, ["note CSE", "note peer"]]);
    expect(about("peer")[0]?.text).toContain(`${B} opens the connection itself (accept)`);
  });
});

describe("what is to be changed is said by the keys of its entry", () => {
  test("that names another CSE than the one that answers", async () => {
    const peer = await answering({ "m2m:cb": { csi: "/id-x", rn: "x" } });
    const { findings } = await withPeers({ [B]: peer.url });
    const [wrong] = findings.filter(({ severity }) => severity === "fault");
    expect(wrong).toMatchObject({
      peer: B,
      about: "CSE",
      text: "the CSE that answers is /id-x, not /id-b",
      change: `set the name of its entry in peers to /id-x, or peers.${B}.url to that of /id-b`,
    });
    expect(wrong && linesOf(wrong)[0]).toContain(`CSE            ${B}: the CSE that answers`);
  });

  test("that leads nowhere, or to a server without WebSocket", async () => {
    const refused = await startRegistrar({ refuses: () => 404 });
    for (const url of ["ws://127.0.0.1:1", refused.url]) {
      const { findings } = await withPeers({ [B]: { url } });
      const [wrong] = findings.filter(({ severity }) => severity === "fault");
      expect(wrong?.change).toContain(`peers.${B}.url`);
      expect(wrong?.change).not.toMatch(/\bcse\./);
    }
  });

  test("and a host that is called like a key is left alone", async () => {
    const { findings } = await withPeers({ [B]: "ws://cse.url.invalid" });
    expect(findings.find(({ peer, about }) => peer === B && about === "name")?.text).toContain(
      "cse.url.invalid cannot be resolved",
    );
  });
});

test("of a provider any CSE may answer", async () => {
  const peer = await answering(BASE);
  const diagnosis = await withPeers({ "//sp-b.example.org": peer.url });
  expect(foundOf(diagnosis, "//sp-b.example.org")).toContain("ok CSE");
  expect(peer.requests).toMatchObject([{ target: "/-" }]);
});
