import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { parseArguments } from "../../src/cli/arguments.ts";
import { send, wireRequestOf } from "../../src/cli/send.ts";
import { EXIT } from "../../src/cli/terminal.ts";
import { COMMANDS } from "../../src/cli/usage.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { TestTerminal } from "../helpers/test-terminal.ts";

function argumentsOf(argv: readonly string[]) {
  const args = parseArguments(argv, COMMANDS.send);
  if ("usage" in args) throw new Error(args.usage);
  return args;
}

/** An HTTP server that keeps what it got and answers as the test says. */
async function scriptedServer(answer: (response: ServerResponse) => void) {
  const requests: { message: IncomingMessage; body: string }[] = [];
  const server = createServer((message, response) => {
    let body = "";
    message.setEncoding("utf8");
    message.on("data", (part: string) => {
      body += part;
    });
    message.on("end", () => {
      requests.push({ message, body });
      answer(response);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test("a text goes out as a notification, header names in canonical spelling (TS-0009, 6.4)", async () => {
  const server = await scriptedServer((response) => {
    response.writeHead(200, {
      "X-M2M-RSC": "2000",
      "X-M2MGW-Disposition": "relayed",
      "Content-Type": "application/json",
    });
    response.end('{"ok":true}');
  });
  const terminal = new TestTerminal();
  const args = argumentsOf(["--to", "Clamp", "--url", server.url, "hello", "there"]);

  expect(await send(args, terminal)).toBe(EXIT.OK);

  const [{ message, body } = { message: undefined, body: "" }] = server.requests;
  expect(message?.method).toBe("POST");
  expect(message?.url).toBe("/~/id-in/Clamp");
  const content =
    '{"m2m:sgn":{"nev":{"rep":{"m2m:cin":{"con":"hello there"}}},"sur":"m2mgw/send"}}';
  expect(body).toBe(content);
  expect(message?.rawHeaders).toEqual([
    "Accept",
    "application/json",
    "X-M2M-Origin",
    "CSender",
    "X-M2M-RI",
    expect.stringMatching(/^send-[0-9a-f]{12}$/),
    "X-M2M-RVI",
    "3",
    "Content-Type",
    "application/json",
    "Content-Length",
    `${content.length}`,
    "Host",
    server.url.slice("http://".length),
    "Connection",
    "close",
  ]);
  expect(terminal.printed).toEqual([
    "HTTP/1.1 200 OK",
    "X-M2M-RSC: 2000",
    "X-M2MGW-Disposition: relayed",
    '{"ok":true}',
  ]);
});

test.each([
  ["Clamp", "/~/id-in/Clamp"],
  ["Sensor.1", "/~/id-in/Sensor.1"],
  ["cse-in/ae1/cnt", "/cse-in/ae1/cnt"],
  ["-/ae1", "/-/ae1"],
  ["/id-mn/mn/ae1", "/~/id-mn/mn/ae1"],
  ["//example.org/id-in/x", "/_/example.org/id-in/x"],
])("to %s is the path %s (TS-0009, 6.2.2.1)", (to, path) => {
  const request = wireRequestOf(argumentsOf(["--to", to, "x"]));
  expect(request).toMatchObject({ url: `http://127.0.0.1:8088${path}` });
});

test.each([
  [["--op", "retrieve"], "GET", undefined],
  [["--op", "delete"], "DELETE", undefined],
  [["--op", "update", "--json", "{}"], "PUT", "application/json"],
  [["--op", "create", "--ty", "4", "--json", "{}"], "POST", "application/json;ty=4"],
  [["--json", "{}"], "POST", "application/json"],
])("%j is %s with content type %s (TS-0009, 6.2.1)", (argv, method, type) => {
  const request = wireRequestOf(argumentsOf(["--to", "cse-in", ...argv]));
  expect(request).toMatchObject({ method });
  expect("headers" in request && request.headers["Content-Type"]).toBe(type);
});

test("originator, CSE-ID and base URL can be named", () => {
  const argv = ["--to", "C1", "--from", "CMe", "--cse-id", "/id-2", "--url", "http://h:1/b/", "x"];
  expect(wireRequestOf(argumentsOf(argv))).toMatchObject({
    url: "http://h:1/b/~/id-2/C1",
    headers: { "X-M2M-Origin": "CMe" },
  });
});

test.each([
  [["x"], "--to is missing"],
  [["--to", "C1"], "notify needs content"],
  [["--to", "C1", "--op", "poke", "x"], "--op is one of"],
  [["--to", "C1", "--op", "create", "--json", "{}"], "--ty NUMBER"],
  [["--to", "C1", "--ty", "4", "x"], "--ty NUMBER"],
  [["--to", "C1", "--json", "{", "--op", "notify"], "not well-formed JSON"],
  [["--to", "C1", "--json", "{}", "x"], "instead of --json"],
  [["--to", "C1", "--op", "retrieve", "x"], "content for notify"],
  [["--to", "C1", "--op", "delete", "--json", "{}"], "takes no content"],
  [["--to", "C1", "--url", "ws://h", "x"], "http:// or https://"],
  [["--to", "C1", "--cse-id", "id-in", "x"], "--cse-id"],
  [["--to", "C1", "--from", "C\n1", "x"], "--from"],
  [["--to", "a b", "x"], "--to"],
  [["--to", "C1", "--timeout", "5", "x"], "--timeout"],
])("%j is wrong usage: %s", async (argv, sentence) => {
  const terminal = new TestTerminal();
  expect(await send(argumentsOf(argv), terminal)).toBe(EXIT.USAGE);
  expect(terminal.complained[0]).toContain(sentence);
});

test.each([
  ["2001", 201, EXIT.OK],
  ["1000", 202, EXIT.OK],
  ["4004", 404, EXIT.FATAL],
  ["5103", 404, EXIT.FATAL],
  [undefined, 204, EXIT.OK],
  [undefined, 502, EXIT.FATAL],
])("RSC %s with HTTP status %i ends with exit code %i", async (rsc, status, code) => {
  const server = await scriptedServer((response) => {
    response.writeHead(status, rsc === undefined ? {} : { "X-M2M-RSC": rsc }).end();
  });
  const args = argumentsOf(["--to", "C1", "--url", server.url, "x"]);
  expect(await send(args, new TestTerminal())).toBe(code);
});

test("a gateway that is not there is exit code 69", async () => {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const terminal = new TestTerminal();
  const args = argumentsOf(["--to", "C1", "--url", `http://127.0.0.1:${port}`, "x"]);
  expect(await send(args, terminal)).toBe(EXIT.UNREACHABLE);
  expect(terminal.complained[0]).toContain(`http://127.0.0.1:${port} is not reachable`);
});

test("an answer that does not come is waited for as long as --timeout says", async () => {
  const clock = new ManualClock();
  const server = await scriptedServer(() => clock.advance(2_000));
  const terminal = new TestTerminal(clock);
  const args = argumentsOf(["--to", "C1", "--url", server.url, "--timeout", "2s", "x"]);
  expect(await send(args, terminal)).toBe(EXIT.FATAL);
  expect(terminal.complained).toEqual(["no answer within 2s"]);
});
