import { encoded, queryOf } from "./api.js";
import { Console } from "./context.js";
import { bytesOf, countOf, lengthOf, stemOf } from "./format.js";
import { useLive } from "./live.js";
import { Awaited, Empty, Failure } from "./notices.js";
import { PAGE_SIZE, Pager, usePages } from "./pager.js";
import { html, useContext, useState } from "./preact.js";

const STATES = ["connected", "callable", "away"];

/** Who is registered, live, a page at a time. */
export function Registrees({ status, query }) {
  const { api } = useContext(Console);
  const [prefix, setPrefix] = useState("");
  const state = query.get("state") ?? "";
  const wanted = { prefix, state };
  const pages = usePages(queryOf(wanted));
  const { after } = pages;
  const { data, failure, again } = useLive(
    (signal) => api.get(`/registrees${queryOf({ ...wanted, after, limit: PAGE_SIZE })}`, signal),
    [prefix, state, after],
  );
  const counts = status.data?.registrees;
  const isAll = prefix === "" && state === "";
  const choose = (event) => {
    location.hash = `#/registrees${queryOf({ state: event.target.value })}`;
  };
  return html`
    <h1 tabindex="-1">Registrees</h1>
    <form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
      <label>
        ID begins with
        <input type="search" placeholder="CAE1" value=${prefix} onInput=${(event) => setPrefix(event.target.value)} />
      </label>
      <label>
        State
        <select value=${state} onChange=${choose}>
          <option value="">any</option>
          ${STATES.map((name) => html`<option value=${name}>${name}</option>`)}
        </select>
      </label>
    </form>
    ${failure && html`<${Failure} failure=${failure} again=${again} />`}
    ${data === undefined && failure === undefined && html`<${Awaited} />`}
    ${data?.items.length === 0 && pages.before === 0 && (isAll ? html`<${Nobody} />` : html`<${NotFound} />`)}
    ${
      data !== undefined &&
      (data.items.length > 0 || pages.before > 0) &&
      html`
        <${Rows} items=${data.items} />
        <${Pager}
          pages=${pages}
          page=${data}
          total=${isAll ? counts?.total : prefix === "" ? counts?.[state] : undefined}
          label="registrees"
        />
      `
    }
  `;
}

const Nobody = () => html`
  <${Empty} title="No registree yet" command="m2mgw sim --ae Clamp">
    Whoever connects to the WebSocket listener and registers appears here. To see one, start a simulated device:
  <//>
`;

const NotFound = () => html`
  <${Empty} title="Nobody like that">
    The search looks at the beginning of the ID (/id-in/CAE…) and of its last part (CAE…); capitals count.
  <//>
`;

function Rows({ items }) {
  const { now } = useContext(Console);
  return html`
    <table class="rows" aria-label="Registrees">
      <thead>
        <tr>
          <th scope="col">Registree</th>
          <th scope="col">State</th>
          <th scope="col" class="extra">Connected</th>
          <th scope="col" class="extra">Peer</th>
          <th scope="col" class="number">Held</th>
        </tr>
      </thead>
      <tbody>
        ${items.map(
          ({ registree, kind, state, link, held }) => html`
            <tr key=${registree}>
              <td class="long">
                <a href=${`#/registree/${encoded(registree)}`}>${stemOf(registree)}</a>
                <small>${registree} · ${kind.toUpperCase()}</small>
              </td>
              <td><${State} name=${state} /></td>
              <td class="extra">${link?.since ? lengthOf(now() - Date.parse(link.since)) : "–"}</td>
              <td class="extra long">${link?.peer ?? "–"}</td>
              <td class="number">
                ${
                  held.count > 0
                    ? html`
                        <a href=${`#/held?registree=${encoded(registree)}`}>${countOf(held.count)}</a>
                        <small>${bytesOf(held.bytes)}</small>
                      `
                    : "–"
                }
              </td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  `;
}

/** Whether and how a registree can be reached, in colour and in words. */
export const State = ({ name }) =>
  html`<span class="reach"><i class=${`dot ${name}`} />${name}</span>`;
