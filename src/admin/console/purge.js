import { Console } from "./context.js";
import { Dialog } from "./dialog.js";
import { bytesOf, numberOf } from "./format.js";
import { Failure } from "./notices.js";
import { html, useContext, useState } from "./preact.js";

const OPERATIONS = ["create", "retrieve", "update", "delete", "notify"];

/** Drops what a filter fits: says first what that would be, and then does just that. */
export function Purge({ registree, close, again }) {
  const { api, say } = useContext(Console);
  const [filter, setFilter] = useState({ registree, originator: "", operation: "", minutes: "" });
  const [counted, setCounted] = useState();
  const [failure, setFailure] = useState();
  const [busy, setBusy] = useState(false);
  const change = (event) => {
    const { name, value } = event.target;
    setFilter((known) => ({ ...known, [name]: value }));
    // What was counted is not what would be dropped now.
    setCounted(undefined);
  };
  const purge = async (dryRun) => {
    setBusy(true);
    setFailure(undefined);
    try {
      return await api.post("/held/purge", { ...bodyOf(filter), dryRun });
    } catch (error) {
      setFailure(error);
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  const count = async (event) => {
    event.preventDefault();
    setCounted(await purge(true));
  };
  const drop = async () => {
    const purged = await purge(false);
    if (purged === undefined) return;
    say(`Dropped: ${numberOf(purged.dropped, "primitive")}.`);
    again();
    close();
  };
  const field = (name, more) => ({ name, value: filter[name], onInput: change, ...more });
  return html`
    <${Dialog} title="Purge what is held" close=${close}>
      <form class="fields" onSubmit=${count}>
        <label>Registree<input ...${field("registree", { placeholder: "all", autofocus: true })} /></label>
        <label>Originator<input ...${field("originator", { placeholder: "all" })} /></label>
        <label>
          Operation
          <select ...${field("operation")}>
            <option value="">all</option>
            ${OPERATIONS.map((name) => html`<option value=${name}>${name}</option>`)}
          </select>
        </label>
        <label>
          Waits for at least, minutes
          <input ...${field("minutes", { type: "number", min: "0", step: "any", placeholder: "0" })} />
        </label>
        <p class="outcome" role="status">
          ${
            counted === undefined
              ? "Count first what would be dropped; nothing is changed by that."
              : `${numberOf(counted.matched, "primitive")}, ${bytesOf(counted.bytes)}, would become dead letters.`
          }
        </p>
        ${failure && html`<${Failure} failure=${failure} />`}
        <div class="actions">
          <button type="button" onClick=${close}>Cancel</button>
          <button type="submit" class=${counted?.matched ? "" : "primary"} disabled=${busy}>Count</button>
          <button type="button" class="danger" disabled=${busy || !counted?.matched} onClick=${drop}>
            Drop ${counted?.matched ? numberOf(counted.matched, "primitive") : "them"}
          </button>
        </div>
      </form>
    <//>
  `;
}

const bodyOf = ({ minutes, ...words }) => ({
  ...Object.fromEntries(Object.entries(words).filter(([, value]) => value.trim() !== "")),
  ...(minutes !== "" && { olderThanSeconds: Number(minutes) * 60 }),
});
