import { expect, test } from "vitest";
import { GatewayError } from "../../src/base/errors.ts";
import { createLog, LogObserver } from "../../src/observe/log.ts";
import { MadeContent } from "../../src/primitive/content.ts";
import {
  NOTHING_CARRIED,
  type RequestPrimitive,
  requestId,
  targetId,
} from "../../src/primitive/primitive.ts";
import { respondFailure } from "../../src/primitive/respond.ts";

test("a name that no table knows is told once, no longer than a person needs it, and not without end", () => {
  const lines: string[] = [];
  const log = createLog("info", { write: (line) => lines.push(line) });
  const observer = new LogObserver(log, undefined);
  observer.unknownName("x:lamp");
  observer.unknownName("x:lamp");
  observer.unknownName(`x:${"a".repeat(100_000)}`);
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[1] ?? "{}").name).toHaveLength(64);
  for (let n = 0; n < 5_000; n += 1) observer.unknownName(`x:n${n}`);
  expect(lines).toHaveLength(1_000);
});

test("what lets anybody in is in no record: users of URLs, and tokens of points of access", () => {
  const records: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => records.push(JSON.parse(line)) };
  const observer = new LogObserver(createLog("info", destination), undefined);
  observer.warn("w", {
    poa: "http://lamp:p@ss@192.0.2.1/a@b",
    to: "http://gateway/poa/S3cret-t0ken-of-lamp12/x?y",
    live: ["wss://me:pw@192.0.2.1", "plain"],
    error: new Error("no http://u:pw@host/ and no /poa/S3cret-t0ken-of-lamp12"),
    at: 7,
  });
  expect(records).toEqual([
    {
      level: 40,
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      msg: "w",
      poa: "http://***@b",
      to: "http://gateway/poa/***/x?y",
      live: ["wss://***@192.0.2.1", "plain"],
      error: "Error: no http://***@host/ and no /poa/***",
      at: 7,
    },
  ]);
});

test("an exchange is recorded with who asked whom, by which identifier, and what came of it", () => {
  const records: Record<string, unknown>[] = [];
  const log = createLog("debug", { write: (line) => records.push(JSON.parse(line)) });
  const request: RequestPrimitive = {
    kind: "request",
    operation: "notify",
    to: targetId("CAE1"),
    from: "/id-in",
    requestIdentifier: requestId("n1"),
    resourceType: undefined,
    releaseVersion: "3",
    content: new MadeContent({ "m2m:sgn": { sur: "not for the log" } }),
    carried: NOTHING_CARRIED,
  };
  const answer = respondFailure(request, new GatewayError("GW_NO_ANSWER"));
  const exchange = {
    direction: "to-registree",
    operation: "notify",
    rscClass: "4xxx",
    failure: "GW_NO_ANSWER",
    seconds: 0.25,
  } as const;
  new LogObserver(log, undefined).exchangeEnded(exchange, request, answer);
  expect(records).toEqual([
    {
      level: 20,
      time: expect.any(String),
      msg: "exchange",
      direction: "to-registree",
      originator: "/id-in",
      to: "CAE1",
      rqi: "n1",
      op: "notify",
      rsc: 4008,
      code: "GW_NO_ANSWER",
      ms: 250,
    },
  ]);
});
