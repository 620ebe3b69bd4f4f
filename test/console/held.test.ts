import { describe, expect, test } from "vitest";
import { ok } from "../gateway/front.ts";
import {
  away,
  back,
  expectConserved,
  heldIs,
  holdAll,
  rqisOf,
  sgnOf,
  startHolding,
} from "../gateway/hold-in.ts";
import { haveChromium, useChromium } from "../helpers/browser.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { go, rowsOf, sees, seesNoMore } from "./console-in.ts";

const requestsOf = (rows: string[][]): string[] => rows.map(([request = ""]) => request);

describe.skipIf(!haveChromium())("what is held", { timeout: 60_000 }, () => {
  const open = useChromium();

  test("is listed with how much of its time is over, and appears while one looks", async () => {
    const front = await startHolding({ "hold.notifyDefault": "4h" });
    const point = await away(front, "CAE1");
    await holdAll(front, point, ["n1"]);
    front.clock.advance(3 * 3_600_000 + 30_000);
    const page = await open(front.gateway, { hash: "#/held" });
    await sees(page, /^59 min \d+ s left$/);
    expect(await rowsOf(page)).toMatchObject([
      [
        "notify n1 from /id-in to CAE1",
        "CAE1",
        expect.stringMatching(/^3 h 59 min \d+ s left$/),
        "289 B",
        expect.anything(),
      ],
    ]);
    const width = await page.locator(".bar i").evaluate((bar) => bar.getAttribute("style"));
    expect(Number(/[\d.]+/.exec(width ?? "")?.[0])).toBeCloseTo(75, 0);
    await holdAll(front, point, ["n2"]);
    await sees(page, "notify n2");
  });

  test("is dropped only once that is confirmed, and held again from the dead letters", async () => {
    const front = await startHolding();
    const point = await away(front, "CAE1");
    await holdAll(front, point, ["n1", "n2"]);
    const page = await open(front.gateway, { hash: "#/held" });
    const dialog = page.getByRole("dialog", { name: "Drop it?" });
    const drop = page.getByRole("button", { name: "Drop n1" });
    await drop.focus();
    await page.keyboard.press("Enter");
    await dialog.waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Cancel");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.getAttribute("aria-label"))).toBe(
      "Drop n1",
    );
    await expectConserved(front.gateway, { entries: 2 });
    await drop.click();
    await dialog.getByRole("button", { name: "Drop" }).click();
    await seesNoMore(page, "notify n1");
    await expectConserved(front.gateway, { dropped: 1, entries: 1 });

    await go(page, "dead-letters");
    await sees(page, "an operator of the gateway dropped it");
    await page.getByRole("button", { name: "Hold n1 again" }).click();
    await page.getByRole("button", { name: "Hold again", exact: true }).click();
    await sees(page, "No dead letters");
    await heldIs(front, 2);
    const ae = await back(front, "CAE1", { answer: ok });
    await expectConserved(front.gateway, { dropped: 1, delivered: 2 });
    expect(rqisOf(ae)).toEqual(["n2", "n1"]);
  });

  test("a dead letter is removed for good once that is confirmed", async () => {
    const front = await startHolding({ "hold.notifyDefault": "1s" });
    await holdAll(front, await away(front, "CAE1"), ["n1"]);
    front.clock.advance(1_000);
    const page = await open(front.gateway, { hash: "#/dead-letters" });
    await sees(page, "expired");
    await page.getByRole("button", { name: "Remove n1" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await sees(page, "No dead letters");
  });

  test("its content is shown only to who says that they want it, and that goes on record", async () => {
    const front = await startHolding();
    const point = await away(front, "CAE1");
    await front.notify(point, { body: sgnOf("/id-in/sub", "21.5") });
    const page = await open(front.gateway, { hash: "#/held" });
    await page.getByRole("button", { name: "Content of n1" }).click();
    await sees(page, "goes into the audit log");
    const read = expect.objectContaining({ stream: "audit", action: "content read" });
    expect(front.gateway.log).not.toContainEqual(read);
    await page.getByRole("button", { name: "Read it" }).click();
    await page.locator("pre", { hasText: '"con": "21.5"' }).waitFor();
    expect(front.gateway.log).toContainEqual(read);
  });

  test("what cannot be tried again is said in a sentence", async () => {
    const front = await startHolding();
    await holdAll(front, await away(front, "CAE1"), ["n1"]);
    const page = await open(front.gateway, { hash: "#/held", refusals: [409] });
    await page.getByRole("button", { name: "Replay n1" }).click();
    await sees(page, "Not tried: The registree cannot be reached.");
  });

  test("a purge says what it would drop before it can be told to, and drops just that", async () => {
    const front = await startHolding();
    const point = await away(front, "CAE1");
    await holdAll(front, point, ["n1", "n2"]);
    front.clock.advance(600_000);
    await holdAll(front, point, ["n3"]);
    const page = await open(front.gateway, { hash: "#/held" });
    await page.getByRole("button", { name: "Purge" }).click();
    const dialog = page.getByRole("dialog");
    const drop = dialog.getByRole("button", { name: /^Drop/ });
    expect(await drop.isDisabled()).toBe(true);
    await dialog.getByLabel("Waits for at least").fill("10");
    await dialog.getByRole("button", { name: "Count" }).click();
    await dialog.getByText("2 primitives, 578 B, would become dead letters.").waitFor();
    await expectConserved(front.gateway, { entries: 3 });
    await dialog.getByLabel("Originator").fill("CNobody");
    expect(await drop.isDisabled()).toBe(true);
    await dialog.getByLabel("Originator").fill("");
    await dialog.getByRole("button", { name: "Count" }).click();
    await dialog.getByRole("button", { name: "Drop 2 primitives" }).click();
    await seesNoMore(page, "notify n1");
    await expectConserved(front.gateway, { dropped: 2, entries: 1 });
    expect(requestsOf(await rowsOf(page))).toEqual(["notify n3 from /id-in to CAE1"]);
  });

  test("where nothing is held, the view says how to see something held", async () => {
    const gateway = await startGateway();
    const page = await open(gateway, { hash: "#/held" });
    await sees(page, "Nothing is held");
    await sees(page, 'm2mgw send --to Clamp "are you there?"');
    await go(page, "dead-letters");
    await sees(page, "No dead letters");
  });
});
