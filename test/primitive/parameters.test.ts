import { describe, expect, test } from "vitest";
import {
  FILTER_FIELDS,
  filterByShort,
  formatScalar,
  mayBeCondition,
  misplacedParameter,
  PARAMETERS,
  parameterByHeader,
  parameterByQuery,
  parameterByShort,
  parseScalar,
} from "../../src/primitive/parameters.ts";
import { OPERATIONS } from "../../src/primitive/primitive.ts";

describe("the tables", () => {
  test("no short name, header field or query field stands for two parameters", () => {
    for (const names of [
      PARAMETERS.map(({ short }) => short),
      PARAMETERS.map(({ name }) => name),
      PARAMETERS.flatMap(({ header }) => header?.toLowerCase() ?? []),
      PARAMETERS.flatMap(({ query }) => query ?? []),
      FILTER_FIELDS.map(({ short }) => short),
    ]) {
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test("every parameter is found by each of its names, its header field in any case", () => {
    for (const parameter of PARAMETERS) {
      expect(parameterByShort(parameter.short)).toBe(parameter);
      if (parameter.query !== undefined) {
        expect(parameterByQuery(parameter.query)).toBe(parameter);
      }
      const { header } = parameter;
      if (header === undefined) continue;
      for (const name of [header, header.toLowerCase(), header.toUpperCase()]) {
        expect(parameterByHeader(name), name).toBe(parameter);
      }
    }
    for (const field of FILTER_FIELDS) expect(filterByShort(field.short)).toBe(field);
  });

  test.each([
    ["X-M2M-Origin", "fr", "both"],
    ["X-M2M-RI", "rqi", "both"],
    ["X-M2M-RVI", "rvi", "both"],
    ["X-M2M-GID", "gid", "request"],
    ["X-M2M-RTU", "rt", "request"],
    ["X-M2M-OT", "ot", "both"],
    ["X-M2M-RST", "rset", "both"],
    ["X-M2M-RET", "rqet", "request"],
    ["X-M2M-OET", "oet", "request"],
    ["X-M2M-EC", "ec", "both"],
    ["X-M2M-RSC", "rsc", "response"],
    ["X-M2M-ATI", "ati", "response"],
    ["X-M2M-CTS", "cnst", "response"],
    ["X-M2M-CTO", "cnot", "response"],
    ["X-M2M-VSI", "vsi", "both"],
    ["X-M2M-AS", "aus", "request"],
    ["X-M2M-ASRI", "asri", "response"],
    ["Authorization", "tkns", "request"],
  ])("%s is %s (TS-0009, 6.4)", (header, short, occurs) => {
    expect(parameterByShort(short)).toMatchObject({ header, occurs });
  });

  test.each([
    ["Host"],
    ["x-m"],
    [""],
    ["X-M2M-NM"],
    ["X-Media-Type"],
    ["accept-ranges"],
    ["x-m2m-rqet"],
  ])("the header field %j carries no parameter", (name) => {
    expect(parameterByHeader(name)).toBeUndefined();
  });

  test("Filter Criteria and parameters share no name that would be ambiguous in a query", () => {
    const fields = FILTER_FIELDS.filter(({ type }) => type !== "conditions");
    for (const { short } of fields) expect(parameterByQuery(short), short).toBeUndefined();
  });
});

describe("values in header fields and queries", () => {
  test.each([
    ["text", "", ""],
    ["time", "20260101T000000", "20260101T000000"],
    ["number", "10", 10],
    ["number", "0", 0],
    ["number", "-1", undefined],
    ["number", "1.5", undefined],
    ["number", "", undefined],
    ["number", "1e3", undefined],
    ["number", " 1", undefined],
    ["number", "9".repeat(17), undefined],
    ["boolean", "true", true],
    ["boolean", "0", false],
    ["boolean", "1", true],
    ["boolean", "false", false],
    ["boolean", "TRUE", undefined],
  ] as const)("%s %j reads as %j", (type, text, value) => {
    expect(parseScalar(type, text)).toBe(value);
  });

  test.each([
    ["text", "a", "a"],
    ["text", 7, "7"],
    ["text", null, undefined],
    ["text", {}, undefined],
    ["time", 10_000, "10000"],
    ["time", -1, undefined],
    ["number", 4, "4"],
    ["number", 4n, "4"],
    ["number", "4", "4"],
    ["number", "four", undefined],
    ["number", 4.5, undefined],
    ["number", 1e21, undefined],
    ["boolean", true, "true"],
    ["boolean", false, "false"],
    ["boolean", "1", "true"],
    ["boolean", 1, undefined],
  ] as const)("%s %s is written as %s", (type, value, text) => {
    expect(formatScalar(type, value)).toBe(text);
  });
});

const ALL_OF_THEM: readonly string[] = OPERATIONS;
const ALL_BUT_NOTIFY = OPERATIONS.filter((operation) => operation !== "notify");

describe("what an operation may have (TS-0004, table 7.2.1.1-1)", () => {
  test.each<[string, readonly string[]]>([
    ["fc", ["retrieve", "update", "delete"]],
    ["drt", ["retrieve"]],
    ["sqi", ["retrieve"]],
    ["rp", ALL_BUT_NOTIFY],
    ["rcn", ALL_BUT_NOTIFY],
    ["grtm", ALL_BUT_NOTIFY],
    ["gstn", ALL_BUT_NOTIFY],
    ["asi", ALL_BUT_NOTIFY],
    ["aus", ALL_BUT_NOTIFY],
    ["auri", ALL_BUT_NOTIFY],
    ...[
      ..."rt rqet rset oet ot ec da gid rids tkns tids ltids tqi vsi prpi msu".split(" "),
      "a-name-of-tomorrow",
    ].map((short): [string, readonly string[]] => [short, ALL_OF_THEM]),
  ])("%s: %s", (short, allowed) => {
    const places = OPERATIONS.filter(
      (operation) => misplacedParameter(operation, new Map([[short, 1]])) === undefined,
    );
    expect(places).toEqual(allowed);
  });

  test("the sentence names the parameter and the operation", () => {
    expect(misplacedParameter("notify", new Map([["rcn", 1]]))).toBe(
      "resultContent (rcn) is not for the operation notify",
    );
  });

  test("attributes with filters of their own are no conditions (TS-0004, 7.3.3.17.9)", () => {
    const names = ["ct", "lt", "st", "et", "lbl", "ty", "cs", "cnf"];
    expect(names.filter(mayBeCondition)).toEqual([]);
    expect(["cr", "con", "api", "rn"].every(mayBeCondition)).toBe(true);
  });
});
