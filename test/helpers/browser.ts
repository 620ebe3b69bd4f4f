import { execFileSync } from "node:child_process";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";

function chromiumPath(): string | undefined {
  try {
    return execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}

/**
 * Whether Chromium is there, for `skipIf`. Prints why when it is not.
 *
 * @throws Error where `CI` is set: there a missing part is a failure
 */
export function haveChromium(): boolean {
  if (chromiumPath() !== undefined) return true;
  const reason = "no chromium on this machine: run .ci/real-parts";
  if (process.env["CI"]) throw new Error(reason);
  process.stderr.write(`skipped: ${reason}\n`);
  return false;
}

export interface OpenOptions extends BrowserContextOptions {
  /** Of the view: `#/held`. */
  readonly hash?: string;
  /** Statuses that the API may answer the page with; the browser reports each as an error. */
  readonly refusals?: readonly number[];
}

/** Opens the console of a gateway in a fresh profile, closed when the test ends. */
export type OpenConsole = (
  gateway: { readonly admin: string },
  options?: OpenOptions,
) => Promise<Page>;

/** One Chromium for all tests of a file. @returns what opens a page in it */
export function useChromium(): OpenConsole {
  let browser: Browser | undefined;
  beforeAll(async () => {
    const executablePath = chromiumPath();
    if (executablePath === undefined) return;
    // The sandbox does not work for root, and the pages are our own.
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  });
  afterAll(async () => await browser?.close());
  return async ({ admin }, { hash = "", refusals = [], ...profile } = {}) => {
    if (browser === undefined) throw new Error("there is no browser");
    const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", ...profile });
    const page = await context.newPage();
    const faults = faultsOf(page, admin, refusals);
    onTestFinished(async () => {
      await context.close();
      expect(faults).toEqual([]);
    });
    await page.goto(`${admin}/console/${hash}`);
    return page;
  };
}

/** What must not happen on any page: errors, breaches of its policy, requests to anybody else. */
function faultsOf(page: Page, admin: string, refusals: readonly number[]): readonly string[] {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${admin}/`)) faults.push(`asked ${request.url()}`);
  });
  page.on("console", (message) => {
    const text = message.text();
    const isRefusal = refusals.some((status) =>
      text.includes(`the server responded with a status of ${status}`),
    );
    if (message.type() === "error" && !isRefusal) faults.push(text);
  });
  return faults;
}
