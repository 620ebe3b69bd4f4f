import type { Route } from "playwright-core";
import { describe, expect, test, vi } from "vitest";
import { ok, startFront, VERIFY } from "../gateway/front.ts";
import { away, holdAll, startHolding } from "../gateway/hold-in.ts";
import { haveChromium, useChromium } from "../helpers/browser.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { freePort } from "../helpers/free-port.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { sees, seesNoMore } from "./console-in.ts";

const PATIENCE = { timeout: 30_000, interval: 20 };

describe.skipIf(!haveChromium())("the overview", { timeout: 60_000 }, () => {
  const open = useChromium();

  test("teaches the first step where nobody is registered, and shows who comes without being loaded again", async () => {
    const gateway = await startGateway();
    const page = await open(gateway);
    await sees(page, "No registree yet");
    await sees(page, "m2mgw sim --ae Clamp");
    const registree = await connectRegistree(gateway.ws);
    await registree.register("Clamp");
    await page.getByRole("link", { name: "/id-in/Clamp" }).first().waitFor();
    await seesNoMore(page, "No registree yet");
    await page.getByRole("region", { name: "Registrees" }).getByText("1").first().waitFor();
  });

  test("says what is held, for how long, and what became of it", async () => {
    const front = await startHolding({ "hold.notifyDefault": "2h" });
    const point = await away(front);
    await holdAll(front, point, ["n1", "n2"]);
    front.clock.advance(3_600_000);
    const page = await open(front.gateway);
    const card = page.getByRole("region", { name: "Held" });
    await card.getByText("1 h").waitFor();
    expect(await card.textContent()).toMatch(/^Held2Size.*Oldest1 h/);
    front.clock.advance(3_600_000);
    await card.getByText("Expired since the start").waitFor();
    await page.waitForFunction(() =>
      /Expired since the start2/.test(document.querySelector("main")?.textContent ?? ""),
    );
  });

  test("says how it goes with the CSE and since when", async () => {
    const front = await startFront();
    await front.ae("CAE1", { answer: ok });
    const page = await open(front.gateway);
    const card = page.getByRole("region", { name: "CSE" });
    await card.getByText("reachable", { exact: true }).waitFor();
    await card.getByText(front.cse.url).waitFor();
    await front.cse.stop();
    await front.http({
      target: "/cse-in",
      headers: { "X-M2M-Origin": "CApp", "X-M2M-RI": "r1", "X-M2M-RVI": "3" },
    });
    await card.getByText("not reachable").waitFor();
  });

  test("shows what the log has warned of", async () => {
    const peers = JSON.stringify({ "/id-far": `ws://127.0.0.1:${await freePort()}` });
    const gateway = await startGateway({ peers });
    const page = await open(gateway);
    await page
      .getByRole("list", { name: /Warnings/ })
      .getByText("a peer cannot be reached")
      .waitFor();
  });

  test("draws the rates of what is answered", async () => {
    const front = await startFront();
    const { point } = await front.ae("CAE1", { answer: ok });
    const page = await open(front.gateway);
    const card = page.getByRole("region", { name: "Primitives answered" });
    const busy = new AbortController();
    const sending = (async () => {
      while (!busy.signal.aborted) await front.notify(point, VERIFY);
    })();
    await page.waitForFunction(() => {
      const value = document.querySelector(".rate .value")?.textContent ?? "";
      return Number.parseFloat(value.replaceAll(",", "")) > 1;
    });
    busy.abort();
    await sending;
    expect(await card.locator("polyline").first().getAttribute("points")).toMatch(/^[\d.]+,[\d.]+/);
  });

  test("says so when the gateway does not answer, keeps what was known, and goes on by itself", async () => {
    const gateway = await startGateway();
    const page = await open(gateway, { refusals: [503] });
    await sees(page, "No registree yet");
    const looks: Route[] = [];
    await page.route("**/api/v1/status", async (route) => {
      if (looks.push(route) > 1) return;
      await route.fulfill({ status: 503, json: { detail: "the gateway is shutting down" } });
    });
    await page.getByRole("alert").getByText("The gateway is shutting down.").waitFor();
    await sees(page, "No registree yet");
    // While the look that it takes by itself is not answered no other one follows, and the button is there.
    await vi.waitFor(() => expect(looks).toHaveLength(2), PATIENCE);
    await page.getByRole("button", { name: "Try again" }).click();
    await vi.waitFor(() => expect(looks).toHaveLength(3), PATIENCE);
    await looks[2]?.continue();
    await page.getByRole("alert").waitFor({ state: "detached" });
  });
});
