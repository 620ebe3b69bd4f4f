import { Rsc } from "../base/response-status-code.ts";
import type { Tree } from "../primitive/content.ts";

/** What the registrar, being the Hosting CSE, says to a request: a Response Status Code and maybe content. */
export interface Outcome {
  readonly rsc: number;
  readonly tree: Tree | undefined;
}

/** A refusal with its sentence for the originator (`m2m:dbg`; TS-0004, 7.5.2). */
export function refused(rsc: number, sentence: string): Outcome {
  return { rsc, tree: { "m2m:dbg": sentence } };
}

export const invalid = (sentence: string): Outcome => refused(Rsc.BAD_REQUEST, sentence);

/** For a target that does not exist (TS-0004, 7.3.3.1). */
export const notFound = (to: string): Outcome =>
  refused(Rsc.NOT_FOUND, `there is no resource ${to}`);
