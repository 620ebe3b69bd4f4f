import { describe, expect, test } from "vitest";
import { epochMs } from "../../src/base/clock.ts";
import type { RequestRecord } from "../../src/core/request-resource.ts";
import { Numeral } from "../../src/primitive/content.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import { requestTable } from "../../src/store/request-records.ts";
import { entity, received, requestOf, responseOf } from "../core/primitives.ts";
import { codecs } from "./held.ts";

const record = (more: Partial<RequestRecord> = {}): RequestRecord => ({
  request: requestOf({
    op: "update",
    to: "/id-mn/x",
    rt: { rtv: 1 },
    pc: { "m2m:cnt": { mni: 1 } },
  }),
  registree: entity("/id-mn"),
  created: epochMs(1_000),
  changed: epochMs(2_000),
  expires: epochMs(3_000),
  result: undefined,
  notifies: true,
  untold: true,
  ...more,
});

describe("a <request> that was stored", () => {
  test("is the same when it is read again, without and with its result", async () => {
    const table = requestTable(memoryTable(), codecs);
    for (const result of [undefined, responseOf(2004, { "m2m:cnt": { mni: 1 } })]) {
      await table.put("a", record({ result }));
      const read = table.get("a");
      expect(read).toMatchObject({
        registree: "/id-mn",
        created: 1_000,
        changed: 2_000,
        expires: 3_000,
        notifies: true,
        untold: true,
      });
      expect(read?.request.content?.tree()).toEqual({ "m2m:cnt": { mni: 1 } });
      expect(read?.request.carried.get("rt")).toEqual({ rtv: 1 });
      expect(read?.result?.responseStatusCode).toBe(result?.responseStatusCode);
      expect(read?.result?.content?.tree()).toEqual(result?.content?.tree());
    }
  });

  test("keeps every digit of its result", async () => {
    const table = requestTable(memoryTable(), codecs);
    const content = received('{"m2m:cin":{"con":1.10}}');
    await table.put("a", record({ result: { ...responseOf(2000), content } }));
    const tree = table.get("a")?.result?.content?.exact("digits");
    expect(tree).toEqual({ "m2m:cin": { con: new Numeral("1.10") } });
  });

  test("is listed, and gone when it is removed", async () => {
    const table = requestTable(memoryTable(), codecs);
    await table.put("a", record());
    expect(Array.from(table.entries(), ([id]) => id)).toEqual(["a"]);
    await table.remove("a");
    expect(table.get("a")).toBeUndefined();
  });
});
