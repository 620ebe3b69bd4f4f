import { encoded, sentenceOf } from "./api.js";
import { Console } from "./context.js";
import { bytesOf, countOf, lengthOf, timeOf } from "./format.js";
import { Awaited, Empty, Failure, Time } from "./notices.js";
import { html, useContext } from "./preact.js";
import { Rate } from "./rates.js";

/** The gateway at a glance. */
export function Overview({ status, rates, events }) {
  const { data, failure, again } = status;
  return html`
    <h1 tabindex="-1">Overview</h1>
    ${failure && html`<${Failure} failure=${failure} again=${again} />`}
    ${data === undefined && failure === undefined && html`<${Awaited} />`}
    ${data && html`<${Glance} status=${data} rates=${rates} events=${events} />`}
  `;
}

function Glance({ status, rates, events }) {
  return html`
    <${Readiness} status=${status} />
    ${
      status.registrees.total === 0 &&
      html`
        <${Empty} title="No registree yet" command="m2mgw sim --ae Clamp">
          A registree is an AE or CSE that registers over its own connection. Let a simulated one come, and watch it
          appear here:
        <//>
      `
    }
    <div class="cards">
      <${RegistreeCard} status=${status} />
      <${RateCard} status=${status} rates=${rates} />
      <${HeldCard} status=${status} />
      <${UpstreamCard} status=${status} />
      <${WarningCard} status=${status} />
      <${ActivityCard} events=${events} />
    </div>
  `;
}

function Readiness({ status }) {
  const { now } = useContext(Console);
  const { ready, reasons, started, uptimeSeconds } = status;
  return html`
    <div class=${`notice ${ready ? "good" : "bad"}`}>
      <p>
        <strong>${ready ? "Ready: new work is welcome." : "Not ready: new work is turned away."}</strong>
        ${reasons.map((reason) => ` ${sentenceOf(reason)}`)}
      </p>
      <p class="aside">
        Up for ${lengthOf(uptimeSeconds * 1_000)}, since <${Time} at=${started}>${timeOf(started, now())}<//>
      </p>
    </div>
  `;
}

const Card = ({ title, wide, children }) => html`
  <section class=${`card ${wide ? "wide" : ""}`} aria-label=${title}>
    <h2>${title}</h2>
    ${children}
  </section>
`;

function RegistreeCard({ status: { registrees, links } }) {
  const { total, connected, callable, away } = registrees;
  const states = [
    ["connected", connected],
    ["callable", callable],
    ["away", away],
  ];
  const share = (count) => ({ flexGrow: count });
  return html`
    <${Card} title="Registrees">
      <p class="figure"><a href="#/registrees">${countOf(total)}</a></p>
      <div class="shares" aria-hidden="true">
        ${states.map(([name, count]) => html`<i key=${name} class=${name} style=${share(count)} />`)}
      </div>
      <dl class="facts">
        ${states.map(
          ([name, count]) => html`
            <div key=${name}>
              <dt><i class=${`dot ${name}`} /><a href=${`#/registrees?state=${name}`}>${name}</a></dt>
              <dd>${countOf(count)}</dd>
            </div>
          `,
        )}
        <div><dt>Connections</dt><dd>${countOf(links)}</dd></div>
      </dl>
    <//>
  `;
}

const RateCard = ({ status: { inFlight }, rates }) => html`
  <${Card} title="Primitives answered">
    <dl class="rates">
      <${Rate} title="to registrees" rates=${rates} name="toRegistree" />
      <${Rate} title="to the CSE" rates=${rates} name="toCse" />
      <${Rate} title="refused or failed" rates=${rates} name="failed" />
    </dl>
    <p class="aside">
      In flight: ${countOf(inFlight.toRegistree)} to registrees, ${countOf(inFlight.toCse)} to the CSE
    </p>
  <//>
`;

/** Outcomes that are told although nothing has had them yet. */
const USUAL = new Set(["delivered", "expired"]);

function HeldCard({ status: { held, settled } }) {
  const { now } = useContext(Console);
  const outcomes = Object.entries(settled).filter(([name, count]) => USUAL.has(name) || count > 0);
  return html`
    <${Card} title="Held">
      <p class="figure"><a href="#/held">${countOf(held.count)}</a></p>
      ${!held.accepting && html`<p class="problem">The store takes nothing in.</p>`}
      <dl class="facts">
        <div><dt>Size</dt><dd>${bytesOf(held.bytes)}</dd></div>
        <div><dt>Registrees they wait for</dt><dd>${countOf(held.registrees)}</dd></div>
        <div><dt>Exchanges kept open</dt><dd>${countOf(held.open)}</dd></div>
        <div>
          <dt>Oldest</dt>
          <dd>${held.oldest ? lengthOf(now() - Date.parse(held.oldest)) : "–"}</dd>
        </div>
        ${outcomes.map(
          ([name, count]) =>
            html`<div key=${name}><dt>${sentenceOf(name).slice(0, -1)} since the start</dt><dd>${countOf(count)}</dd></div>`,
        )}
      </dl>
    <//>
  `;
}

function UpstreamCard({ status: { upstream, mode, cse } }) {
  const { now } = useContext(Console);
  if (upstream === undefined) {
    return html`
      <${Card} title="CSE">
        <p class="figure">built in</p>
        <p class="aside">The gateway is the CSE ${cse} itself (${mode}).</p>
      <//>
    `;
  }
  const { url, reachable, since, why } = upstream;
  const [word, how] =
    reachable === undefined
      ? ["not tried yet", ""]
      : reachable
        ? ["reachable", "good"]
        : ["not reachable", "bad"];
  return html`
    <${Card} title="CSE">
      <p class="figure"><span class=${`state ${how}`}>${word}</span></p>
      <dl class="facts">
        <div><dt>URL</dt><dd class="long">${url}</dd></div>
        <div>
          <dt>Since</dt>
          <dd>${since ? html`<${Time} at=${since}>${lengthOf(now() - Date.parse(since))}<//>` : "–"}</dd>
        </div>
      </dl>
      ${why && html`<p class="problem">${sentenceOf(why)}</p>`}
    <//>
  `;
}

function WarningCard({ status: { warnings } }) {
  const { now } = useContext(Console);
  return html`
    <${Card} title="Warnings" wide>
      ${
        warnings.length === 0
          ? html`<p class="aside">None since the start.</p>`
          : html`
              <ol class="log" tabindex="0" aria-label="Warnings, the newest first">
                ${warnings.map(
                  ({ at, message }) =>
                    html`<li><${Time} at=${at}>${timeOf(at, now())}<//> <span>${message}</span></li>`,
                )}
              </ol>
            `
      }
    <//>
  `;
}

function ActivityCard({ events }) {
  const { now } = useContext(Console);
  return html`
    <${Card} title="Activity" wide>
      ${
        events.length === 0
          ? html`<p class="aside">Nothing yet: who comes, leaves and is turned away appears here.</p>`
          : html`
              <ol class="log" tabindex="0" aria-label="Activity, the newest first">
                ${events.map(
                  (event) => html`
                    <li key=${event.id}>
                      <${Time} at=${event.at}>${timeOf(event.at, now())}<//>
                      <span>
                        ${
                          event.registree &&
                          html`<a href=${`#/registree/${encoded(event.registree)}`}>${event.registree}</a>`
                        }
                        ${!event.registree && event.type} ${event.what}${" "}
                        <small>${factsOf(event)}</small>
                      </span>
                    </li>
                  `,
                )}
              </ol>
            `
      }
    <//>
  `;
}

/** What else is known of an event, in a few words. */
const factsOf = ({ facts }) =>
  Object.entries(facts)
    .filter(([, value]) => value !== undefined && typeof value !== "object")
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
