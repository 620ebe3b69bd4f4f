import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { keysByPath } from "../../src/config/keys.ts";
import { deploymentOf, loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { describeFault } from "../../src/config/settings.ts";
import { tempDir } from "../helpers/temp-dir.ts";

interface Given {
  readonly yaml?: string;
  readonly env?: Record<string, string>;
  readonly flags?: Record<string, string>;
}

function load({ yaml, env = {}, flags = {} }: Given) {
  const file = yaml === undefined ? undefined : join(tempDir(), "gateway.yaml");
  if (file !== undefined) writeFileSync(file, yaml ?? "");
  const result = loadConfig({ file, env, flags: new Map(Object.entries(flags)) });
  return { result, file };
}

function configOf(given: Given): Config {
  const { result } = load(given);
  if ("faults" in result) throw new Error(result.faults.map(describeFault).join("\n"));
  return result.config;
}

/** Fault lines, with the folder of the file taken off. */
function faultsOf(given: Given): string[] {
  const { result, file } = load(given);
  if ("config" in result) return [];
  return result.faults.map((fault) =>
    describeFault(fault).replace(file ?? "gateway.yaml", "gateway.yaml"),
  );
}

const CLIENT_TLS = { ca: undefined, certificate: undefined, key: undefined };
const LISTENER_TLS = {
  certificates: [],
  keys: [],
  clientCertificates: "none",
  clientCa: [],
  crl: [],
  minVersion: "TLSv1.2",
  profile: "modern",
};

describe("defaults", () => {
  test("without file, environment and flags the gateway is standalone on loopback", () => {
    const config = configOf({ env: { XDG_STATE_HOME: "/state" } });
    expect(deploymentOf(config)).toBe("standalone");
    expect(config).toEqual({
      cse: {
        url: undefined,
        id: "/id-in",
        name: "cse-in",
        spId: undefined,
        originator: undefined,
        serializations: ["json"],
        targets: "token",
        timeout: 20_000,
        connections: 64,
        maxInFlight: 1024,
        links: "shared",
        connect: "always",
        idleClose: undefined,
        windows: [],
        reconnectMax: 60_000,
        connectTimeout: 10_000,
        subprotocols: ["oneM2M.json", "oneM2M.R2.0.json"],
        handshakeOrigin: true,
        window: 64,
        deflate: false,
        tls: CLIENT_TLS,
      },
      http: {
        listen: { host: "127.0.0.1", port: 8088 },
        advertise: undefined,
        prefix: "/poa",
        poaNetworks: [],
        poaCredentials: [],
        maxBody: 1_048_576,
        maxConnections: 10_000,
        disposition: true,
        laterHeaders: false,
        releaseVersion: "1",
        tls: LISTENER_TLS,
        insecure: false,
      },
      ws: {
        listen: { host: "127.0.0.1", port: 8180 },
        lenient: true,
        allowCseOnPlain: false,
        proV1: false,
        traceContext: false,
        deflate: false,
        maxMessage: 1_048_576,
        maxConnections: 10_000,
        window: 64,
        queue: 1024,
        maxBuffered: 4_194_304,
        pingAfter: 25_000,
        pongWithin: 10_000,
        unboundTimeout: 30_000,
        trustOrigin: "auto",
        trustedNetworks: [],
        hosts: [],
        origins: [],
        tls: { ...LISTENER_TLS, pskOnly: false },
        insecure: false,
      },
      admin: {
        listen: { host: "127.0.0.1", port: 9180 },
        tokenFile: undefined,
        primitives: 10_000,
        tls: LISTENER_TLS,
        insecure: false,
      },
      credentials: {
        file: undefined,
        jwtKeys: undefined,
        jwtAudience: undefined,
        jwtIssuer: undefined,
        jwtOriginators: "originators",
        passwordChecks: 64,
      },
      request: { ceiling: 8_000, openMax: 600_000 },
      hold: {
        profile: "store",
        notifyDefault: 86_400_000,
        otherDefault: 3_600_000,
        max: 604_800_000,
        maxEntries: 1000,
        maxBytes: 4_194_304,
        totalEntries: 1_000_000,
        totalBytes: 4_294_967_296,
        priorities: [],
        answerWithin: 10_000,
        attempts: 3,
        maxRequests: 10_000,
        resultKept: 3_600_000,
        deadLetters: 100,
        deadLettersKept: 604_800_000,
        lateAnswers: 30_000,
      },
      limits: {
        exempt: [
          { address: "127.0.0.0", prefix: 8, family: "ipv4" },
          { address: "::1", prefix: 128, family: "ipv6" },
        ],
        connectionsPerAddress: 1000,
        connectionsPerCredential: 1000,
        handshakes: 500,
        handshakesPerAddress: 20,
        primitives: 2000,
        bytes: 16_777_216,
        burst: 5_000,
        inFlight: 10_000,
        pipelined: 8,
        headTimeout: 10_000,
        bodyTimeout: 30_000,
        requestTimeout: 300_000,
        tlsTimeout: 10_000,
        writeTimeout: 30_000,
        headSize: 16_384,
        headerFields: 100,
        targetSize: 8_192,
        nesting: 64,
        registrees: 100_000,
        points: 16,
        targets: 1000,
        watchers: 64,
        traces: 16,
        eventLoopDelay: 500,
      },
      proxy: {
        url: undefined,
        credentialsFile: undefined,
        none: [],
        environment: true,
        timeout: 10_000,
        tls: CLIENT_TLS,
      },
      cseProxy: undefined,
      adminToken: undefined,
      origins: new Map(),
      proofs: { entries: [], isExposed: false, digest: undefined, jwtKeys: undefined },
      calls: { networks: [], maxInFlight: 1024, tls: CLIENT_TLS },
      xml: { namespaces: new Map() },
      peers: new Map(),
      permissions: [],
      stateDir: resolve("/state/m2mgw/standalone"),
      log: { level: "info" },
      shutdown: { drain: 10_000 },
    });
  });

  test("every default is a value that its own key takes", () => {
    for (const [path, { reader }] of keysByPath()) {
      const { default: text } = reader.leaf;
      const result = text === undefined ? { value: undefined } : reader.read(text);
      expect({ path, result }).toEqual({ path, result: { value: reader.defaultValue() } });
    }
  });

  test("a key without a default has an example that it takes", () => {
    for (const { path, reader } of keysByPath().values()) {
      if (reader.leaf.default !== undefined) continue;
      expect({ path, result: reader.read(reader.leaf.example) }).toHaveProperty("result.value");
    }
  });

  test("state lies in the user's state directory, or where stateDir says", () => {
    const home = resolve("/home/u");
    expect(configOf({ env: { HOME: home } }).stateDir).toBe(
      join(home, ".local/state/m2mgw/standalone"),
    );
    expect(configOf({ flags: { stateDir: "here" } }).stateDir).toBe(resolve("here"));
  });

  test("state in front of a CSE lies apart from standalone state, and from that of another CSE", () => {
    const env = { XDG_STATE_HOME: "/state" };
    const folders = [
      {},
      { "cse.url": "http://127.0.0.1:1" },
      { "cse.url": "http://127.0.0.1:2" },
    ].map((flags) => configOf({ env, flags }).stateDir);
    expect(new Set(folders).size).toBe(3);
    expect(folders[0]).toBe(resolve("/state/m2mgw/standalone"));
  });

  test("the configuration cannot be changed, lists included", () => {
    const config = configOf({ flags: { "ws.hosts": "a,b" } });
    for (const part of [config, config.ws, config.ws.hosts, config.ws.origins]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });
});

describe("sources", () => {
  test("a flag is stronger than the environment, which is stronger than the file", () => {
    const yaml = "request: { ceiling: 1s, openMax: 1m }\nws: { window: 7 }\n";
    const env = { M2MGW_REQUEST_CEILING: "2s", M2MGW_REQUEST_OPEN_MAX: "2m" };
    const config = configOf({ yaml, env, flags: { "request.ceiling": "3s" } });
    expect(config.request).toEqual({ ceiling: 3_000, openMax: 120_000 });
    expect(config.ws.window).toBe(7);
  });

  test.each([
    ["M2MGW_STATE_DIR", "stateDir"],
    ["M2MGW_WS_MAX_MESSAGE", "ws.maxMessage"],
    ["M2MGW_WS_PRO_V1", "ws.proV1"],
    ["M2MGW_WS_ALLOW_CSE_ON_PLAIN", "ws.allowCseOnPlain"],
    ["M2MGW_CSE_SP_ID", "cse.spId"],
  ])("%s sets %s", (variable, path) => {
    expect(keysByPath().get(path)?.variable).toBe(variable);
  });

  test("text of the environment becomes what the key holds", () => {
    const config = configOf({
      env: {
        M2MGW_WS_LENIENT: "false",
        M2MGW_WS_WINDOW: "3",
        M2MGW_WS_HOSTS: "a.example, b.example:8180",
        M2MGW_WS_TRUSTED_NETWORKS: "10.0.0.0/8,::1",
        M2MGW_HTTP_LISTEN: "[::1]:0",
        M2MGW_LOG_LEVEL: "silent",
        PATH: "/bin",
      },
    });
    expect(config.ws).toMatchObject({
      lenient: false,
      window: 3,
      hosts: ["a.example", "b.example:8180"],
      trustedNetworks: [
        { address: "10.0.0.0", prefix: 8, family: "ipv4" },
        { address: "::1", prefix: 128, family: "ipv6" },
      ],
    });
    expect(config.http.listen).toEqual({ host: "::1", port: 0 });
    expect(config.log.level).toBe("silent");
  });

  test("an empty variable counts as not set", () => {
    expect(configOf({ env: { M2MGW_CSE_URL: "", M2MGW_WS_WINDOW: "" } }).ws.window).toBe(64);
  });

  test.each(["", "# only a comment\n", "ws:\n# nothing below\n"])(
    "the file %j sets nothing",
    (yaml) => {
      expect(configOf({ yaml })).toEqual(configOf({}));
    },
  );

  test("with cse.url it is a front", () => {
    const config = configOf({ yaml: 'cse: { url: "http://127.0.0.1:8080/" }\n' });
    expect(deploymentOf(config)).toBe("front");
    expect(config.cse.url).toBe("http://127.0.0.1:8080");
  });
});

describe("xml.namespaces", () => {
  const HOME = "http://www.onem2m.org/xml/protocols/homedomain";
  const expected = new Map([
    ["hd", HOME],
    ["v_1.a-b", "urn:v?a=b"],
  ]);
  const EXPECTS =
    "must be a mapping of prefixes (none of m2m, xsi and XML's own) to namespaces, such as v: http://vendor.example";

  test("is a mapping in the file, and pairs in the environment and on the command line", () => {
    const yaml = `xml:\n  namespaces:\n    hd: ${HOME}\n    v_1.a-b: "urn:v?a=b"\n`;
    const pairs = `hd=${HOME}, v_1.a-b=urn:v?a=b`;
    expect(configOf({ yaml }).xml.namespaces).toEqual(expected);
    expect(configOf({ env: { M2MGW_XML_NAMESPACES: pairs } }).xml.namespaces).toEqual(expected);
    expect(configOf({ flags: { "xml.namespaces": pairs } }).xml.namespaces).toEqual(expected);
  });

  test.each([
    ["a prefix that is the core's", "{m2m: 'urn:a'}"],
    ["the namespace of the core", "{v: 'http://www.onem2m.org/xml/protocols'}"],
    ["a prefix that is XML's own", "{xmlns: 'urn:a'}"],
    ["another that begins with xml", "{XmlA: 'urn:a'}"],
    ["the prefix of XML Schema's instances", "{xsi: 'urn:a'}"],
    ["a prefix that is no name", "{1a: 'urn:a'}"],
    ["a prefix with a colon", "{'a:b': 'urn:a'}"],
    ["an empty prefix", "{'': 'urn:a'}"],
    ["a prefix that is too long", `{${"a".repeat(65)}: 'urn:a'}`],
    ["an empty namespace", "{v: ''}"],
    ["a namespace with a blank", "{v: 'urn: a'}"],
    ["a namespace that is too long", `{v: ${"a".repeat(257)}}`],
    ["no namespace", "{v: }"],
    ["a list", "[v]"],
    [
      "more than 64",
      JSON.stringify(Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`v${n}`, "a"]))),
    ],
  ])("does not take %s", (_, value) => {
    expect(faultsOf({ yaml: `xml: { namespaces: ${value} }\n` })).toEqual([
      expect.stringContaining(`gateway.yaml:1:20: xml.namespaces: ${EXPECTS}, but is `),
    ]);
  });

  test("does not take a prefix twice, nor one without its namespace", () => {
    expect(faultsOf({ yaml: "xml:\n  namespaces:\n    v: urn:a\n    v: urn:b\n" })).toEqual([
      "gateway.yaml:4:5: xml.namespaces: v is given twice",
    ]);
    expect(faultsOf({ flags: { "xml.namespaces": "v" } })).toEqual([
      `--xml.namespaces: ${EXPECTS}, but is {"v":""}`,
    ]);
  });
});

describe("faults in the file", () => {
  test.each<[string, string, string[]]>([
    [
      "an unknown key, with the nearest one",
      "ws:\n  pingAftr: 3s\n",
      ["gateway.yaml:2:3: ws.pingAftr: no such key; did you mean ws.pingAfter?"],
    ],
    [
      "an unknown key that is nothing like any other",
      "colour: red\n",
      ["gateway.yaml:1:1: colour: no such key"],
    ],
    [
      "a key in the wrong group",
      "http:\n  maxMessage: 1MiB\n",
      ["gateway.yaml:2:3: http.maxMessage: no such key; did you mean ws.maxMessage?"],
    ],
    [
      "a key path in one line",
      "http.listen: 127.0.0.1:1\n",
      [
        "gateway.yaml:1:1: http.listen: is written in a line for each part: http: and, indented below it, listen:",
      ],
    ],
    [
      "a key given twice",
      "ws:\n  window: 1\n  window: 2\n",
      ["gateway.yaml:3:3: ws.window: this key is given twice"],
    ],
    [
      "a wrong type",
      "ws:\n  window: many\n",
      ['gateway.yaml:2:11: ws.window: must be a whole number from 1 to 65535, but is "many"'],
    ],
    [
      "a length of time without its unit",
      "ws: { pingAfter: 25 }\n",
      [
        "gateway.yaml:1:18: ws.pingAfter: must be a length of time with its unit (ms, s, m, h, d) from 10ms to 1h, but is 25",
      ],
    ],
    [
      "a value below its range",
      "request:\n  ceiling: 1ms\n",
      [
        'gateway.yaml:2:12: request.ceiling: must be a length of time with its unit (ms, s, m, h, d) from 10ms to 1h, but is "1ms"',
      ],
    ],
    [
      "a value above its range",
      "http:\n  maxBody: 2GiB\n",
      [
        'gateway.yaml:2:12: http.maxBody: must be a size with its unit (B, KiB, MiB, GiB) from 64B to 1GiB, but is "2GiB"',
      ],
    ],
    [
      "a value that is none of a choice",
      "log: { level: loud }\n",
      [
        'gateway.yaml:1:15: log.level: must be one of trace, debug, info, warn, error, silent, but is "loud"',
      ],
    ],
    [
      "an item of a list that is wrong",
      "ws:\n  trustedNetworks: [10.0.0.0/8, here]\n",
      [
        'gateway.yaml:2:20: ws.trustedNetworks: must be a list of networks such as 10.0.0.0/8 or fd00::/8, but is ["10.0.0.0/8","here"]',
      ],
    ],
    [
      "a text where a list belongs",
      "ws: { hosts: a.example }\n",
      [
        'gateway.yaml:1:14: ws.hosts: must be a list of Host values such as gateway.example.org:8180, but is "a.example"',
      ],
    ],
    [
      "a time that is none",
      "cse: { windows: [Mon-Fri 02:00-04:00, 4:00-6:00] }",
      [
        'gateway.yaml:1:17: cse.windows: must be a list of times of the week in UTC such as 02:00-04:00 or Mon-Fri 22:00-06:00, but is ["Mon-Fri 02:00-04:00","4:00-6:00"]',
      ],
    ],
    [
      "a CSE-ID without its slash",
      "cse: { id: id-in }\n",
      [
        'gateway.yaml:1:12: cse.id: must be a CSE-ID in SP-relative form such as /id-in, but is "id-in"',
      ],
    ],
    [
      "a URL with a password, which is not repeated",
      "cse: { url: 'http://u:secret@cse.example.org' }\n",
      [
        'gateway.yaml:1:13: cse.url: must be an http://, https://, ws:// or wss:// URL without user name, query or fragment, but is "http://***@cse.example.org"',
      ],
    ],
    [
      "a release version without quotes",
      "http: { releaseVersion: 3 }\n",
      [
        'gateway.yaml:1:25: http.releaseVersion: must be a release version in quotes, such as "2a" or "3", but is 3',
      ],
    ],
    [
      "a key without a value",
      "ws:\n  window:\n",
      ["gateway.yaml:2:10: ws.window: has no value; leave the key out to get its default"],
    ],
    [
      "a value where a group belongs",
      "ws: 8180\n",
      ["gateway.yaml:1:5: ws: must be a mapping of keys to values"],
    ],
    ["a file that is a list", "- ws\n", ["gateway.yaml:1:1: must be a mapping of keys to values"]],
    [
      "an alias",
      "ws: &a { window: 1 }\nhttp: *a\n",
      ["gateway.yaml:2:7: YAML aliases are not read here"],
    ],
  ])("%s", (_, yaml, expected) => {
    expect(faultsOf({ yaml })).toEqual(expected);
  });

  test.each([
    ["ws: { window: 1\nlog: { level: info }\n", "gateway.yaml:2:1: "],
    ["ws:\n\twindow: 1\n", "gateway.yaml:2:1: "],
    ["ws: { window: !foo 3 }\n", "gateway.yaml:1:15: "],
    ["ws: {}\n---\nlog: {}\n", "gateway.yaml:2:1: "],
  ])("%j is not well-formed and says where", (yaml, where) => {
    expect(faultsOf({ yaml })[0]).toContain(`${where}this is not well-formed YAML`);
  });

  test("a file that is not there is a fault with its name", () => {
    const file = join(tempDir(), "none.yaml");
    const result = loadConfig({ file, env: {} });
    expect("faults" in result && result.faults.map(describeFault)).toEqual([
      expect.stringContaining(`${file}: cannot be read: ENOENT`),
    ]);
  });
});

test("faults of all sources come together, also where a stronger source overrides", () => {
  const faults = faultsOf({
    yaml: "ws:\n  window: 0\n  pongs: 1s\n",
    env: { M2MGW_WS_WINDOW: "x", M2MGW_HTTP_LISTN: "h:1", M2MGW_WS_LENIENT: "yes" },
    flags: { "ws.window": "1", "ws.windwo": "1", "cse.id": "x" },
  });
  expect(faults).toEqual([
    "gateway.yaml:2:11: ws.window: must be a whole number from 1 to 65535, but is 0",
    "gateway.yaml:3:3: ws.pongs: no such key",
    'M2MGW_WS_WINDOW: must be a whole number from 1 to 65535, but is "x"',
    "M2MGW_HTTP_LISTN: no such variable; did you mean M2MGW_HTTP_LISTEN?",
    'M2MGW_WS_LENIENT: must be true or false, but is "yes"',
    "--ws.windwo: no such option; did you mean --ws.window?",
    '--cse.id: must be a CSE-ID in SP-relative form such as /id-in, but is "x"',
  ]);
});

describe("keys that depend on each other", () => {
  test.each(["http", "ws", "admin"])("%s leaves loopback only when it is told to", (face) => {
    const [fault, ...others] = faultsOf({ yaml: `${face}:\n  listen: 0.0.0.0:7000\n` });
    expect(others).toEqual([]);
    expect(fault).toContain(`gateway.yaml:2:11: ${face}.listen: 0.0.0.0:7000 is not on loopback`);
    expect(fault).toContain(`${face}.insecure: true allows it`);
    const flags = { [`${face}.listen`]: "0.0.0.0:7000", [`${face}.insecure`]: "true" };
    expect(faultsOf({ flags })).toEqual([]);
  });

  test("a CSE elsewhere must be told where the gateway is", () => {
    const flags = { "cse.url": "http://cse.example.org:8080" };
    expect(faultsOf({ flags })).toEqual([
      "--cse.url: http.advertise: is required because cse.url (cse.example.org:8080) is not on loopback: give the URL under which that CSE reaches this gateway",
    ]);
    expect(faultsOf({ flags: { ...flags, "http.advertise": "http://gw.example.org" } })).toEqual(
      [],
    );
  });

  test.each([
    ["http", "http://127.0.0.1:7001"],
    ["http", "http://localhost:7001"],
    ["http", "http://[::1]:7001/"],
    ["ws", "http://127.0.0.1:7002"],
    ["ws", "http://localhost:7002"],
    ["admin", "http://127.0.0.1:7003"],
    ["admin", "http://localhost:7003"],
  ])("the gateway's own %s.listen is no CSE: %s", (face, url) => {
    const flags = {
      "http.listen": "127.0.0.1:7001",
      "ws.listen": "127.0.0.1:7002",
      "admin.listen": "127.0.0.1:7003",
    };
    expect(faultsOf({ flags: { ...flags, "cse.url": url } })).toEqual([
      `--cse.url: cse.url: is this gateway's own ${face}.listen; give the CSE's URL`,
    ]);
    expect(faultsOf({ flags: { ...flags, "cse.url": "http://127.0.0.1:7004" } })).toEqual([]);
  });

  test("http and ws may share a port, admin may not", () => {
    expect(faultsOf({ flags: { "ws.listen": "127.0.0.1:8088" } })).toEqual([]);
    expect(faultsOf({ flags: { "ws.listen": "127.0.0.1:9180" } })).toEqual([
      "--ws.listen: admin.listen: must not be the same as ws.listen",
    ]);
    const free = "127.0.0.1:0";
    const flags = { "http.listen": free, "ws.listen": free, "admin.listen": free };
    expect(faultsOf({ flags })).toEqual([]);
  });
});

describe("files that keys name", () => {
  test("their faults come with those of the configuration", () => {
    const folder = tempDir();
    const credentials = join(folder, "credentials.yaml");
    writeFileSync(credentials, "- 7");
    const yaml = `credentials:\n  file: ${credentials}\n  jwtKeys: ${join(folder, "none.pem")}\n`;
    expect(faultsOf({ yaml })).toEqual([
      "gateway.yaml:3:12: credentials.jwtAudience: is required with credentials.jwtKeys: without it, tokens for others are taken",
      `${credentials}:1:3: must be an entry with name and originators`,
      expect.stringContaining("none.pem: cannot be read: ENOENT"),
    ]);
  });
});
