import { Console } from "./context.js";
import { numberOf, timeOf } from "./format.js";
import { Time } from "./notices.js";
import { html, useContext } from "./preact.js";

/** What has happened to a registree and what has been held for it since, the newest first. */
export function Timeline({ story, held }) {
  const { now } = useContext(Console);
  const happenings = happeningsOf(story.timeline, held);
  if (happenings.length === 0) {
    return html`<p class="aside">Nothing since the gateway started; it has been registered since before.</p>`;
  }
  return html`
    <ol class="timeline">
      ${happenings.map(
        ({ at, what, detail }) => html`
          <li class=${what.split(" ").at(-1)}>
            <${Time} at=${at}>${timeOf(at, now())}<//>
            <strong>${what}</strong>
            ${detail && html`<small>${detail}</small>`}
          </li>
        `,
      )}
    </ol>
  `;
}

/** Primitives that were held one after the other are one happening. */
export function happeningsOf(timeline, held) {
  const all = [
    ...timeline.map(({ at, what, link, why }) => ({
      at,
      what,
      detail: [link && `connection ${link}`, why].filter(Boolean).join(", "),
    })),
    ...held.map((one) => ({ at: one.arrived, what: "held", held: [one] })),
  ].sort((a, b) => (a.at < b.at ? -1 : 1));
  const merged = [];
  for (const happening of all) {
    const last = merged.at(-1);
    if (last?.held && happening.held) last.held.push(...happening.held);
    else merged.push(happening);
  }
  return merged
    .map((happening) =>
      happening.held === undefined
        ? happening
        : {
            ...happening,
            what: `${numberOf(happening.held.length, "primitive")} held`,
            detail: [...new Set(happening.held.map(({ operation }) => operation))].join(", "),
          },
    )
    .reverse();
}
