import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { ok } from "../gateway/front.ts";
import { away, holdAll, startHolding, type Timed } from "../gateway/hold-in.ts";
import { haveChromium, useChromium } from "../helpers/browser.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import {
  expectAccessible,
  expectContrast,
  expectNoSidewaysScroll,
  go,
  sees,
  VIEWS,
} from "./console-in.ts";

const LONG = "CValve-in-the-cellar-of-building-17-behind-the-second-door";

/** A gateway with something to see in every view, names that have no room among it. */
async function startSeen(): Promise<Timed> {
  const front = await startHolding();
  await front.ae("CAE1", { answer: ok });
  const point = await away(front, LONG);
  await holdAll(front, point, [
    "n1",
    "a-request-identifier-that-somebody-made-very-long-0001",
    "n3",
  ]);
  return front;
}

async function eachView(page: Page, look: (view: string) => Promise<void>): Promise<void> {
  for (const view of [...VIEWS, `registree/%2Fid-in%2F${LONG}`]) {
    await go(page, view);
    await page.locator(".awaited").waitFor({ state: "detached" });
    await look(view);
  }
}

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");

describe.skipIf(!haveChromium())("the console", { timeout: 60_000 }, () => {
  const open = useChromium();

  test("names every control in every view, and every text stands out, in light and in dark", async () => {
    const front = await startSeen();
    const page = await open(front.gateway);
    await eachView(page, async () => {
      await expectAccessible(page);
      await expectContrast(page);
    });
    const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor)).not.toBe(
      light,
    );
    await eachView(page, () => expectContrast(page));
    await go(page, "held");
    await page.getByRole("button", { name: "Purge" }).click();
    await page.getByRole("dialog").waitFor();
    await expectAccessible(page);
    await expectContrast(page);
  });

  test("is as wide as a phone, whatever the names", async () => {
    const front = await startSeen();
    const page = await open(front.gateway, { viewport: { width: 360, height: 740 } });
    await eachView(page, () => expectNoSidewaysScroll(page));
    await go(page, "trace");
    await page.getByLabel("Request Identifier").fill("n1");
    await page.getByRole("button", { name: "Find" }).click();
    await page.locator(".sequence svg").waitFor();
    await expectNoSidewaysScroll(page);
    await go(page, "held");
    await page.getByRole("button", { name: "Drop n1" }).click();
    await page.getByRole("dialog").waitFor();
    await expectNoSidewaysScroll(page);
  });

  test("is used by the keyboard alone, which is seen where it is", async () => {
    const front = await startSeen();
    const page = await open(front.gateway);
    await sees(page, "Ready: new work is welcome.");
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Skip to content");
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    await page.getByRole("link", { name: "Registrees" }).first().focus();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toMatch(/^Held/);
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement ?? document.body).outlineStyle,
    );
    expect(outline).toBe("solid");
    await page.keyboard.press("Enter");
    await sees(page, "notify n1");
    expect(await focused(page)).toBe("Held");
    await page.getByRole("button", { name: "Drop n1" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    expect(await focused(page)).toBe("Cancel");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await sees(page, "Dropped: n1.");
    await page.waitForFunction(() => document.activeElement?.tagName === "TABLE");
  });

  test("moves nothing while it is kept up to date", async () => {
    const front = await startSeen();
    const page = await open(front.gateway);
    await sees(page, "Ready: new work is welcome.");
    await page.evaluate(() => {
      const shifts: number[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries())
          shifts.push((entry as unknown as { value: number }).value);
      }).observe({ type: "layout-shift" });
    });
    await front.ae("CAE2", { answer: ok });
    await page.getByRole("link", { name: "/id-in/CAE2" }).first().waitFor();
    front.clock.advance(3_600_000);
    await sees(page, /Up for 1 h/);
    const shifts = await page.evaluate(() => (window as unknown as { shifts: number[] }).shifts);
    expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.01);
  });

  test("asks once for the token, says when it is not the right one, and keeps it in the tab alone", async () => {
    const tokenFile = join(tempDir(), "token");
    writeFileSync(tokenFile, "0123456789abcdef\n");
    const gateway = await startGateway({ "admin.tokenFile": tokenFile });
    const page = await open(gateway, { refusals: [401] });
    await page.getByLabel("Token").fill("something-else-altogether");
    await page.keyboard.press("Enter");
    await sees(page, "Not the right token.");
    await expectAccessible(page);
    await page.getByLabel("Token").fill("0123456789abcdef");
    await page.keyboard.press("Enter");
    await sees(page, "No registree yet");
    await page.reload();
    await sees(page, "No registree yet");
    expect(await page.evaluate(() => [document.cookie, localStorage.length])).toEqual(["", 0]);
  });
});
