import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { changesBetween } from "../../src/config/changes.ts";
import { keysByPath } from "../../src/config/keys.ts";
import { loadConfig } from "../../src/config/load.ts";
import { readPeers } from "../../src/config/peer-entries.ts";
import type { Config } from "../../src/config/schema.ts";
import { describeFault } from "../../src/config/settings.ts";
import { tempDir } from "../helpers/temp-dir.ts";

describe("the proxy to a peer (D-7.1)", () => {
  test("is named by the environment, but for what that exempts", () => {
    const env = { http_proxy: "http://proxy.example:3128", no_proxy: "c.example" };
    const peers = "/id-b=ws://b.example,/id-c=ws://c.example,/id-d=ws://127.0.0.1,/id-e=accept";
    const { config } = loaded({ flags: { peers }, env });
    const named = [...config.peers].map(([id, { cseProxy }]) => [id, cseProxy?.namedBy]);
    expect(Object.fromEntries(named)).toEqual({
      "/id-b": "http_proxy",
      "/id-c": undefined,
      "/id-d": undefined,
      "/id-e": undefined,
    });
  });

  test("is told of once where it is none, however many lie behind it", () => {
    const env = { all_proxy: "socks5://proxy.example" };
    const flags = new Map([["peers", "/id-b=ws://b.example,/id-c=http://c.example"]]);
    const result = loadConfig({ env, flags });
    expect("faults" in result && result.faults.map(describeFault)).toEqual([
      "all_proxy: must be an http:// or https:// URL of a proxy; no other kind is spoken here",
    ]);
  });
});

describe("an entry of peers (S9)", () => {
  test("is for what it does not name cse is, but for the originator", () => {
    const yaml = `cse: { url: "ws://a.example", id: /id-a, originator: CA, idleClose: 5m, window: 3 }
peers:
  /id-b: { url: "ws://b.example/", window: 4, subprotocols: [oneM2M.cbor] }
  //sp-c.example.org: accept
`;
    const { config } = loaded({ yaml });
    expect(config.peers.get("/id-b")?.cse).toEqual({
      ...config.cse,
      id: "/id-b",
      name: "",
      spId: undefined,
      url: "ws://b.example",
      originator: "/id-a",
      window: 4,
      subprotocols: ["oneM2M.cbor"],
    });
    expect(config.peers.get("//sp-c.example.org")?.cse).toMatchObject({
      id: "",
      spId: "sp-c.example.org",
      url: undefined,
      idleClose: 300_000,
    });
  });

  test("says what is wrong with it as cse does, and where", () => {
    const yaml = `peers:
  /id-b:
    url: ftp://b.example
    idleClosed: 5m
    window: 0
    links: shared
  /id-c: { window: 3, window: 4 }
  /id-d: { window: 3 }
`;
    expect(loaded({ yaml }).faults).toEqual([
      "gateway.yaml:7:23: peers./id-c: window is given twice",
    ]);
    expect(loaded({ yaml: yaml.replace(", window: 4", "") }).faults).toEqual([
      'gateway.yaml:3:10: peers./id-b.url: must be an http://, https://, ws:// or wss:// URL without user name, query or fragment, but is "ftp://b.example"',
      "gateway.yaml:4:17: peers./id-b.idleClosed: no such key of a peer; did you mean idleClose?",
      "gateway.yaml:5:13: peers./id-b.window: must be a whole number from 1 to 65536, but is 0",
      "gateway.yaml:6:12: peers./id-b.links: no such key of a peer",
      "gateway.yaml:7:10: peers./id-c: has no url; give it one, or url: accept",
      "gateway.yaml:8:10: peers./id-d: has no url; give it one, or url: accept",
    ]);
  });

  test("has the groups of keys that cse has, and of each what it does not name is as there", () => {
    const keys = keysByPath();
    const [window, deflate] = [keys.get("cse.window"), keys.get("cse.deflate")];
    if (window === undefined || deflate === undefined) throw new Error("there are no such keys");
    const cse = { ...loaded({}).config.cse, group: { window: 3, deflate: true } };
    const grouped = new Map([
      ...keys,
      ["cse.group.window", window],
      ["cse.group.deflate", deflate],
    ]);
    const read = (group: object) =>
      readPeers(new Map([["/id-b", { url: "accept", group }]]), cse, grouped);
    const { peers, faults } = read({ window: 4 });
    expect(peers.get("/id-b")).toMatchObject({ group: { window: 4, deflate: true } });
    expect(faults).toEqual([]);
    expect(read({ window: 0, widow: 1 }).faults).toMatchObject([
      { key: "peers./id-b.group.window", sentence: expect.stringContaining("from 1 to 65536") },
      { key: "peers./id-b.group.widow", sentence: expect.stringContaining("group.window?") },
    ]);
  });

  test("that is read again as it was is no change, whatever the proxy's credentials are (D10)", () => {
    const env = { http_proxy: "http://user:secret@proxy.example" };
    const read = (window: number) =>
      loaded({ yaml: `peers: { /id-b: { url: "ws://b.example", window: ${window} } }`, env })
        .config;
    expect(read(3).peers.get("/id-b")?.cseProxy?.authorization).toBeDefined();
    expect(changesBetween(read(3), read(3))).toEqual({ live: [], restart: [] });
    expect(changesBetween(read(3), read(4))).toEqual({ live: [], restart: ["peers"] });
  });
});

function loaded({
  yaml,
  flags = {},
  env = {},
}: {
  readonly yaml?: string;
  readonly flags?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}): { readonly config: Config; readonly faults: readonly string[] } {
  const file = yaml === undefined ? undefined : join(tempDir(), "gateway.yaml");
  if (file !== undefined) writeFileSync(file, yaml ?? "");
  const result = loadConfig({ file, env, flags: new Map(Object.entries(flags)) });
  return {
    get config() {
      if ("faults" in result) throw new Error(result.faults.map(describeFault).join("\n"));
      return result.config;
    },
    faults:
      "faults" in result
        ? result.faults.map((fault) => describeFault(fault).replace(file ?? "", "gateway.yaml"))
        : [],
  };
}
