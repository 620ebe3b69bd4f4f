import { expect } from "vitest";
import type { HttpAnswer } from "../helpers/http-client.ts";
import { ask, type Timed } from "./hold-in.ts";

/** Answers to a request that its originator need not wait for (D-5.3). */
export const SYNCH = { status: 202, rsc: 1001, headers: { "x-m2mgw-disposition": "held" } };
export const ASYNCH = { status: 202, rsc: 1002, headers: { "x-m2mgw-disposition": "held" } };

/** The reference to the `<request>` in an acknowledgement. */
export function referenceIn(acknowledgement: HttpAnswer): string {
  const content = JSON.parse(acknowledgement.body);
  expect(content).toEqual({ "m2m:uri": expect.stringMatching(/^m2mgw-req-[A-Za-z0-9_-]{8,}$/) });
  return content["m2m:uri"];
}

/** Retrieves or deletes a `<request>` as `origin`, with a request of its own. */
export const askFor = (
  front: Timed,
  reference: string,
  origin = "/id-in",
  method = "GET",
): Promise<HttpAnswer> =>
  ask(front, {
    method,
    target: `/${reference}`,
    rqi: "look",
    headers: { "X-M2M-Origin": origin },
  });

/** The attributes of a `<request>` as its originator `/id-in` reads them. */
export async function requestOf(
  front: Timed,
  reference: string,
): Promise<Record<string, unknown> & { readonly ors?: Record<string, unknown> }> {
  const answered = await askFor(front, reference);
  expect(answered).toMatchObject({ status: 200, rsc: 2000, headers: { "x-m2m-ri": "look" } });
  return JSON.parse(answered.body)["m2m:req"];
}

/** Resolves when the `<request>` has this status. */
export const statusIs = (front: Timed, reference: string, rs: number): Promise<void> =>
  expect.poll(async () => (await requestOf(front, reference))["rs"]).toBe(rs);
