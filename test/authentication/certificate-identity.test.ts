import { expect, test } from "vitest";
import { originatorsIn } from "../../src/authentication/certificate-identity.ts";
import { hashToken } from "../../src/base/token-hash.ts";
import type { Shown } from "../../src/core/credential.ts";
import { type Domain, entityIdOf } from "../../src/primitive/identifiers.ts";
import { authenticationOf, bearer, DOMAIN, entry } from "./known.ts";

type Certificate = NonNullable<Shown["certificate"]>;
const FINGERPRINT = "0f".repeat(32);

const certificate = (facts: Partial<Certificate>): Certificate => ({
  uris: [],
  names: [],
  commonName: undefined,
  fingerprint: FINGERPRINT,
  ...facts,
});

test.each<[string, readonly string[]]>([
  ["//sp.example/id-in/CAE1", ["//sp.example/id-in/CAE1"]],
  ["//SP.Example/id-in/CAE1", ["//SP.Example/id-in/CAE1"]],
  ["//sp.example/SAE1", ["//sp.example/SAE1"]],
  ["//sp.example/id-mn/CAE1", ["//sp.example/id-mn/CAE1"]],
  ["//other.example/id-in/CAE1", ["//other.example/id-in/CAE1"]],
  ["m2m://sp.example/id-in/CAE1", ["//sp.example/id-in/CAE1"]],
  ["https://other.example/id-in/CAE1", []],
  ["//sp.example/id-in/*", []],
  ["//sp.example/id-in/C*", []],
  ["//*/id-in/CAE1", []],
  ["//sp.example/id-in", []],
  ["//sp.example/CAE1", []],
  ["//sp.example/id-in/cse-in/CAE1", []],
  ["//sp.example/id-in/container", []],
  ["//sp.example/id-in/CAE1?x", []],
  ["//user@sp.example/id-in/CAE1", []],
  ["/id-in/CAE1", []],
  ["CAE1", []],
  ["urn:uuid:1", []],
])("the URI %s of an AE-ID certificate allows %j (TS-0003, 10.1.1.5)", (uri, originators) => {
  expect(originatorsIn(certificate({ uris: [uri] }), DOMAIN)).toEqual(originators);
});

test.each<[string, readonly string[]]>([
  ["id-in.sp.example", ["/id-in", "/id-in/*"]],
  ["id-mn.id-in.sp.example", ["/id-mn", "/id-mn/*"]],
  ["id-MN.ID-IN.SP.EXAMPLE", ["/id-MN", "/id-MN/*"]],
  ["id-x.id-mn.id-in.sp.example", []],
  ["id-x.id-mn.sp.example", []],
  ["*.sp.example", []],
  ["*.id-in.sp.example", []],
  ["sp.example", []],
  ["evilsp.example", []],
  ["id-mn.other.example", []],
])(
  "the DNS name %s of a CSE-ID certificate allows %j (TS-0003, 10.1.1.7; TS-0001, 6.5.1.1)",
  (name, originators) => {
    expect(originatorsIn(certificate({ names: [name] }), DOMAIN)).toEqual(originators);
  },
);

test("where the M2M-SP-ID is not known no DNS name is a CSE's, and no URI with a scheme an AE's", () => {
  const domain: Domain = { ...DOMAIN, spId: undefined };
  const both = {
    names: ["id-mn.sp.example", "id-mn.undefined"],
    uris: ["m2m://undefined/id-in/C1"],
  };
  expect(originatorsIn(certificate(both), domain)).toEqual([]);
});

test("an AE-ID certificate proves its AE, which is known before its first message (ID-01)", async () => {
  const { ask } = authenticationOf({ isExpected: true });
  const credential = await ask({ certificate: certificate({ uris: ["//sp.example/id-in/CAE1"] }) });
  expect(credential).toMatchObject({
    id: "certificate://sp.example/id-in/CAE1",
    entity: entityIdOf("CAE1", DOMAIN),
  });
});

test.each<[string, Partial<Certificate>]>([
  ["uri", { uris: ["urn:a", "urn:node:1"] }],
  ["dns", { names: ["Node-1.Field.Example"] }],
  ["commonName", { commonName: "Node 1" }],
  ["fingerprint", {}],
])(
  "a Node-ID certificate is recognized by its %s where an entry says so (ID-07)",
  async (names, facts) => {
    const values = {
      uri: "urn:node:1",
      dns: "node-1.field.example",
      commonName: "Node 1",
      fingerprint: FINGERPRINT,
    };
    const kind = names as keyof typeof values;
    const proof = { by: "certificate", names: kind, value: values[kind] } as const;
    const { ask } = authenticationOf({ entries: [entry("node-1", proof, ["CAE1", "CAE2"])] });
    const credential = await ask({ certificate: certificate(facts) });
    expect(credential).toMatchObject({ id: "certificate:node-1", entity: undefined });
    const allowed = ["CAE1", "CAE2", "CAE3"].filter((id) =>
      credential?.covers(entityIdOf(id, DOMAIN)),
    );
    expect(allowed).toEqual(["CAE1", "CAE2"]);
  },
);

test("an entry about a certificate goes before the names in it, and the closest entry before others", async () => {
  const proofs = [
    entry("by-name", { by: "certificate", names: "commonName", value: "Node 1" }),
    entry("by-uri", { by: "certificate", names: "uri", value: "//sp.example/id-in/CAE1" }),
  ];
  const shown = {
    certificate: certificate({ uris: ["//sp.example/id-in/CAE1"], commonName: "Node 1" }),
  };
  expect(await authenticationOf({ entries: proofs }).ask(shown)).toMatchObject({
    id: "certificate:by-uri",
  });
});

test("a certificate that names nobody is refused, unless its request proves something", async () => {
  const entries = [entry("gate", { by: "bearer", hash: hashToken("t0ken") })];
  const { ask } = authenticationOf({ entries, isExpected: true });
  const shown = { certificate: certificate({ commonName: "anybody" }) };
  await expect(ask(shown)).rejects.toMatchObject({ code: "GW_CREDENTIALS_REFUSED" });
  expect(await ask({ ...shown, ...bearer("t0ken") })).toMatchObject({ id: "bearer:gate" });
});

test("what the connection proves goes before what the request shows", async () => {
  const entries = [entry("gate", { by: "bearer", hash: hashToken("t0ken") })];
  const { ask } = authenticationOf({ entries, isExpected: true });
  const shown = { certificate: certificate({ uris: ["//sp.example/id-in/CAE1"] }) };
  for (const token of ["t0ken", "wrong"]) {
    expect(await ask({ ...shown, ...bearer(token) })).toMatchObject({
      id: "certificate://sp.example/id-in/CAE1",
    });
  }
});

test("a pre-shared key is found by its identity, and proves the credential of its entry (TS-0003, 8.2.2.1)", async () => {
  const key = Buffer.alloc(32, 7);
  const { ask, authentication } = authenticationOf({
    entries: [entry("gate", { by: "psk", identity: "kpsa-1", key })],
  });
  expect(authentication.pskKeyOf("kpsa-1")).toEqual(key);
  expect(authentication.pskKeyOf("kpsa-2")).toBeUndefined();
  expect(authentication.pskKeyOf("__proto__")).toBeUndefined();
  expect(await ask({ pskIdentity: "kpsa-1" })).toMatchObject({ id: "psk:gate" });
  await expect(ask({ pskIdentity: "kpsa-2" })).rejects.toMatchObject({
    code: "GW_CREDENTIALS_REFUSED",
  });
});
