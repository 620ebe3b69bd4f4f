import { Console } from "./context.js";
import { useContext, useEffect, useState } from "./preact.js";

/** Milliseconds between two looks, and after a change that the gateway has told of. */
const EVERY = 2_000;
const SOON = 250;

/**
 * What the API says, kept up to date while the page is seen; what was last known stays while it does not answer.
 *
 * @param load asks for it; gets a signal
 * @param inputs what it asks by: asks again at once when one of them changes
 */
export function useLive(load, inputs) {
  const { changes } = useContext(Console);
  const [known, setKnown] = useState({ data: undefined, failure: undefined });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    const { signal } = leaving;
    let timer;
    let due = Number.POSITIVE_INFINITY;
    let busy = false;
    const look = async () => {
      busy = true;
      due = Number.POSITIVE_INFINITY;
      try {
        const data = await load(signal);
        if (!signal.aborted) setKnown({ data, failure: undefined });
      } catch (failure) {
        if (!signal.aborted) setKnown(({ data }) => ({ data, failure }));
      }
      busy = false;
      lookIn(EVERY);
    };
    const lookIn = (wait) => {
      const at = performance.now() + wait;
      // Changes that come in a row bring the next look nearer, and never put it off.
      if (busy || signal.aborted || document.hidden || at > due) return;
      clearTimeout(timer);
      due = at;
      timer = setTimeout(look, wait);
    };
    changes.addEventListener("change", () => lookIn(SOON), { signal });
    document.addEventListener("visibilitychange", () => lookIn(0), { signal });
    void look();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [...inputs, round]);
  return { ...known, again: () => setRound((last) => last + 1) };
}
