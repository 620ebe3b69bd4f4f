import { encoded, queryOf } from "./api.js";
import { Content } from "./content.js";
import { Console } from "./context.js";
import { Confirmation } from "./dialog.js";
import { bytesOf, stemOf, timeOf } from "./format.js";
import { RegistreeFilter } from "./held.js";
import { useLive } from "./live.js";
import { Awaited, Empty, Failure, Time } from "./notices.js";
import { PAGE_SIZE, Pager, usePages } from "./pager.js";
import { html, useContext, useRef, useState } from "./preact.js";

/** What was not delivered, one registree after the other. */
export function DeadLetters({ query }) {
  const { api } = useContext(Console);
  const registree = query.get("registree") ?? "";
  const pages = usePages(registree);
  const { after } = pages;
  const { data, failure, again } = useLive(
    (signal) => api.get(`/dead-letters${queryOf({ registree, after, limit: PAGE_SIZE })}`, signal),
    [registree, after],
  );
  return html`
    <h1 tabindex="-1">Dead letters</h1>
    <div class="filters"><${RegistreeFilter} registree=${registree} view="dead-letters" /></div>
    ${failure && html`<${Failure} failure=${failure} again=${again} />`}
    ${data === undefined && failure === undefined && html`<${Awaited} />`}
    ${
      data?.items.length === 0 &&
      pages.before === 0 &&
      html`
        <${Empty} title="No dead letters">
          What was held and could not be delivered, because it expired, was dropped or gave way, is kept here for a
          while, so that it can be held again.
        <//>
      `
    }
    ${
      data !== undefined &&
      (data.items.length > 0 || pages.before > 0) &&
      html`
        <${Rows} items=${data.items} again=${again} />
        <${Pager} pages=${pages} page=${data} label="dead letters" />
      `
    }
  `;
}

function Rows({ items, again }) {
  const { api, now, say } = useContext(Console);
  const [asked, setAsked] = useState();
  const table = useRef();
  const at = (letter) => `/dead-letters/${encoded(letter.registree)}/${letter.sequence}`;
  const acts = {
    replay: {
      title: "Hold it again?",
      verb: "Hold again",
      sentence: ({ registree }) =>
        `It is held for ${registree} as if it had just arrived, and delivered as soon as that can be reached.`,
      act: (letter) => api.post(`${at(letter)}/replay`),
      done: "Held again",
    },
    remove: {
      title: "Remove it for good?",
      verb: "Remove",
      sentence: ({ registree }) => `${registree} will never get it. This cannot be undone.`,
      act: (letter) => api.delete(at(letter)),
      done: "Removed",
    },
  };
  const { letter, what } = asked ?? {};
  const chosen = acts[what];
  const act = async () => {
    await chosen.act(letter);
    say(`${chosen.done}: ${letter.requestIdentifier}.`);
    again();
    // The button that was pressed goes with its row.
    requestAnimationFrame(() => table.current?.focus());
  };
  return html`
    <table class="rows" tabindex="-1" aria-label="Dead letters" ref=${table}>
      <thead>
        <tr>
          <th scope="col">Request</th>
          <th scope="col">Registree</th>
          <th scope="col">Given up</th>
          <th scope="col" class="number extra">Size</th>
          <th scope="col"><span class="unseen">What can be done</span></th>
        </tr>
      </thead>
      <tbody>
        ${items.map((each) => {
          const { registree, sequence, operation, requestIdentifier: rqi } = each;
          const ask = (wanted) => () => setAsked({ letter: each, what: wanted });
          return html`
            <tr key=${`${registree} ${sequence}`}>
              <td class="long">
                ${operation} ${rqi} <span class="mark">${each.outcome}</span>
                <small>from ${each.originator ?? "nobody named"} to ${each.to}</small>
              </td>
              <td class="long"><a href=${`#/registree/${encoded(registree)}`}>${stemOf(registree)}</a></td>
              <td>
                <${Time} at=${each.at}>${timeOf(each.at, now())}<//>
                <small>${each.reason}</small>
              </td>
              <td class="number extra">${bytesOf(each.bytes)}</td>
              <td class="doing">
                <button type="button" aria-label=${`Hold ${rqi} again`} onClick=${ask("replay")}>Replay</button>
                <button type="button" aria-label=${`Content of ${rqi}`} onClick=${ask("read")}>Content</button>
                <button type="button" class="danger" aria-label=${`Remove ${rqi}`} onClick=${ask("remove")}>Remove</button>
              </td>
            </tr>
          `;
        })}
      </tbody>
    </table>
    ${what === "read" && html`<${Content} target=${at(letter)} name=${letter.requestIdentifier} close=${() => setAsked()} />`}
    ${
      chosen &&
      html`
        <${Confirmation}
          title=${chosen.title}
          sentence=${chosen.sentence(letter)}
          verb=${chosen.verb}
          act=${act}
          close=${() => setAsked()}
        />
      `
    }
  `;
}
