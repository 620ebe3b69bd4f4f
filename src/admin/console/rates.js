import { Console } from "./context.js";
import { rateOf } from "./format.js";
import { useLive } from "./live.js";
import { html, useContext, useRef } from "./preact.js";

/** Rates that are kept: of two minutes. */
const KEPT = 60;

const NONE = { toRegistree: 0, toCse: 0, failed: 0 };

/** Request primitives answered so far, by direction, and those of them that failed. @param text of the metrics */
export function countsIn(text) {
  const counts = { ...NONE };
  for (const [, direction, rscClass, value] of text.matchAll(
    /^m2mgw_primitives_total\{direction="([^"]+)".*rsc_class="([^"]+)"\} (\S+)$/gm,
  )) {
    counts[direction === "to-registree" ? "toRegistree" : "toCse"] += Number(value);
    if (/^[456]/.test(rscClass)) counts.failed += Number(value);
  }
  return counts;
}

/** The rates per second of the last two minutes, the oldest first. */
export function useRates() {
  const { api } = useContext(Console);
  const kept = useRef({ last: undefined, rates: [] });
  useLive(async (signal) => {
    const counts = countsIn(await api.metrics(signal));
    const at = performance.now();
    const { last, rates } = kept.current;
    const seconds = last && (at - last.at) / 1_000;
    // Changes are looked for more often than a rate can be told by.
    if (last !== undefined && seconds < 1) return;
    kept.current = { last: { at, counts }, rates };
    // Fewer than before: the gateway has started anew.
    if (last === undefined || counts.toRegistree < last.counts.toRegistree) return;
    const rate = Object.fromEntries(
      Object.keys(NONE).map((name) => [name, (counts[name] - last.counts[name]) / seconds]),
    );
    kept.current.rates = [...rates, rate].slice(-KEPT);
  }, []);
  return kept.current.rates;
}

/** A rate: what it is now, and its line over two minutes. */
export function Rate({ title, rates, name, of = "/s" }) {
  const values = rates.map((rate) => rate[name]);
  return html`
    <div class="rate">
      <dt>${title}</dt>
      <dd>
        <span class="value">${rateOf(values.at(-1))}<small>${of}</small></span>
        <${Line} values=${values} />
      </dd>
    </div>
  `;
}

const WIDTH = 120;
const HEIGHT = 32;

function Line({ values }) {
  const most = Math.max(1, ...values);
  const points = values.map((value, at) => {
    const x = WIDTH - (values.length - 1 - at) * (WIDTH / (KEPT - 1));
    return `${x.toFixed(1)},${(HEIGHT - 2 - (value / most) * (HEIGHT - 4)).toFixed(1)}`;
  });
  return html`
    <svg class="line" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points=${points.join(" ")} fill="none" vector-effect="non-scaling-stroke" />
    </svg>
  `;
}
