import { expect, test } from "vitest";
import { listen } from "../../src/cli/listen.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { startFront } from "../gateway/front.ts";
import { sgnOf } from "../gateway/hold-in.ts";
import { callHttp } from "../helpers/http-client.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";
import { argumentsOf } from "./operator-in.ts";

const NOTIFY = {
  method: "POST",
  target: "/~/id-in/CmyAE",
  headers: {
    "X-M2M-Origin": "CApp",
    "X-M2M-RI": "n1",
    "X-M2M-RVI": "3",
    "Content-Type": "application/json",
  },
  body: sgnOf("/id-in/sub", "21.5"),
};

test("a laptop behind NAT registers, subscribes, prints what is notified, and deregisters", async () => {
  const { cse, gateway } = await startFront();
  const terminal = new TestTerminal();
  const argv = ["CmyAE", "--url", gateway.ws, "--to", "cse-in/meter"];
  const ran = listen(argumentsOf("listen", ...argv), terminal);
  await terminal.line(/subscribed to cse-in\/meter/);
  const subscribe = cse.requests.find(({ body }) => body.includes("m2m:sub"));
  expect(JSON.parse(subscribe?.body ?? "")["m2m:sub"].nu[0]).toMatch(/^http:.*\/poa\//);
  const answered = callHttp(gateway.http, NOTIFY);
  await terminal.line(/"con": "21.5"/);
  expect((await answered).headers["x-m2m-rsc"]).toBe("2000");
  terminal.interrupt();
  expect(await ran).toBe(EXIT.OK);
  await terminal.line(/deregistered/);
});

test("with --json only what is notified is printed, a line for each", async () => {
  const gateway = await startGateway();
  const terminal = new TestTerminal();
  const ran = listen(argumentsOf("listen", "CmyAE", "--url", gateway.ws, "--json"), terminal);
  await gateway.metricIs("m2mgw_registrees", 1);
  await callHttp(gateway.http, NOTIFY);
  terminal.interrupt();
  expect(await ran).toBe(EXIT.OK);
  expect(terminal.printed.map((line) => JSON.parse(line))).toEqual([JSON.parse(NOTIFY.body)]);
});

test("a name that no AE can have is refused with one that it could", async () => {
  const terminal = new TestTerminal();
  expect(await listen(argumentsOf("listen", "lamp"), terminal)).toBe(EXIT.USAGE);
  expect(terminal.complained[0]).toContain("m2mgw listen CmyAE");
});
