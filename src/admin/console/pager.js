import { countOf } from "./format.js";
import { html, useState } from "./preact.js";

/** Rows of a page. */
export const PAGE_SIZE = 100;

/**
 * The place in a list that the API gives in pages: where the pages before began, and this one.
 *
 * @param name of the list that is asked for: another one begins at its first page
 */
export function usePages(name) {
  const [place, setPlace] = useState({ name, starts: [undefined] });
  const { starts } = place.name === name ? place : { starts: [undefined] };
  return {
    after: starts.at(-1),
    before: starts.length - 1,
    // Whoever is quick asks for the same page twice.
    forward: (next) => next !== starts.at(-1) && setPlace({ name, starts: [...starts, next] }),
    back: () => setPlace({ name, starts: starts.slice(0, -1) }),
  };
}

/** Which rows these are, and the way to the others. @param total undefined where nobody counts them */
export function Pager({ pages, page, total, label }) {
  const first = pages.before * PAGE_SIZE;
  const { items, next } = page;
  const range = items.length === 0 ? "0" : `${countOf(first + 1)}–${countOf(first + items.length)}`;
  const top = () => document.querySelector("main").scrollIntoView();
  const turn = (go) => () => {
    go();
    top();
  };
  return html`
    <nav class="pager" aria-label=${`Pages of ${label}`}>
      <button type="button" disabled=${pages.before === 0} onClick=${turn(pages.back)}>Previous</button>
      <span>${range}${total !== undefined && ` of ${countOf(total)}`}</span>
      <button type="button" disabled=${next === undefined} onClick=${turn(() => pages.forward(next))}>
        Next
      </button>
    </nav>
  `;
}
