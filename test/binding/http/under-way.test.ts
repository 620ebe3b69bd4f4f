import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { UnderWay } from "../../../src/binding/http/under-way.ts";
import { RawHttp } from "../../helpers/raw-http.ts";

const GET = ["GET / HTTP/1.1", "Host: x"];

test("a connection that is ending is read no further, and what was under way on it is answered", async () => {
  const underWay = new UnderWay();
  const responses: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (!underWay.add(request, response)) return;
    responses.push(response);
    if (underWay.on(request.socket) === 2) underWay.end(request.socket);
  });
  onTestFinished(() => void server.close());
  await once(server.listen(0, "127.0.0.1"), "listening");
  const peer = new RawHttp(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [socket] = await once(server, "connection");
  for (let n = 0; n < 2; n += 1) peer.send(GET);
  while (responses.length < 2) await setImmediate();
  const before = socket.bytesRead;
  responses[0]?.end("1");
  expect(await peer.answered(1)).toHaveLength(1);
  for (let n = 0; n < 100; n += 1) {
    peer.send(GET);
    await setImmediate();
  }
  expect(socket.bytesRead).toBe(before);
  responses[1]?.end("2");
  expect(await peer.answered(2)).toHaveLength(2);
  await underWay.idle();
  expect(responses).toHaveLength(2);
});
