import { Console } from "./context.js";
import { copy } from "./copy.js";
import { Dialog } from "./dialog.js";
import { Failure } from "./notices.js";
import { html, useContext, useState } from "./preact.js";

/** Shows the content of a primitive, once somebody has said that they want it: that goes on record. */
export function Content({ target, name, close }) {
  const { api, say } = useContext(Console);
  const [shown, setShown] = useState();
  const [failure, setFailure] = useState();
  const read = () =>
    api
      .get(`${target}?content=true`)
      .then(
        ({ content }) => setShown(content === undefined ? "It has none." : indented(content)),
        setFailure,
      );
  return html`
    <${Dialog} title=${`Content of ${name}`} close=${close}>
      ${failure && html`<${Failure} failure=${failure} again=${read} />`}
      ${
        shown === undefined
          ? html`<p>It is meant for its registree alone. That it was read goes into the audit log.</p>`
          : html`<pre tabindex="0" aria-label="Content">${shown}</pre>`
      }
      <div class="actions">
        <button type="button" autofocus onClick=${close}>Close</button>
        ${
          shown === undefined
            ? html`<button type="button" class="primary" onClick=${read}>Read it</button>`
            : html`<button type="button" onClick=${() => copy(shown, say)}>Copy</button>`
        }
      </div>
    <//>
  `;
}

function indented(json) {
  try {
    return JSON.stringify(JSON.parse(json), undefined, 2);
  } catch {
    return json;
  }
}
