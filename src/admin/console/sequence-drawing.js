import { html, useLayoutEffect, useRef, useState } from "./preact.js";
import { offsetOf, sentenceOfRow } from "./sequence.js";

const ROW = 46;
const HEAD = 44;
/** Where times stand, where there is room for them. */
const GUTTER = 88;
const NARROW = 560;
/** Width of a character, about. */
const CHARACTER = 6.9;

/** A sequence diagram, as wide as there is room. @param sequence of `sequenceOf` */
export function SequenceDrawing({ sequence }) {
  const frame = useRef();
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) =>
      setWidth(Math.floor(contentRect.width)),
    );
    observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  return html`<div ref=${frame} class="sequence">${width > 0 && html`<${Drawing} sequence=${sequence} width=${width} />`}</div>`;
}

function Drawing({ sequence: { lanes, rows }, width }) {
  const gutter = width < NARROW ? 0 : GUTTER;
  const step = (width - gutter) / lanes.length;
  const places = new Map(lanes.map(({ id }, at) => [id, gutter + step * (at + 0.5)]));
  const y = (row) => HEAD + ROW * (row + 0.75);
  const height = HEAD + ROW * (rows.length + 1);
  return html`
    <svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} role="img" aria-label="Sequence of primitives; the same as text below">
      ${lanes.map(
        ({ id, title }) => html`
          <g key=${id}>
            <line class="life" x1=${places.get(id)} x2=${places.get(id)} y1=${HEAD - 8} y2=${height} />
            <rect class=${`lane ${id === "gateway" ? "own" : ""}`} x=${places.get(id) - step * 0.46} y="4" width=${step * 0.92} height=${HEAD - 12} rx="6" />
            <text class="title" x=${places.get(id)} y=${HEAD / 2 + 2} text-anchor="middle">
              ${cut(title, step * 0.86)}<title>${title}</title>
            </text>
          </g>
        `,
      )}
      ${rows.map(
        ({ heldUntil }, at) =>
          heldUntil !== undefined &&
          html`<rect key=${`held ${at}`} class="holding" x=${places.get("gateway") - 6} y=${y(at)} width="12" height=${y(heldUntil) - y(at)} rx="3" />`,
      )}
      ${rows.map(
        (row, at) => html`
          <g key=${at}>
            ${gutter > 0 && html`<text class="when" x="12" y=${y(at) + 4}>${offsetOf(row, rows)}</text>`}
            <${Row} row=${row} y=${y(at)} places=${places} width=${width} step=${step} />
          </g>
        `,
      )}
    </svg>
  `;
}

function Row({ row, y, places, width, step }) {
  if (row.kind === "gap") return html`<${Gap} label=${row.label} y=${y} to=${width} />`;
  if (row.kind === "note") {
    const x = places.get("gateway");
    return html`
      <g class=${`note-in ${row.how}`}>
        <circle cx=${x} cy=${y} r="5" />
        <${Labels} row=${row} x=${x + 14} y=${y} room=${Math.max(step * 0.9, width - x - 14)} anchor="start" />
      </g>
    `;
  }
  const [from, to] = [places.get(row.from.id), places.get(row.to.id)];
  const ahead = to > from ? 1 : -1;
  const end = row.isLost ? (from + to) / 2 : to - ahead * 2;
  const head = row.isLost
    ? `M${end - 6} ${y - 6}l12 12m0 -12l-12 12`
    : `M${end - ahead * 8} ${y - 5}L${end} ${y}L${end - ahead * 8} ${y + 5}`;
  return html`
    <g class=${`arrow ${row.isAnswer ? "answer" : ""} ${row.isLost ? "lost" : ""}`}>
      <line x1=${from} x2=${end} y1=${y} y2=${y} />
      <path d=${head} />
      <${Labels} row=${row} x=${(from + to) / 2} y=${y - 10} room=${Math.abs(to - from) - 12} anchor="middle" under=${10} />
    </g>
  `;
}

/** What happens above the line, what is known besides below it. */
const Labels = ({ row, x, y, room, anchor, under = 0 }) => html`
  <text x=${x} y=${y + (under ? 3 : -2)} text-anchor=${anchor}>
    ${cut(row.label, room)}<title>${sentenceOfRow(row)}</title>
  </text>
  ${
    row.detail &&
    html`
      <text class="detail" x=${x} y=${y + under + 13} text-anchor=${anchor}>
        ${cut(row.detail, room)}<title>${row.detail}</title>
      </text>
    `
  }
`;

/** A break across all lanes: time in which nothing was said. */
function Gap({ label, y, to }) {
  const tooth = (_, at) => `l6 ${at % 2 ? 6 : -6}l6 ${at % 2 ? -6 : 6}`;
  const teeth = Array.from({ length: Math.ceil(to / 12) }, tooth).join("");
  const half = (label.length * CHARACTER) / 2 + 12;
  const middle = to / 2;
  return html`
    <g class="gap">
      <path class="break" d=${`M0 ${y - 11}${teeth}V${y + 11}H0Z`} />
      <path class="edge" d=${`M0 ${y - 11}${teeth}`} />
      <path class="edge" d=${`M0 ${y + 11}${teeth}`} />
      <rect class="plate" x=${middle - half} y=${y - 9} width=${half * 2} height="18" rx="9" />
      <text x=${middle} y=${y + 4} text-anchor="middle">${label}</text>
    </g>
  `;
}

function cut(text, room) {
  const most = Math.max(3, Math.floor(room / CHARACTER));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
