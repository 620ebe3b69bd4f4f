import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Kind, type Member, rootMember, shapeOf } from "../../../src/codec/schema/schema.ts";
import { readFacts, renderSchemaTables } from "../../helpers/schema-tables.ts";

const facts = readFacts();

test("the tables in the tree are what the facts make of them (npm run readme)", () => {
  const tables = new URL("../../../src/codec/schema/tables.generated.ts", import.meta.url);
  expect(readFileSync(tables, "utf8")).toBe(renderSchemaTables(facts));
});

test("every enumeration is one of integers (TS-0004, 6.3.4)", () => {
  const enumerations = Object.entries(facts.enums);
  expect(enumerations).toHaveLength(80);
  const others = enumerations.filter(([, { values }]) =>
    Object.keys(values).some((value) => !Number.isSafeInteger(Number(value))),
  );
  expect(others).toEqual([]);
});

test("nothing is made of facts whose enumerations are missing, or none of integers", () => {
  const { batteryStatus, ...others } = facts.enums;
  const render = (changed: Partial<typeof facts>) => () =>
    renderSchemaTables({ ...facts, ...changed });
  expect(render({ enums: others })).toThrow(/^no values for bts: batteryStatus$/);
  const words = { values: { ...batteryStatus?.values, FULL: "full" } };
  expect(render({ enums: { ...others, batteryStatus: words } })).toThrow(
    /^no integer in batteryStatus of bts: FULL$/,
  );
  const member = { n: "x", type: "list-of-enum", list: "xs:list", enum: "none" } as const;
  const { enum: _, ...unnamed } = member;
  expect(render({ types: { t: { members: [member] } } })).toThrow(/^no values for t.x: none$/);
  expect(render({ types: { t: { members: [unnamed] } } })).toThrow(/^no enumeration for t.x$/);
});

const ENVELOPES: ReadonlyMap<string, string> = new Map([
  ["rqp", "requestPrimitive"],
  ["rsp", "responsePrimitive"],
  ["ntf", "notification"],
]);

/** What the schema has for `name` in a context as the facts spell it: `cnt`, `dcfg:sim`, `type:attribute`, `rqp`, `pc`. */
function memberInContext(context: string, name: string): Member | undefined {
  if (context === "pc") return rootMember(`m2m:${name}`);
  const envelope = ENVELOPES.get(context);
  if (envelope !== undefined) return memberIn(envelope, name);
  if (context.startsWith("type:")) return memberIn(context.slice("type:".length), name);
  return memberIn(context.includes(":") ? context : `m2m:${context}`, name);
}

function memberIn(shape: string, name: string): Member | undefined {
  const { members, text } = shapeOf(shape) ?? {};
  return members?.get(name) ?? (text?.name === name ? text : undefined);
}

/** Types of TS-0004, 6.3 whose empty element can mean nothing but null; those of the facts without one are strings. */
const PATTERNED = new Set(
  `timestamp absRelTimestamp duration base64 xs:NCName m2m:ID m2m:TMGI m2m:acpType m2m:attributeList m2m:contentInfo
  m2m:countryCode m2m:deviceID m2m:dynAuthJWT m2m:e2eCompactJWE m2m:externalID m2m:ipv4 m2m:ipv6 m2m:listOfM2MID
  m2m:locationTargetID m2m:nhURI m2m:nodeID m2m:poaList m2m:protocolList m2m:releaseVersion m2m:requestID
  m2m:resourceName m2m:roleID m2m:scheduleEntry m2m:serializations m2m:sessionCapabilities m2m:signatureList
  m2m:supportedReleaseVersions m2m:tokenID m2m:typeOfContent`.split(/\s+/),
);
const TEXT = new Set(
  "string anyURI xs:string xs:token m2m:labels m2m:sparql m2m:sessionDescription".split(" "),
);
const OTHERS: ReadonlyMap<string, Kind> = new Map([
  ["integer", "integer"],
  ["unsigned", "integer"],
  ["enum", "integer"],
  ["float", "float"],
  ["boolean", "boolean"],
  ["any", "any"],
  ["geoJson", "any"],
  ["object", "object"],
  ["wildcard", "wildcard"],
]);

/** By the table of primitives, 9.3. */
function kindStated({ type, xsd }: { readonly type: string; readonly xsd?: string }): Kind {
  const one = type.replace(/^list-of-/, "");
  const name = one === "string" ? (xsd?.replace(/^list of /i, "") ?? one) : one;
  const kind = PATTERNED.has(name) ? "patterned" : TEXT.has(name) ? "text" : OTHERS.get(name);
  if (kind === undefined) throw new Error(`no kind for ${type} ${xsd}`);
  return kind;
}

/** Where the rows of a complex type and of its members differ: the former. */
const DIFFERENT: ReadonlyMap<string, Kind> = new Map([
  ["msu in rqp", "patterned"],
  ["msu in rsp", "patterned"],
  ["tg in type:setOfNotificationStatsInfo", "text"],
]);

test("every attribute is found in each of its contexts, in the form stated there", () => {
  const stated = Object.entries(facts.attributes).flatMap(([name, attribute]) =>
    (attribute.variants ?? [attribute]).flatMap((fact) =>
      fact.in.map((context) => ({ name, context, fact })),
    ),
  );
  expect(new Set(stated.map(({ name }) => name)).size).toBe(661);
  for (const { name, context, fact } of stated) {
    const where = `${name} in ${context}`;
    expect(memberInContext(context, name), where).toMatchObject({
      kind: DIFFERENT.get(where) ?? kindStated(fact),
      list: fact.list === "xs:list" ? "items" : (fact.list ?? undefined),
      shape: fact.type.endsWith("object") ? fact.of : undefined,
      xmlAttribute: fact.xmlAttribute,
    });
  }
});

test("every member of a complex type and of a model is of the kind stated there", () => {
  const ofTypes = Object.entries(facts.types).flatMap(([type, { members }]) =>
    members.flatMap((fact) => (fact.n === null ? [] : [{ shape: type, name: fact.n, fact }])),
  );
  const ofModels = Object.entries(facts.flexcontainers).flatMap(([shape, { attributes }]) =>
    Object.entries(attributes).map(([name, type]) => ({ shape, name, fact: { type } })),
  );
  expect([ofTypes.length, ofModels.length]).toEqual([391, 997]);
  for (const { shape, name, fact } of [...ofTypes, ...ofModels]) {
    expect(memberIn(shape, name)?.kind, `${name} in ${shape}`).toBe(kindStated(fact));
  }
});
