import { STATUS_CODES } from "node:http";
import { type Static, Type } from "@sinclair/typebox";

/** What an error looks like (RFC 9457). */
export const PROBLEM = Type.Object(
  {
    type: Type.Literal("about:blank"),
    title: Type.String({ description: "The HTTP status in words." }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: "What was wrong with this request, in one sentence." }),
    code: Type.Optional(
      Type.String({ description: "The gateway's own name of the failure, such as GW_HOLD_FULL." }),
    ),
  },
  { $id: "Problem", description: "RFC 9457", additionalProperties: false },
);

export type ProblemBody = Static<typeof PROBLEM>;

/** What a request of an operator fails with: an HTTP status and one sentence. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, detail: string, code?: string) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
  }

  get body(): ProblemBody {
    return {
      type: "about:blank",
      title: STATUS_CODES[this.status] ?? "Error",
      status: this.status,
      detail: this.message,
      ...(this.code === undefined ? {} : { code: this.code }),
    };
  }
}

export const absent = (what: string): Problem => new Problem(404, `there is no such ${what}`);
