import { describe, expect, test } from "vitest";
import { ok, startFront, VERIFY } from "../gateway/front.ts";
import { away, back, holdAll, startHolding } from "../gateway/hold-in.ts";
import { haveChromium, useChromium } from "../helpers/browser.ts";
import { connectRegistree } from "../helpers/fake-registree.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { go, inOneLine, rowsOf, sees, seesNoMore } from "./console-in.ts";

describe.skipIf(!haveChromium())("registrees", { timeout: 60_000 }, () => {
  const open = useChromium();

  test("are listed with their state and what is held for them, and change while one looks", async () => {
    const front = await startHolding();
    const point = await away(front, "CAE1");
    await front.ae("CAE2", { answer: ok });
    await holdAll(front, point, ["n1"]);
    const page = await open(front.gateway, { hash: "#/registrees" });
    await page.getByRole("link", { name: "CAE2" }).waitFor();
    expect((await rowsOf(page)).map(([name, state, , , held]) => [name, state, held])).toEqual([
      ["CAE1 /id-in/CAE1 · AE", "away", "1 289 B"],
      ["CAE2 /id-in/CAE2 · AE", "connected", "–"],
    ]);
    await back(front, "CAE1", { answer: ok });
    await page.locator("tr", { hasText: "CAE1" }).getByText("connected").waitFor();
    await front.ae("CAE3", { answer: ok });
    await page.getByRole("link", { name: "CAE3" }).waitFor();
  });

  test("are found by the beginning of their ID and by state, and the search says what it looks at", async () => {
    const front = await startFront();
    await front.ae("CPump");
    await front.ae("CValve");
    const page = await open(front.gateway, { hash: "#/registrees" });
    await page.getByRole("link", { name: "CPump" }).waitFor();
    await page.getByLabel("ID begins with").fill("CVal");
    await seesNoMore(page, "CPump");
    expect(await rowsOf(page)).toHaveLength(1);
    await page.getByLabel("State").selectOption("away");
    await sees(page, "Nobody like that");
  });

  test("two thousand are shown a page at a time, and turned by the keyboard alone", async () => {
    const gateway = await startGateway();
    const registree = await connectRegistree(gateway.ws);
    for (let first = 0; first < 2_000; first += 200) {
      const names = Array.from(
        { length: 200 },
        (_, at) => `C${String(first + at).padStart(4, "0")}`,
      );
      const answers = await Promise.all(names.map((name) => registree.register(name)));
      for (const answer of answers) expect(answer).toMatchObject({ rsc: 2001 });
    }
    const page = await open(gateway, { hash: "#/registrees" });
    await sees(page, "1–100 of 2,000");
    await page.getByRole("button", { name: "Next" }).focus();
    await page.keyboard.press("Enter");
    // The pager is ahead of the rows that it has asked for.
    await page.getByRole("link", { name: "C0100" }).waitFor();
    await sees(page, "101–200 of 2,000");
    expect((await rowsOf(page))[0]?.[0]).toBe("C0100 /id-in/C0100 · AE");
    const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
    expect(nodes).toBeLessThan(2_500);
    await page.getByLabel("ID begins with").fill("C19");
    await sees(page, "1–100");
    await page.getByRole("link", { name: "C1900" }).waitFor();
  });

  test("each has a timeline: registered, connected, left and why, held", async () => {
    const front = await startHolding();
    const point = await away(front, "CAE1");
    front.clock.advance(60_000);
    await holdAll(front, point, ["n1", "n2"]);
    const page = await open(front.gateway, { hash: "#/registree/%2Fid-in%2FCAE1" });
    const timeline = page.getByRole("region", { name: "What has happened" });
    await timeline.getByText("2 primitives held").waitFor();
    const told = (await timeline.getByRole("listitem").allInnerTexts()).map(inOneLine);
    expect(told).toEqual([
      expect.stringMatching(/ 2 primitives held notify$/),
      expect.stringMatching(/ left connection l1, closed with 1000$/),
      expect.stringMatching(/ connected connection l1$/),
      expect.stringMatching(/ registered$/),
    ]);
    await back(front, "CAE1");
    await timeline.getByText("connection l2").waitFor();
  });

  test("a connection is closed only once that is confirmed", async () => {
    const front = await startFront();
    const { ae } = await front.ae("CAE1", { answer: ok });
    const page = await open(front.gateway, { hash: "#/registree/%2Fid-in%2FCAE1" });
    const button = page.getByRole("button", { name: "Close its connection" });
    await button.click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await front.notify("/poa/none", VERIFY);
    expect(ae.socket.readyState).toBe(ae.socket.OPEN);
    await button.click();
    await page.getByRole("dialog").getByRole("button", { name: "Close the connection" }).click();
    expect(await ae.closed).toMatchObject({ code: 4003 });
    await sees(page, "The connection of /id-in/CAE1 is closed.");
  });

  test("one that is not registered any more is said to be gone, with where to look", async () => {
    const front = await startFront();
    const page = await open(front.gateway, { refusals: [404] });
    await go(page, "registree/%2Fid-in%2FCGone");
    await sees(page, "It is not registered");
    await page.getByRole("link", { name: "dead letters", exact: true }).click();
    await page.waitForURL(/dead-letters\?registree=%2Fid-in%2FCGone/);
  });
});
