import type { HttpAnswer } from "../helpers/http-client.ts";
import type { Front } from "./front.ts";

/** POST without `ty` of a body of any serialization, as the CSE `/id-in` sends a Notify `n1`. */
export const notifyIn = (
  front: Front,
  target: string,
  contentType: string,
  body: string | Uint8Array,
): Promise<HttpAnswer> =>
  front.http({
    method: "POST",
    target,
    headers: {
      "X-M2M-Origin": "/id-in",
      "X-M2M-RI": "n1",
      "X-M2M-RVI": "3",
      "Content-Type": contentType,
    },
    body,
  });
