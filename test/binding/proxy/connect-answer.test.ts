import fc from "fast-check";
import { expect, test } from "vitest";
import { connectAnswerIn, LONGEST_HEAD } from "../../../src/binding/proxy/connect-answer.ts";

const read = (text: string) => connectAnswerIn(Buffer.from(text, "latin1"));

test.each([
  ["HTTP/1.1 200 Connection established\r\n\r\n", 200],
  ["HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11\r\n\r\n", 200],
  ["HTTP/1.1 204\r\n\r\n", 204],
  ["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200],
  ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 200],
  ["HTTP/1.1 102 \r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 503 No\r\n\r\n", 503],
  ["HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 101],
  ["HTTP/1.1 200 OK\nVia: x\n\n", 200],
])("%j says %i (RFC 9110, 9.3.6 and 15.2)", (text, status) => {
  expect(read(text)).toMatchObject({ status });
});

test.each(["", "H", "HTTP/1.", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nVia: x\r\n\r"])(
  "more has to come after %j",
  (text) => {
    expect(read(text)).toBeUndefined();
  },
);

test.each([
  "SSH-2.0-OpenSSH_9.2\r\n",
  "\x15\x03\x01\0\x02\x02\x50",
  "HTTP/2 200\r\n\r\n",
  "http/1.1 200 OK\r\n\r\n",
  "HTTP/1.1 OK\r\n\r\n",
  "HTTP/1.1 2000\r\n\r\n",
  "\r\nHTTP/1.1 200 OK\r\n\r\n",
])("%j is no answer of a proxy", (text) => {
  expect(read(text)).toEqual({ broken: expect.stringContaining("is not HTTP/1.x") });
});

test("a header may have 16 KiB, interim responses included", () => {
  const start = "HTTP/1.1 100 \r\n\r\nHTTP/1.1 200 OK\r\nX: ";
  const most = `${start}${"x".repeat(LONGEST_HEAD - start.length - 4)}\r\n\r\n`;
  expect(read(most)).toMatchObject({ status: 200, length: LONGEST_HEAD });
  expect(read(`${most}${"y".repeat(100_000)}`)).toMatchObject({ length: LONGEST_HEAD });
  const more = `${start}${"x".repeat(LONGEST_HEAD - start.length - 3)}`;
  expect(read(more.slice(0, LONGEST_HEAD - 1))).toBeUndefined();
  expect(read(`${more}\r\n\r\n`)).toEqual({
    broken: "its answer has a header of more than 16384 bytes",
  });
});

test("wherever an answer is cut, the same bytes belong to it, and all others to the tunnel", () => {
  const head = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nVia: a\r\n\r\n";
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const behind = Buffer.from(bytes).toString("latin1");
      expect(read(head + behind)).toMatchObject({ length: head.length });
    }),
  );
  const cut = Array.from(head, (_, length) => read(head.slice(0, length)));
  expect(cut).toEqual(Array.from(head, () => undefined));
});

test.each([
  ["", true],
  ['Proxy-Authenticate: Basic realm="a"\r\n', true],
  ['proxy-authenticate:basic realm="a"\r\n', true],
  ["Proxy-Authenticate: Negotiate, NTLM, Basic\r\n", true],
  ['Proxy-Authenticate: NTLM\r\nProxy-Authenticate: Basic realm="a"\r\n', true],
  ["Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n", false],
  ['Proxy-Authenticate: Digest realm="a, Basic b", nonce="\\", Basic "\r\n', false],
  ["Proxy-Authenticate: Basically\r\n", false],
])("with %j it takes Basic credentials: %s (RFC 9110, 11.7.1)", (fields, takesBasic) => {
  expect(read(`HTTP/1.1 407 No\r\n${fields}\r\n`)).toMatchObject({ status: 407, takesBasic });
});
