import { BlockList } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { PoaPools } from "../../../src/binding/http/poa-pools.ts";
import { CHECKED } from "../../../src/binding/tls/client.ts";
import { cborCodec } from "../../../src/codec/cbor/cbor.ts";
import { jsonCodec } from "../../../src/codec/json/json.ts";
import { createXmlCodec } from "../../../src/codec/xml/xml.ts";

const MOST = 256;

function pools(): PoaPools {
  const codecs = { json: jsonCodec, xml: createXmlCodec({ onUnknown: () => {} }), cbor: cborCodec };
  const rules = { networks: new BlockList(), ownPorts: new Set<number>(), secured: () => CHECKED };
  const made = new PoaPools(codecs, rules);
  onTestFinished(() => made.close());
  return made;
}

/** As many origins as connections are kept to. */
const filled = (made: PoaPools) =>
  Array.from({ length: MOST }, (_, port) =>
    made.take(`http://h:${port + 1}`, { peerAddress: undefined }),
  );

test("connections to an origin are kept, for one peer only", () => {
  const made = pools();
  const destination = made.take("http://h", { peerAddress: "192.0.2.7" });
  expect(made.take("http://h", { peerAddress: "192.0.2.7" })).toBe(destination);
  expect(made.take("http://h", { peerAddress: "192.0.2.8" })).not.toBe(destination);
  expect(made.take("http://h", { peerAddress: undefined })).not.toBe(destination);
});

test("past the limit those that were unused longest are closed", () => {
  const made = pools();
  const [first, second, third] = filled(made);
  if (second !== undefined) second.inFlight = 1;
  made.take("http://h:1", { peerAddress: undefined });
  made.take("http://another", { peerAddress: undefined });
  expect(first?.pool.destroyed).toBe(false);
  expect(second?.pool.destroyed).toBe(false);
  expect(third?.pool.destroyed).toBe(true);
  expect(made.take("http://h:3", { peerAddress: undefined })).not.toBe(third);
});

test("while all are in use there is no room for another origin", () => {
  const made = pools();
  for (const destination of filled(made)) destination.inFlight = 1;
  expect(() => made.take("http://another", { peerAddress: undefined })).toThrow(
    expect.objectContaining({ code: "GW_LINK_BUSY" }),
  );
  expect(made.take("http://h:1", { peerAddress: undefined }).inFlight).toBe(1);
});
