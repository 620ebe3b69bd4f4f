import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { deadLetters, held } from "../../src/cli/held.ts";
import { kick, registrees } from "../../src/cli/registrees.ts";
import { drain, logLevel, printConfig, reload } from "../../src/cli/running.ts";
import { status } from "../../src/cli/status.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { trace, why } from "../../src/cli/why.ts";
import { ok, startFront, VERIFY } from "../gateway/front.ts";
import { away, expectConserved, holdAll, startHolding } from "../gateway/hold-in.ts";
import { startGateway } from "../helpers/start-gateway.ts";
import { tempDir } from "../helpers/temp-dir.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";
import { argumentsOf, runAt } from "./operator-in.ts";

test("status tells on a few lines how the gateway is, and as JSON for programs", async () => {
  const front = await startHolding();
  await front.ae("CAE2");
  await holdAll(front, await away(front), ["n1"]);
  const { code, printed } = await runAt(front.gateway, "status", status);
  expect(code).toBe(EXIT.OK);
  const text = printed.join("\n");
  expect(text).toMatch(/^m2mgw \S+, front, up for 0s: ready$/m);
  expect(text).toContain("registrees  2: 1 connected, 0 callable, 1 away");
  expect(text).toContain("held        1 for 1");
  expect(text).toContain(`CSE         ${front.cse.url} reachable`);
  const json = await runAt(front.gateway, "status", status, "--json");
  expect(JSON.parse(json.printed[0] ?? "")).toMatchObject({ ready: true, links: 1 });
});

test("registrees are a table, or one of them with its story; a name that is unknown is said so", async () => {
  const front = await startFront();
  await front.ae("CAE1");
  await away(front, "CAE2");
  const all = await runAt(front.gateway, "registrees", registrees);
  expect(all.printed[0]).toMatch(/^REGISTREE +KIND +STATE +LINK +FOR +HELD$/);
  expect(all.printed[1]).toMatch(/^\/id-in\/CAE1 +ae +connected +l1 127\.0\.0\.1 +\d+s$/);
  expect(all.printed[2]).toMatch(/^\/id-in\/CAE2 +ae +away$/);
  const some = await runAt(front.gateway, "registrees", registrees, "--state", "away", "--json");
  expect(some.printed.map((line) => JSON.parse(line).registree)).toEqual(["/id-in/CAE2"]);
  const one = await runAt(front.gateway, "registrees", registrees, "CAE1");
  expect(one.printed.join("\n")).toMatch(/poa at CSE {2}http:\S+\/poa\/\S{4}…\n/);
  expect(one.printed.join("\n")).toContain("connected  l1");
  const none = await runAt(front.gateway, "registrees", registrees, "CNobody");
  expect(none).toEqual({
    code: EXIT.FATAL,
    printed: [],
    complained: ["there is no such registree"],
  });
});

test("with --watch who comes and leaves is printed until Ctrl-C", async () => {
  const front = await startFront();
  const terminal = new TestTerminal();
  const args = argumentsOf("registrees", "--watch", "--url", front.gateway.admin);
  const ran = registrees(args, terminal);
  await terminal.line(/nobody is registered/);
  // The stream is there as soon as something can be seen in it.
  let isSeen = false;
  void terminal.line(/CAE\d.*connected/).then(() => {
    isSeen = true;
  });
  for (let count = 1; !isSeen; count += 1) await front.ae(`CAE${count}`);
  terminal.interrupt();
  expect(await ran).toBe(EXIT.OK);
});

test("a registree is kicked by name", async () => {
  const front = await startFront();
  const { ae } = await front.ae("CAE1");
  expect(await runAt(front.gateway, "kick", kick, "CAE1")).toMatchObject({ code: EXIT.OK });
  expect(await ae.closed).toMatchObject({ code: 4003 });
  expect(await runAt(front.gateway, "kick", kick)).toMatchObject({ code: EXIT.USAGE });
});

test("what is held is listed, shown, dropped, and purged only with --yes", async () => {
  const front = await startHolding();
  await holdAll(front, await away(front), ["n1", "n2", "n3"]);
  const run = (...argv: string[]) => runAt(front.gateway, "held", held, ...argv);
  const listed = await run();
  expect(listed.printed).toHaveLength(4);
  const number = /^\S+ +(\d+) +notify +n1 /.exec(listed.printed[1] ?? "")?.[1] ?? "";
  expect((await run("show", "CAE1", number)).printed).toContain("requestIdentifier: n1");
  expect((await run("show", "CAE1", number)).printed.join()).not.toContain("content:");
  expect((await run("show", "CAE1", number, "--content")).printed.join()).toContain("content: {");
  expect(await run("drop", "CAE1", number)).toMatchObject({ code: EXIT.OK });
  expect(await run("drop", "CAE1", number)).toMatchObject({ code: EXIT.FATAL });
  expect((await run("replay", "CAE1", "2")).complained[0]).toContain("cannot be reached");
  expect((await run("purge")).printed[0]).toMatch(/^2 would be dropped .*--yes/);
  await expectConserved(front.gateway, { dropped: 1, entries: 2 });
  expect((await run("purge", "CAE1", "--yes")).printed[0]).toMatch(/^2 of 2 dropped/);
  await expectConserved(front.gateway, { dropped: 3 });
  expect((await run("ls")).printed).toEqual(["nothing is held"]);
  expect(await run("burn")).toMatchObject({ code: EXIT.USAGE });
  expect(await run("show", "CAE1")).toMatchObject({ code: EXIT.USAGE });
  const letters = await runAt(front.gateway, "dead-letters", deadLetters, "ls", "CAE1");
  expect(letters.printed).toHaveLength(4);
  const replayed = await runAt(
    front.gateway,
    "dead-letters",
    deadLetters,
    "replay",
    "CAE1",
    number,
  );
  expect(replayed).toMatchObject({ code: EXIT.OK });
});

test("why tells the steps of a primitive in the order they were made", async () => {
  const front = await startFront();
  const { point } = await front.ae("CAE1", { answer: ok });
  await front.notify(point, { ...VERIFY, rqi: "v1" });
  const { code, printed } = await runAt(front.gateway, "why", why, "v1");
  expect(code).toBe(EXIT.OK);
  expect(printed.map((line) => line.replace(/^\S+ +/, ""))).toEqual([
    expect.stringMatching(/^\/id-in → gateway {2}notify v1 to \S+ {2}\(http 127\.0\.0\.1\)$/),
    "goes to /id-in/CAE1",
    "gateway → /id-in/CAE1  notify v1  (l1)",
    "/id-in/CAE1 → gateway  2000",
    "gateway → /id-in  2000",
    "",
  ]);
  const unknown = await runAt(front.gateway, "why", why, "v2");
  expect(unknown).toMatchObject({ code: EXIT.FATAL });
  expect(unknown.complained[0]).toContain("admin.primitives");
});

test("a trace prints what happens, and ends by itself", async () => {
  const front = await startHolding();
  const { point } = await front.ae("CAE1", { answer: ok });
  const terminal = new TestTerminal();
  const args = argumentsOf("trace", "CAE1", "--for", "1m", "--url", front.gateway.admin);
  const ran = trace(args, terminal);
  await terminal.line(/^tracing \/id-in\/CAE1 for 1m$/);
  let isSeen = false;
  void terminal.line(/gateway → \/id-in {2}2000/).then(() => {
    isSeen = true;
  });
  while (!isSeen) await front.notify(point, VERIFY);
  front.clock.advance(60_000);
  expect(await ran).toBe(EXIT.OK);
  expect(terminal.printed.at(-1)).toBe("the trace has ended");
});

test("a running gateway reloads, and says what it logs", async () => {
  const { gateway } = await startFront();
  const dry = await runAt(gateway, "reload", reload, "--dry-run");
  expect(dry.printed.at(-1)).toBe("Configuration: nothing has changed.");
  const set = await runAt(gateway, "log-level", logLevel, "debug", "--for", "1m");
  expect(set.printed[0]).toMatch(/^debug until /);
  const wrong = await runAt(gateway, "log-level", logLevel, "loud");
  expect(wrong).toMatchObject({ code: EXIT.FATAL });
  expect((await runAt(gateway, "drain", drain)).complained[0]).toContain("has to stop it");
});

test("the configuration is printed with who says so, of a file and of a running gateway", async () => {
  const { gateway } = await startFront({ "ws.window": "7" });
  const running = await runAt(gateway, "print-config", printConfig, "--running", "--changed");
  expect(running.printed).toContainEqual(expect.stringMatching(/^ws\.window +7 +--ws\.window$/));
  const file = join(tempDir(), "gateway.yaml");
  writeFileSync(file, "ws:\n  window: 9\n");
  const offline = await runAt(
    gateway,
    "print-config",
    printConfig,
    "-c",
    file,
    "--changed",
    "--json",
  );
  expect(JSON.parse(offline.printed[0] ?? "")).toEqual([
    { key: "ws.window", value: 9, origin: `${file}:2:11`, live: false },
  ]);
});

test("where no gateway answers, the sentence says what to do", async () => {
  const ran = await runAt({ admin: "http://127.0.0.1:1" }, "status", status);
  expect(ran.code).toBe(EXIT.UNREACHABLE);
  expect(ran.complained[0]).toContain("m2mgw serve starts a gateway; -c FILE or --url");
  const { gateway } = await startFront();
  const face = { admin: gateway.ws.replace("ws:", "http:") };
  const wrong = await runAt(face, "status", status);
  expect(wrong.code).toBe(EXIT.UNREACHABLE);
  expect(wrong.complained[0]).toContain("something else than a gateway answers");
});

test("the token comes from the file that is named, or from the gateway's own configuration", async () => {
  const tokenFile = join(tempDir(), "token");
  writeFileSync(tokenFile, "0123456789abcdef\n");
  const gateway = await startGateway({ "admin.tokenFile": tokenFile });
  const refused = await runAt(gateway, "status", status);
  expect(refused).toMatchObject({ code: EXIT.FATAL });
  expect(refused.complained[0]).toContain("--token-file FILE");
  const named = await runAt(gateway, "status", status, "--token-file", tokenFile);
  expect(named.code).toBe(EXIT.OK);
  const terminal = new TestTerminal();
  const listen = new URL(gateway.admin).host;
  const own = ["--admin.listen", listen, "--admin.tokenFile", tokenFile];
  expect(await status(argumentsOf("status", ...own), terminal)).toBe(EXIT.OK);
});
