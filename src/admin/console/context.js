import { createContext } from "./preact.js";

/**
 * What every view needs: `api`; `now()`, the gateway's time in milliseconds, which the browser's may differ from;
 * `changes`, an EventTarget that fires "change" when the gateway has told of one; `say(sentence)`, which tells it
 * to the person; and `trace`, the trace that this tab watches.
 */
export const Console = createContext(undefined);
