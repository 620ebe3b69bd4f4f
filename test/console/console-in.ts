import type { Page } from "playwright-core";
import { expect } from "vitest";

/** Where each view is. */
export const VIEWS = ["overview", "registrees", "held", "dead-letters", "trace"] as const;

/** Leads a page to a view, as its address does: `held`, `registree/%2Fid-in%2FCAE1`. */
export async function go(page: Page, view: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, `#/${view}`);
  await page.locator("h1").waitFor();
}

/** The cells of each row of the only list that is shown. */
export const rowsOf = async (page: Page): Promise<string[][]> => {
  const rows = await page.locator("table.rows tbody tr").all();
  return await Promise.all(
    rows.map(async (row) => (await row.locator("td").allInnerTexts()).map(inOneLine)),
  );
};

export const inOneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** Resolves when the page shows this text. */
export const sees = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByText(text).first().waitFor();

/** Resolves when it is not shown any more. */
export const seesNoMore = (page: Page, text: string | RegExp): Promise<void> =>
  page.getByText(text).first().waitFor({ state: "detached" });

/** Expects that the page is no wider than its window. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [is, may] = await page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    return [scrollWidth, clientWidth];
  });
  expect(is).toBeLessThanOrEqual(may ?? 0);
}

/** Expects what a checker of accessibility looks for: names, labels, one heading of the page, no identifier twice. */
export async function expectAccessible(page: Page): Promise<void> {
  const faults = await page.evaluate(() => {
    const found: string[] = [];
    const controls =
      "a, button, input, select, textarea, summary, dialog, table, nav, section, svg[role], img";
    for (const element of document.querySelectorAll<HTMLElement>(controls)) {
      const labelledBy = element.getAttribute("aria-labelledby");
      const label = element instanceof HTMLInputElement || element instanceof HTMLSelectElement;
      const name =
        element.getAttribute("aria-label") ??
        (labelledBy && document.getElementById(labelledBy)?.textContent) ??
        (label
          ? [...(element.labels ?? [])].map(({ textContent }) => textContent).join()
          : undefined) ??
        element.getAttribute("alt") ??
        element.textContent;
      const isOrnament = element.getAttribute("alt") === "";
      if (!isOrnament && !name?.trim()) found.push(`no name: ${element.outerHTML.slice(0, 120)}`);
    }
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    if (new Set(ids).size < ids.length) found.push(`the same id twice: ${ids}`);
    if (document.querySelectorAll("h1").length !== 1) found.push("not one h1");
    if (document.documentElement.lang !== "en") found.push("no language");
    return found;
  });
  expect(faults).toEqual([]);
}

/** Expects that text stands out from what is behind it: 4.5 to 1, or 3 to 1 where it is large (WCAG 2, 1.4.3). */
export async function expectContrast(page: Page): Promise<void> {
  const faults = await page.evaluate(() => {
    const channels = (color: string): number[] => (color.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (color: string): number => {
      const [r = 0, g = 0, b = 0] = channels(color).map((value) => {
        const part = value / 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element: Element | null): string => {
      if (element === null) return "rgb(255, 255, 255)";
      const { backgroundColor } = getComputedStyle(element);
      return (channels(backgroundColor)[3] ?? 1) === 0
        ? behind(element.parentElement)
        : backgroundColor;
    };
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (element === null || !walker.currentNode.textContent?.trim()) continue;
      if (!element.checkVisibility() || element.closest("svg, :disabled, noscript") !== null)
        continue;
      const { color, fontSize, fontWeight } = getComputedStyle(element);
      const [a, b] = [luminance(color), luminance(behind(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const size = Number.parseFloat(fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700);
      if (ratio < (isLarge ? 3 : 4.5)) {
        found.push(`${ratio.toFixed(2)}: ${element.textContent?.trim().slice(0, 40)}`);
      }
    }
    return found;
  });
  expect(faults).toEqual([]);
}
