import { Console } from "./context.js";
import { copy } from "./copy.js";
import { html, useContext } from "./preact.js";

/** Why something could not be shown or done, and a way to try again. */
export const Failure = ({ failure, again }) => html`
  <div class="notice bad" role="alert">
    <p>${failure.message}</p>
    ${again && html`<button type="button" onClick=${again}>Try again</button>`}
  </div>
`;

/** What to do next where there is nothing yet. @param command a line for a terminal */
export const Empty = ({ title, children, command }) => html`
  <div class="empty">
    <h2>${title}</h2>
    <p>${children}</p>
    ${command && html`<${Command} line=${command} />`}
  </div>
`;

/** A line for a terminal, and a button that copies it. */
export function Command({ line }) {
  const { say } = useContext(Console);
  return html`
    <div class="command">
      <code>${line}</code>
      <button type="button" class="quiet" aria-label=${`Copy: ${line}`} onClick=${() => copy(line, say)}>
        Copy
      </button>
    </div>
  `;
}

/** Stands where a list will be, so that nothing moves when it comes. */
export const Awaited = () => html`<p class="awaited" role="status">Asking the gateway …</p>`;

/** A point in time, in full where the pointer rests. */
export const Time = ({ at, children }) =>
  html`<time datetime=${new Date(at).toISOString()} title=${new Date(at).toString()}>${children}</time>`;
