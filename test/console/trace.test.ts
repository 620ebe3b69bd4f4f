import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { gate, ok, startFront, VERIFY } from "../gateway/front.ts";
import { answer, away, back, holdAll, startHolding } from "../gateway/hold-in.ts";
import { haveChromium, useChromium } from "../helpers/browser.ts";
import { sees } from "./console-in.ts";

const CLIPBOARD = { permissions: ["clipboard-read", "clipboard-write"] };

const copied = (page: Page): Promise<string> => page.evaluate(() => navigator.clipboard.readText());

/** What the drawing says, as its text has it. */
async function told(page: Page): Promise<string[]> {
  const lines = await page.locator("ol.steps li").allTextContents();
  return lines.map((line) => line.replace(/^\+[\d.]+ \S+/, "").trim());
}

async function startTrace(page: Page, registree: string): Promise<void> {
  await page.getByRole("textbox", { name: "Registree" }).fill(registree);
  await page.getByRole("button", { name: "Start" }).click();
  await sees(page, "Silence so far");
}

describe.skipIf(!haveChromium())("a trace", { timeout: 60_000 }, () => {
  const open = useChromium();

  test("draws both legs of what is delivered, as it happens", async () => {
    const front = await startFront();
    const { ae, point } = await front.ae("CAE1", { answer: ok });
    const page = await open(front.gateway, { hash: "#/trace" });
    await sees(page, "Nothing is traced");
    await startTrace(page, "CAE1");
    await front.notify(point, { ...VERIFY, rqi: "v1" });
    await page.locator("svg", { hasText: "v1" }).first().waitFor();
    await ae.request({ op: 2, to: "cse-in/x", fr: "CAE1", rqi: "up1" });
    await page
      .locator("ol.steps li", { hasText: "m2mgw to CAE1: 2000, up1" })
      .waitFor({ state: "attached" });
    expect(await told(page)).toEqual([
      expect.stringMatching(/^CSE \/id-in to m2mgw: notify v1, to /),
      "m2mgw to CAE1: notify v1, on l1",
      "CAE1 to m2mgw: 2000, v1",
      "m2mgw to CSE /id-in: 2000, v1",
      "CAE1 to m2mgw: retrieve up1, to cse-in/x",
      "m2mgw to CSE /id-in: retrieve up1, to cse-in/x",
      "CSE /id-in to m2mgw: 2000, up1",
      "m2mgw to CAE1: 2000, up1",
    ]);
    await page.getByRole("button", { name: "Stop" }).click();
    await sees(page, "ended");
  });

  test("is said to be silent only once its steps are heard of", async () => {
    const front = await startFront();
    const { point } = await front.ae("CAE1", { answer: ok });
    const page = await open(front.gateway, { hash: "#/trace" });
    const listening = gate();
    await page.route("**/events?trace=*", async (route) => {
      await listening.opened;
      await route.continue();
    });
    await page.getByRole("textbox", { name: "Registree" }).fill("CAE1");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("button", { name: "Stop" }).waitFor();
    expect(await page.getByText("Silence so far").count()).toBe(0);
    listening.open();
    await sees(page, "Silence so far");
    await front.notify(point, { ...VERIFY, rqi: "v1" });
    await page.locator("svg", { hasText: "v1" }).first().waitFor();
  });

  test("draws the time something was held as a gap, and can be copied as Mermaid", async () => {
    const front = await startHolding();
    const point = await away(front, "CAE1");
    const page = await open(front.gateway, { hash: "#/trace?registree=CAE1", ...CLIPBOARD });
    await startTrace(page, "CAE1");
    await holdAll(front, point, ["n1"]);
    front.clock.advance(50_000);
    const ae = await back(front, "CAE1");
    answer(ae, await ae.nextRequest());
    await page.locator(".gap", { hasText: "held for 50 s" }).waitFor();
    await page.locator(".note-in.good", { hasText: "delivered" }).waitFor();
    expect(await page.locator("rect.holding").count()).toBe(1);
    await page.getByRole("button", { name: "Copy as Mermaid" }).click();
    await sees(page, "Copied.");
    expect((await copied(page)).split("\n")).toEqual([
      "sequenceDiagram",
      "  participant L0 as CSE /id-in",
      "  participant L1 as m2mgw",
      "  participant L2 as CAE1",
      expect.stringMatching(/^ {2}L0->>L1: notify n1, to /),
      "  Note over L1: held, n1",
      "  L1-->>L0: 1000, n1",
      "  Note over L0,L2: held for 50 s",
      "  L1->>L2: notify n1, on l2",
      "  L2-->>L1: 2000, n1",
      expect.stringMatching(/^ {2}Note over L1: delivered, n1/),
      "",
    ]);
  });

  test("gives what came in as curl, which asks the same again", async () => {
    const front = await startFront();
    await front.ae("CAE1", { answer: ok });
    const page = await open(front.gateway, { hash: "#/trace", ...CLIPBOARD });
    await page.getByLabel("with contents").check();
    await startTrace(page, "CAE1");
    await front.http({
      method: "POST",
      target: "/~/id-in/CAE1",
      headers: {
        "X-M2M-Origin": "CApp",
        "X-M2M-RI": "a1",
        "X-M2M-RVI": "3",
        "Content-Type": "application/json",
      },
      body: `{"m2m:sgn":{"sur":"it's"}}`,
    });
    await page.locator("svg", { hasText: "a1" }).first().waitFor();
    await page.getByRole("button", { name: "Copy as curl" }).click();
    await sees(page, "Copied.");
    expect((await copied(page)).split(" \\\n  ")).toEqual([
      expect.stringMatching(/^curl -i -X POST 'http:\/\/127\.0\.0\.1:\d+\/~\/id-in\/CAE1'$/),
      "-H 'X-M2M-Origin: CApp'",
      "-H 'X-M2M-RI: a1'",
      "-H 'X-M2M-RVI: 3'",
      "-H 'Content-Type: application/json'",
      `-d '{"m2m:sgn":{"sur":"it'\\''s"}}'`,
    ]);
  });

  test("goes on while another view is shown", async () => {
    const front = await startFront();
    const { point } = await front.ae("CAE1", { answer: ok });
    const page = await open(front.gateway, { hash: "#/trace" });
    await startTrace(page, "CAE1");
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await front.notify(point, { ...VERIFY, rqi: "v1" });
    await page.getByRole("link", { name: "Trace" }).click();
    await page.locator("svg", { hasText: "v1" }).first().waitFor();
  });

  test("what became of one primitive is found by its Request Identifier", async () => {
    const front = await startFront();
    const page = await open(front.gateway, { hash: "#/trace" });
    const find = async (rqi: string): Promise<void> => {
      await page.getByLabel("Request Identifier").fill(rqi);
      await page.getByRole("button", { name: "Find" }).click();
    };
    await find("none");
    await sees(page, /Nothing is remembered of none/);
    await front.http({
      target: "/~/id-mn/x",
      headers: { "X-M2M-Origin": "CApp", "X-M2M-RI": "r1", "X-M2M-RVI": "3" },
    });
    const { point } = await front.ae("CAE1", { answer: ok });
    await front.notify(point, { ...VERIFY, rqi: "v1" });
    await find("v1");
    await page.getByRole("heading", { name: "notify v1" }).waitFor();
    expect((await told(page)).at(-1)).toBe("m2mgw to CSE /id-in: 2000, v1");
  });
});
