import { expect, test } from "vitest";
import {
  allRoots,
  type Member,
  namespaceOf,
  prefixOf,
  rootMember,
  type Shape,
  shapeOf,
} from "../../../src/codec/schema/schema.ts";
import { readFacts } from "../../helpers/schema-tables.ts";

const facts = readFacts();
const ROOTS = Object.entries(facts.resources);
const REPRESENTED = ROOTS.flatMap(([root, fact]) => ("virtual" in fact ? [] : [root]));
const VIRTUAL = ROOTS.flatMap(([root, fact]) => ("virtual" in fact ? [root] : []));
const MODELS = Object.keys(facts.flexcontainers);
const RESOURCES = ROOTS.flatMap(([root, fact]) => ("attributes" in fact ? [root] : []));
const COMPLEX_TYPES = Object.keys(facts.types);

function existing(name: string): Shape {
  const shape = shapeOf(name);
  if (shape === undefined) throw new Error(`no shape ${name}`);
  return shape;
}

/** Names as written, in order, each once. */
const namesIn = (shape: string): string[] => [
  ...new Set([...existing(shape).members.values()].map((member) => member.name)),
];

/** As `integer`, `object:scheduleEntries`, `text items`, `@integer` for an XML attribute. */
function spelled(member: Member | undefined): string {
  if (member === undefined) return "unknown";
  const kind = member.shape === undefined ? member.kind : `${member.kind}:${member.shape}`;
  return `${member.xmlAttribute ? "@" : ""}${kind}${member.list === undefined ? "" : ` ${member.list}`}`;
}

function memberIn(shape: string, name: string): Member | undefined {
  const { members, text } = existing(shape);
  return members.get(name) ?? (text?.name === name ? text : undefined);
}

test("a name that is not the prefixed name of a root is no root", () => {
  for (const name of [
    "",
    "cnt",
    "atrl",
    "m2m:nope",
    "cod:binShA",
    "Annc",
    "__proto__",
    "notification",
  ])
    expect(rootMember(name)).toBeUndefined();
  for (const name of ["", "m2m:sgn", "cnt", "Inst", "__proto__", "constructor"])
    expect(shapeOf(name)).toBeUndefined();
});

test("every root with a representation is known; names of addresses only are not (TS-0004, 6.8)", () => {
  expect(REPRESENTED).toHaveLength(158);
  expect(REPRESENTED.filter((root) => rootMember(root)?.name !== root)).toEqual([]);
  expect(VIRTUAL).toHaveLength(8);
  expect(VIRTUAL.filter((root) => rootMember(root) !== undefined)).toEqual([]);
});

test("every model of TS-0023 has three roots", () => {
  const roots = MODELS.flatMap((model) => [model, `${model}Annc`, `${model}Inst`]);
  expect(roots).toHaveLength(780);
  expect(roots.filter((root) => rootMember(root)?.shape !== root)).toEqual([]);
  expect([...allRoots()].sort()).toEqual([...REPRESENTED, ...roots].sort());
});

test.each([
  ["m2m:cnt", "object:m2m:cnt"],
  ["m2m:cntA", "object:m2m:cntA"],
  ["m2m:fwr", "object:m2m:fwr"],
  ["dcfg:wific", "object:dcfg:wific"],
  ["cod:binSh", "object:cod:binSh"],
  ["cod:binShAnnc", "object:cod:binShAnnc"],
  ["cod:binShInst", "object:cod:binShInst"],
  ["m2m:rqp", "object:requestPrimitive"],
  ["m2m:rsp", "object:responsePrimitive"],
  ["m2m:sgn", "object:notification"],
  ["m2m:rrl", "object:listOfChildResourceRef"],
  ["m2m:rce", "object:resourceWrapper"],
  ["m2m:agrp", "object:requestPrimitive repeated"],
  ["m2m:uri", "text"],
  ["m2m:uril", "text items"],
  ["m2m:atrl", "text items"],
  ["m2m:dbg", "text"],
  ["m2m:qres", "text"],
])("%s at the top of a content is %s (TS-0004, 7.5.2)", (root, expected) => {
  expect(spelled(rootMember(root))).toBe(expected);
});

test.each([
  ["acn", { "m2m:ntp": "integer", actionStatus: "text" }],
  [
    "any",
    {
      rebootArgsType: "object:anyArgType repeated",
      softwareUninstallArgsType: "object:anyArgType repeated",
    },
  ],
  [
    "atr",
    { eventNotificationCriteria: "patterned items", filterCriteria: "object:attribute repeated" },
  ],
  ["ec", { requestPrimitive: "integer", responsePrimitive: "integer", "m2m:dlv": "integer" }],
  ["fu", { "m2m:auds": "object:filterCriteria", filterCriteria: "integer" }],
  ["loc", { "m2m:ae": "object:geoCoordinates", "m2m:dvi": "text" }],
  ["msm", { "m2m:smi": "object:mashupMembers", mashupMembers: "object:mashupMember repeated" }],
  ["net", { eventNotificationCriteria: "integer repeated", notificationEvent: "integer" }],
  [
    "nm",
    {
      childResourceRef: "@patterned",
      mgmtLinkRef: "@patterned",
      attribute: "patterned",
      dataLink: "text",
    },
  ],
  [
    "om",
    {
      eventNotificationCriteria: "object:operationMonitor repeated",
      notificationEvent: "object:notificationOperationMonitor",
    },
  ],
  ["omr", { requestPrimitive: "text items", metaInformation: "text items" }],
  ["ops", { "m2m:prp": "integer items", operationMonitor: "integer", filterCriteria: "integer" }],
  ["or", { "m2m:cnt": "text", operationMonitor: "patterned" }],
  ["pv", { "m2m:acp": "object:setOfAcrs", setOfPermissions: "object:setOfAcrs repeated" }],
  ["rbo", { "m2m:rbo": "boolean", execReqArgsListType: "object:rebootArgsType repeated" }],
  ["ri", { "m2m:cnt": "patterned", aggregatedResponse: "text" }],
  ["rsp", { aggregatedResponse: "object:responsePrimitive repeated" }],
  [
    "se",
    { "m2m:sch": "object:scheduleEntries", activityPattern: "object:scheduleEntries repeated" },
  ],
  ["sgn", { aggregatedNotification: "object:notification repeated" }],
  ["sus", { "m2m:auds": "integer", actionStatus: "integer" }],
  ["tg", { "m2m:dlv": "patterned", "m2m:req": "text" }],
  ["tirt", { "m2m:tgr": "integer", triggerPayload: "integer" }],
  ["to", { requestPrimitive: "text", responsePrimitive: "patterned" }],
  ["ty", { "m2m:cnt": "integer", requestPrimitive: "integer", filterCriteria: "integer items" }],
  ["typ", { childResourceRef: "@integer", mgmtLinkRef: "@integer", geoCoordinates: "integer" }],
  ["val", { attribute: "any", anyArgType: "any", childResourceRef: "text", mgmtLinkRef: "text" }],
])("%s is what its context makes of it", (name, contexts) => {
  const found = Object.keys(contexts).map((shape) => [shape, spelled(memberIn(shape, name))]);
  expect(Object.fromEntries(found)).toEqual(contexts);
});

test.each([
  ["sus", { "cod:boilr": "boolean", "mad:dANDo": "text", "mad:dmELg": "integer" }],
  ["dur", { missingData: "patterned", "cod:oveSr": "float", "cod:recor": "integer" }],
  ["crv", { "m2m:ajpr": "text", "cod:smoSr": "integer" }],
  ["dgt", { "m2m:tsi": "patterned", "cod:binSh": "patterned" }],
  ["state", { "cod:binSh": "boolean", "mad:dmAgt": "integer" }],
  ["size", { "cod:binOt": "integer", "mdd:feats": "any items" }],
  ["type", { "mad:dmELg": "integer", "mad:dmPae": "integer" }],
  ["rssi", { "cod:conny": "integer", "cod:sigSh": "float" }],
  ["maxVe", { "cod:audVe": "integer", "cod:numVe": "float" }],
  ["steVe", { "cod:audVe": "integer", "cod:tempe": "float" }],
  ["defVe", { "cod:numVe": "float", "cod:texMe": "text" }],
  ["carIo", { "cod:carSr": "text", "cod:pPCRr": "integer" }],
  ["ur0", { "cod:priQe": "any items", "cod:sesDn": "text" }],
])("%s of a model is what that model says", (name, contexts) => {
  const found = Object.keys(contexts).map((shape) => [shape, spelled(memberIn(shape, name))]);
  expect(Object.fromEntries(found)).toEqual(contexts);
});

test("every shape that a member names exists", () => {
  const shapes = [...RESOURCES, ...COMPLEX_TYPES, ...MODELS].map(existing);
  const named = shapes.flatMap(({ members }) => [...members.values()].map(({ shape }) => shape));
  const roots = allRoots().map((root) => rootMember(root)?.shape);
  const missing = [...named, ...roots].filter((shape) => shape && shapeOf(shape) === undefined);
  expect(missing).toEqual([]);
  const odd = shapes.flatMap(({ members }) =>
    [...members.values()].filter(
      ({ kind, shape }) => (kind === "object") !== (shape !== undefined),
    ),
  );
  expect(odd).toEqual([]);
});

const REPEATED = `
scheduleEntries.sce eventNotificationCriteria.om eventNotificationCriteria.net filterCriteria.cty filterCriteria.atr
filterCriteria.catr filterCriteria.patr filterCriteria.smf setOfAcrs.acr accessControlRule.acco accessControlRule.acod
accessControlContexts.actw aggregatedNotification.m2m:sgn aggregatedResponse.m2m:rsp listOfChildResourceRef.rrf
contentRef.urir deletionContexts.tod deletionContexts.lr listOfDataLinks.dle mashupMembers.msm sessionDescriptions.sdc
backOffParameters.bops activityPattern.se activityPatternElements.apt aggregatedRequest.req
dynAuthLocalTokenIdAssignments.ltia dynAuthTokenReqInfo.dasi tokenPermissions.pm setOfPermissions.pv
eventNotificationCriteriaSet.encn execReqArgsListType.rst execReqArgsListType.rbo execReqArgsListType.uld
execReqArgsListType.dld execReqArgsListType.swin execReqArgsListType.swup execReqArgsListType.swun downloadArgsType.any
rebootArgsType.any resetArgsType.any softwareInstallArgsType.any softwareUninstallArgsType.any
softwareUpdateArgsType.any uploadArgsType.any`;

test("these members of complex types are repeated elements, and no others", () => {
  const found = COMPLEX_TYPES.flatMap((type) =>
    namesIn(type).flatMap((name) =>
      memberIn(type, name)?.list === "repeated" ? [`${type}.${name}`] : [],
    ),
  );
  expect(found.sort()).toEqual(REPEATED.trim().split(/\s+/).sort());
});

test("of resources, references and the object lists of later releases are repeated elements, and no others", () => {
  const found = [...RESOURCES, ...MODELS].flatMap((root) =>
    namesIn(root).filter((name) => memberIn(root, name)?.list === "repeated"),
  );
  expect([...new Set(found)].sort()).toEqual(
    ["ch", "cmlk", "nsi", "sttrs", "atcos", "encos", "adds", "ipad", "ripa", "mesc", "rpsc"].sort(),
  );
});

test.each([
  [
    "m2m:cnt",
    "rn ty ri pi ct lt lbl acpi et daci at aa st cr mni mbs mia cni cbs li or disr cstn ast loc subi ch",
  ],
  [
    "m2m:fwr",
    "rn ty ri pi ct lt lbl acpi et daci at aa mgd obis obps dc vr fwn url ud uds cstn ast mgs cmlk ch",
  ],
  [
    "cod:binSh",
    "rn ty ri pi ct lt lbl acpi et daci at aa st cr cnd or cs nl cstn ast loc mni mia mbs cbs cni fcied dgt state ch",
  ],
  [
    "cod:binShAnnc",
    "rn ty ri pi ct lt lbl acpi et daci lnk st cnd or cs nl ast loc mni mia mbs dgt state ch",
  ],
  ["cod:binShInst", "rn ty ri pi ct lt lbl et loc cs org dgt state ch"],
  ["m2m:prpA", "rn ty ri pi ct lt lbl acpi et daci lnk ch"],
  ["responsePrimitive", "rsc rqi pc to fr ot rset ec cnst cnot ati tqf asri rvi vsi msu"],
])("members of %s come in the order of the schema (TS-0004, 8.3.1)", (shape, expected) => {
  expect(namesIn(shape).join(" ")).toBe(expected);
});

test("the name is the only attribute that a resource has in XML (TS-0004, 8.3.1)", () => {
  for (const root of [...RESOURCES, ...MODELS]) {
    const { members, isResource, text } = existing(root);
    const attributes = [...members.values()].filter((member) => member.xmlAttribute);
    expect([root, isResource, text, attributes.map(({ name }) => name)]).toEqual([
      root,
      true,
      undefined,
      ["rn"],
    ]);
  }
});

test("the primitives of a transaction are single members, no child resources", () => {
  expect(spelled(memberIn("m2m:trac", "m2m:rqp"))).toBe("object:requestPrimitive");
  expect(spelled(memberIn("m2m:trac", "m2m:rsp"))).toBe("object:responsePrimitive");
});

test.each([
  ["aggregatedNotification", "sgn", "m2m:sgn"],
  ["aggregatedResponse", "rsp", "m2m:rsp"],
])("%s understands %s and writes %s", (shape, name, written) => {
  const { members } = existing(shape);
  expect(members.get(name)).toBe(members.get(written));
  expect(members.get(name)?.name).toBe(written);
});

test("a reference to a child is text with attributes, its specialization under either name", () => {
  const { text } = existing("childResourceRef");
  expect(text?.name).toBe("val");
  expect(namesIn("childResourceRef")).toEqual(["nm", "typ", "spid", "spty"]);
  expect(spelled(memberIn("childResourceRef", "spid"))).toBe("@text");
  expect(spelled(memberIn("childResourceRef", "spty"))).toBe("@any");
});

test("a created resource with its address is one root before the address (TS-0004, 6.3.5.25)", () => {
  expect(existing("resourceWrapper").wrapsRoot).toBe(true);
  expect(namesIn("resourceWrapper")).toEqual(["uri"]);
  const others = [...RESOURCES, ...COMPLEX_TYPES].filter((name) => existing(name).wrapsRoot);
  expect(others).toEqual(["resourceWrapper"]);
});

test.each([
  ["m2m:cin", "con", "any"],
  ["m2m:cin", "cr", "patterned"],
  ["m2m:cnt", "mbs", "integer"],
  ["m2m:cnt", "lbl", "text items"],
  ["m2m:cnt", "acpi", "patterned items"],
  ["m2m:ae", "apn", "text"],
  ["m2m:ae", "rr", "boolean"],
  ["m2m:ae", "srv", "patterned items"],
  ["m2m:fwr", "vr", "text"],
  ["m2m:smd", "dsp", "patterned"],
  ["locationRegion", "accr", "float items"],
  ["geoCoordinates", "crd", "any"],
  ["requestPrimitive", "pc", "wildcard"],
  ["requestPrimitive", "rqi", "patterned"],
  ["requestPrimitive", "rvi", "patterned"],
  ["requestPrimitive", "rqet", "patterned"],
  ["requestPrimitive", "gid", "text"],
  ["notificationEvent", "rep", "wildcard"],
  ["timeSeriesNotification", "mdlt", "patterned items"],
  ["cod:aCJMe", "jobMs", "any items"],
])("in %s, %s is %s", (shape, name, expected) => {
  expect(spelled(memberIn(shape, name))).toBe(expected);
});

test("prefixes and namespaces stand for each other (TS-0023, Table 6.5.1-1)", () => {
  const protocols = "http://www.onem2m.org/xml/protocols";
  expect(namespaceOf("m2m")).toBe(protocols);
  expect(namespaceOf("cod")).toBe(`${protocols}/commondomain`);
  expect(namespaceOf("hd")).toBe(`${protocols}/horizontaldomain`);
  expect(prefixOf(`${protocols}/homedomain`)).toBe("hod");
  expect(prefixOf(`${protocols}/`)).toBeUndefined();
  const prefixes = new Set(allRoots().map((root) => root.slice(0, root.indexOf(":"))));
  for (const prefix of prefixes) {
    const namespace = namespaceOf(prefix);
    // No text at hand names the namespace of TS-0022.
    if (prefix === "dcfg") expect(namespace).toBeUndefined();
    else expect(prefixOf(namespace ?? "")).toBe(prefix);
  }
});
