import { encoded, queryOf } from "./api.js";
import { Content } from "./content.js";
import { Console } from "./context.js";
import { Confirmation } from "./dialog.js";
import { bytesOf, lengthOf, stemOf } from "./format.js";
import { useLive } from "./live.js";
import { Awaited, Empty, Failure, Time } from "./notices.js";
import { PAGE_SIZE, Pager, usePages } from "./pager.js";
import { html, useContext, useRef, useState } from "./preact.js";
import { Purge } from "./purge.js";

/** What is held, in order of arrival, one registree after the other. */
export function Held({ status, query }) {
  const { api } = useContext(Console);
  const [purging, setPurging] = useState(false);
  const registree = query.get("registree") ?? "";
  const pages = usePages(registree);
  const { after } = pages;
  const { data, failure, again } = useLive(
    (signal) => api.get(`/held${queryOf({ registree, after, limit: PAGE_SIZE })}`, signal),
    [registree, after],
  );
  return html`
    <h1 tabindex="-1">Held</h1>
    <div class="filters">
      <${RegistreeFilter} registree=${registree} view="held" />
      <button type="button" disabled=${!data?.items.length} onClick=${() => setPurging(true)}>Purge …</button>
    </div>
    ${failure && html`<${Failure} failure=${failure} again=${again} />`}
    ${data === undefined && failure === undefined && html`<${Awaited} />`}
    ${data?.items.length === 0 && pages.before === 0 && html`<${Nothing} registree=${registree} />`}
    ${
      data !== undefined &&
      (data.items.length > 0 || pages.before > 0) &&
      html`
        <${HeldRows} items=${data.items} again=${again} />
        <${Pager}
          pages=${pages}
          page=${data}
          total=${registree === "" ? status.data?.held.count : undefined}
          label="what is held"
        />
      `
    }
    ${purging && html`<${Purge} registree=${registree} close=${() => setPurging(false)} again=${again} />`}
  `;
}

const Nothing = ({ registree }) =>
  registree === ""
    ? html`
        <${Empty} title="Nothing is held" command='m2mgw send --to Clamp "are you there?"'>
          What cannot be delivered to a registree now waits here until it returns. Let a device register and leave (<code>m2mgw sim --ae Clamp --for 5s</code>), then send it something:
        <//>
      `
    : html`<${Empty} title="Nothing is held for it">Whoever is there is sent what comes at once.<//>`;

/** A field that shows what waits for one registree only. @param view whose place in the URL it changes */
export function RegistreeFilter({ registree, view }) {
  const choose = (event) => {
    event.preventDefault();
    location.hash = `#/${view}${queryOf({ registree: new FormData(event.target).get("registree").trim() })}`;
  };
  return html`
    <form role="search" onSubmit=${choose}>
      <label>
        Registree
        <input type="search" name="registree" placeholder="CAE1 or /id-in/CAE1" defaultValue=${registree} key=${registree} />
      </label>
      <button type="submit">Show</button>
    </form>
  `;
}

/**
 * Rows of what is held, with what can be done about each.
 *
 * @param again asks the API anew
 * @param isOfOne whether it is all for one registree that is named elsewhere
 */
export function HeldRows({ items, again, isOfOne = false }) {
  const { api, now, say } = useContext(Console);
  const table = useRef();
  const [asked, setAsked] = useState();
  const at = (held) => `/held/${encoded(held.registree)}/${held.sequence}`;
  const replay = async (held) => {
    try {
      await api.post(`${at(held)}/replay`);
      say(`Tried again: what is held for ${held.registree}, up to ${held.requestIdentifier}.`);
    } catch (failure) {
      say(`Not tried: ${failure.message}`);
    }
    again();
  };
  const drop = async () => {
    await api.delete(at(asked.held));
    say(`Dropped: ${asked.held.requestIdentifier}.`);
    again();
    // The button that was pressed goes with its row.
    requestAnimationFrame(() => table.current?.focus());
  };
  return html`
    <table class="rows" tabindex="-1" aria-label="What is held" ref=${table}>
      <thead>
        <tr>
          <th scope="col">Request</th>
          ${!isOfOne && html`<th scope="col">Registree</th>`}
          <th scope="col">Waits, and expires</th>
          <th scope="col" class="number extra">Size</th>
          <th scope="col"><span class="unseen">What can be done</span></th>
        </tr>
      </thead>
      <tbody>
        ${items.map(
          (held) => html`
            <tr key=${`${held.registree} ${held.sequence}`}>
              <td class="long">
                ${held.operation} ${held.requestIdentifier} <${Marks} held=${held} />
                <small>from ${held.originator ?? "nobody named"} to ${held.to}</small>
              </td>
              ${
                !isOfOne &&
                html`
                  <td class="long">
                    <a href=${`#/registree/${encoded(held.registree)}`}>${stemOf(held.registree)}</a>
                  </td>
                `
              }
              <td><${Age} held=${held} now=${now()} /></td>
              <td class="number extra">${bytesOf(held.bytes)}</td>
              <td class="doing">
                <button type="button" aria-label=${`Replay ${held.requestIdentifier}`} onClick=${() => replay(held)}>
                  Replay
                </button>
                <button type="button" aria-label=${`Content of ${held.requestIdentifier}`} onClick=${() => setAsked({ read: true, held })}>
                  Content
                </button>
                <button
                  type="button"
                  class="danger"
                  disabled=${held.underWay}
                  aria-label=${`Drop ${held.requestIdentifier}`}
                  onClick=${() => setAsked({ held })}
                >
                  Drop
                </button>
              </td>
            </tr>
          `,
        )}
      </tbody>
    </table>
    ${asked?.read && html`<${Content} target=${at(asked.held)} name=${asked.held.requestIdentifier} close=${() => setAsked()} />`}
    ${
      asked &&
      !asked.read &&
      html`
        <${Confirmation}
          title="Drop it?"
          sentence=${`${asked.held.requestIdentifier} will not be delivered to ${asked.held.registree}. It becomes a dead letter, from where it can be held again.`}
          verb="Drop"
          act=${drop}
          close=${() => setAsked()}
        />
      `
    }
  `;
}

const Marks = ({ held: { stored, sent, underWay } }) => html`
  ${underWay && html`<span class="mark">under way</span>`}
  ${!underWay && sent && html`<span class="mark">may have arrived</span>`}
  ${!stored && html`<span class="mark" title="Its originator waits for the answer.">open exchange</span>`}
`;

/** How much of its time is over, as a bar and in words. */
function Age({ held: { arrived, expires }, now }) {
  const [from, until] = [Date.parse(arrived), Date.parse(expires)];
  const over = Math.min(1, Math.max(0, (now - from) / Math.max(1, until - from)));
  const left = until > now ? `${lengthOf(until - now)} left` : "expires now";
  return html`
    <span class="age">
      <span class=${`bar ${over > 0.9 ? "late" : ""}`} aria-hidden="true"><i style=${{ width: `${over * 100}%` }} /></span>
      <span class="ages">
        <${Time} at=${arrived}>${lengthOf(Math.max(0, now - from))}<//>
        <${Time} at=${expires}><small>${left}</small><//>
      </span>
    </span>
  `;
}
