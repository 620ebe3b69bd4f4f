import { encoded } from "./api.js";
import { Console } from "./context.js";
import { Confirmation } from "./dialog.js";
import { bytesOf, countOf, lengthOf, numberOf, stemOf, timeOf } from "./format.js";
import { HeldRows } from "./held.js";
import { useLive } from "./live.js";
import { Awaited, Empty, Failure, Time } from "./notices.js";
import { html, useContext, useState } from "./preact.js";
import { State } from "./registrees.js";
import { Timeline } from "./timeline.js";

/** Held primitives that are shown with their registree; all are in the view of what is held. */
const SHOWN = 20;

/** One registree: where it is, what is known of it, what has happened to it, and what waits for it. */
export function Registree({ id }) {
  const { api } = useContext(Console);
  const { data, failure, again } = useLive(
    async (signal) => {
      const [story, held] = await Promise.all([
        api.get(`/registrees/${encoded(id)}`, signal),
        api.get(`/held?registree=${encoded(id)}&limit=${SHOWN}`, signal),
      ]);
      return { story, held };
    },
    [id],
  );
  return html`
    <p class="back"><a href="#/registrees">All registrees</a></p>
    <h1 tabindex="-1" class="long">${stemOf(id)}</h1>
    ${failure?.status === 404 ? html`<${Gone} id=${id} />` : failure && html`<${Failure} failure=${failure} again=${again} />`}
    ${data === undefined && failure === undefined && html`<${Awaited} />`}
    ${data && failure?.status !== 404 && html`<${Story} ...${data} again=${again} />`}
  `;
}

const Gone = ({ id }) => html`
  <${Empty} title="It is not registered">
    Nobody is registered as ${id} (any more). What was held for it may be among the${" "}
    <a href=${`#/dead-letters?registree=${encoded(id)}`}>dead letters</a>.
  <//>
`;

function Story({ story, held, again }) {
  const { api, say } = useContext(Console);
  const [asked, setAsked] = useState(false);
  const { registree, state } = story;
  const kick = async () => {
    await api.post(`/registrees/${encoded(registree)}/kick`);
    say(`The connection of ${registree} is closed.`);
    again();
  };
  return html`
    <p class="under"><${State} name=${state} /> <span class="long">${registree}</span></p>
    <p class="actions">
      <a class="button" href=${`#/trace?registree=${encoded(registree)}`}>Trace</a>
      <button type="button" disabled=${story.link === undefined} onClick=${() => setAsked(true)}>
        Close its connection
      </button>
    </p>
    <div class="cards two">
      <section class="card" aria-labelledby="about"><h2 id="about">What is known</h2><${Facts} story=${story} /></section>
      <section class="card" aria-labelledby="happened">
        <h2 id="happened">What has happened</h2>
        <${Timeline} story=${story} held=${held.items} />
      </section>
    </div>
    <section aria-labelledby="waiting">
      <h2 id="waiting">Held for it</h2>
      ${
        held.items.length === 0
          ? html`<p class="aside">Nothing waits for it.</p>`
          : html`
              <${HeldRows} items=${held.items} again=${again} isOfOne />
              ${
                held.next &&
                html`<p><a href=${`#/held?registree=${encoded(registree)}`}>All that is held for it</a></p>`
              }
            `
      }
    </section>
    ${
      asked &&
      html`
        <${Confirmation}
          title="Close its connection?"
          sentence=${`${registree} stays registered, and may connect again at once. What is under way is answered or held.`}
          verb="Close the connection"
          act=${kick}
          close=${() => setAsked(false)}
        />
      `
    }
  `;
}

function Facts({ story }) {
  const { now } = useContext(Console);
  const { kind, link, takesRequests, expires, held, addresses, pointOfAccess, reads, traffic } =
    story;
  const facts = [
    ["Resource", kind === "ae" ? "<AE>" : "<remoteCSE>"],
    ["Takes requests", takesRequests ? "yes" : "no"],
    ["Registration expires", expires && html`<${Time} at=${expires}>${timeOf(expires, now())}<//>`],
    ["Connection", link && `${link.id}${link.secured ? ", TLS" : ", not encrypted"}`],
    ["Connected for", link?.since && lengthOf(now() - Date.parse(link.since))],
    ["Peer", link?.peer],
    ["Subprotocol", link?.subprotocol],
    ["Credential", link?.credential],
    ["Known by", link?.basis],
    ["Reads", reads?.join(", ")],
    [
      "Sent since the start",
      `${numberOf(traffic.sent, "request")}, ${countOf(traffic.perMinute)} in the last minute`,
    ],
    ["Of these", `${countOf(traffic.answered)} answered, ${countOf(traffic.failed)} failed`],
    ["Held", held.count > 0 && `${numberOf(held.count, "primitive")}, ${bytesOf(held.bytes)}`],
    ["Addresses", addresses.join(" ")],
    ["Point of access, as it wrote it", pointOfAccess.written?.join(" ")],
    ["Point of access, as the CSE has it", pointOfAccess.atCse.join(" ")],
  ];
  return html`
    <dl class="facts">
      ${facts
        .filter(([, value]) => value)
        .map(
          ([name, value]) =>
            html`<div key=${name}><dt>${name}</dt><dd class="long">${value}</dd></div>`,
        )}
    </dl>
  `;
}
