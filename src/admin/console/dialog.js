import { Failure } from "./notices.js";
import { html, useEffect, useRef, useState } from "./preact.js";

/** A modal dialog; the browser keeps the focus in it and gives it back. @param close called when it is to go */
export function Dialog({ title, close, children }) {
  const element = useRef();
  useEffect(() => {
    const dialog = element.current;
    dialog.showModal();
    // One that is taken out of the page while it is open gives no focus back.
    return () => dialog.close();
  }, []);
  const leaveByBackdrop = (event) => event.target === element.current && close();
  // The event comes later, when there may be another dialog in its place.
  const closed = () => element.current && close();
  return html`
    <dialog ref=${element} aria-labelledby="dialog-title" onClose=${closed} onClick=${leaveByBackdrop}>
      <div class="dialog">
        <h2 id="dialog-title">${title}</h2>
        ${children}
      </div>
    </dialog>
  `;
}

/**
 * Asks before something is done, and does it.
 *
 * @param act does it; what it throws is shown, and the dialog stays
 */
export function Confirmation({ title, sentence, verb, act, close }) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState();
  const confirm = async () => {
    setBusy(true);
    try {
      await act();
      close();
    } catch (error) {
      setFailure(error);
      setBusy(false);
    }
  };
  return html`
    <${Dialog} title=${title} close=${close}>
      <p>${sentence}</p>
      ${failure && html`<${Failure} failure=${failure} />`}
      <div class="actions">
        <button type="button" autofocus onClick=${close}>Cancel</button>
        <button type="button" class="danger" disabled=${busy} onClick=${confirm}>${verb}</button>
      </div>
    <//>
  `;
}
