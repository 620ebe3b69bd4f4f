import { fineLengthOf, lengthOf, stemOf } from "./format.js";

/** A silence that is drawn as a gap, in milliseconds. */
const GAP = 2_000;

/**
 * What a sequence diagram shows of steps, without where: its lanes, and its rows from the top.
 *
 * Left of the gateway is who speaks HTTP, right of it registrees.
 *
 * @param steps the oldest first
 * @param cse CSE-ID, so that the CSE as an originator is not drawn beside itself
 */
export function sequenceOf(steps, cse) {
  const laneOf = laneFinder(steps, cse);
  const held = new Holding();
  const atCse = new Set();
  const rows = [];
  for (const [index, step] of steps.entries()) {
    const silence = step.at - (steps[index - 1]?.at ?? step.at);
    if (silence >= GAP) rows.push({ kind: "gap", label: held.labelOf(silence) });
    if (step.is === "routed" && step.via === "cse") atCse.add(step.key);
    const isFromCse = step.is === "replied" && step.code === undefined && atCse.delete(step.key);
    const drawn = [...(isFromCse ? [answerOfCse(step, laneOf)] : []), ...rowsOf(step, laneOf)];
    rows.push(...drawn.map((row) => ({ ...row, at: step.at })));
    held.follow(step, rows);
  }
  held.endAt(rows.length);
  return { lanes: lanesOf(rows), rows };
}

/** From where to where something is held, in rows: up to when it is sent, or has ended otherwise. */
class Holding {
  /** The rows at which it began, by primitive. */
  #begun = new Map();

  labelOf(silence) {
    return this.#begun.size > 0 ? `held for ${lengthOf(silence)}` : lengthOf(silence);
  }

  /** @param rows with those of the step as the last ones */
  follow({ is, key }, rows) {
    if (is === "held") this.#begun.set(key, rows.at(-1));
    const row = this.#begun.get(key);
    if (row === undefined || (is !== "sent" && is !== "settled")) return;
    row.heldUntil = rows.length - 1;
    this.#begun.delete(key);
  }

  /** What is held still is so until the bottom. */
  endAt(row) {
    for (const begun of this.#begun.values()) begun.heldUntil = row;
  }
}

/** The gateway tells no step of its own for it: what it replies unless it has failed. */
const answerOfCse = ({ rsc, requestIdentifier }, { cse }) => ({
  kind: "arrow",
  from: cse,
  to: GATEWAY,
  label: `${rsc ?? "answer"}`,
  detail: requestIdentifier,
  isAnswer: true,
});

const GATEWAY = { id: "gateway", title: "m2mgw" };

function laneFinder(steps, cse) {
  const registrees = new Set(steps.map(({ leg }) => leg).filter(Boolean));
  const others = new Set(
    steps.map(({ originator }) => originator).filter((name) => name !== undefined && name !== cse),
  );
  const isRegistree = (name) =>
    [...registrees].find((id) => id === name || stemOf(id) === name || id === `/${name}`);
  const applications = [...others].filter((name) => !isRegistree(name));
  return {
    cse: { id: "left cse", title: `CSE ${cse ?? ""}`.trim() },
    registree: (id) => ({ id: `right ${id}`, title: stemOf(id) }),
    originator({ originator, face }) {
      const id = originator && isRegistree(originator);
      if (id) return this.registree(id);
      if (originator === cse && cse !== undefined) return this.cse;
      if (face === "ws") return this.registree(originator ?? "?");
      // Many are one lane, and named on their arrows.
      const title = applications.length === 1 ? applications[0] : "originators";
      return { id: "left originators", title };
    },
    isOne: applications.length <= 1,
  };
}

/** From the left: who asks over HTTP, the CSE, the gateway, registrees. */
const ORDER = ["left originators", "left cse", "gateway"];

function lanesOf(rows) {
  const lanes = new Map([[GATEWAY.id, GATEWAY]]);
  for (const { from, to } of rows) {
    for (const lane of [from, to]) if (lane !== undefined) lanes.set(lane.id, lane);
  }
  const place = ({ id }) => (ORDER.includes(id) ? ORDER.indexOf(id) : ORDER.length);
  return [...lanes.values()].sort((a, b) => place(a) - place(b) || (a.id < b.id ? -1 : 1));
}

function rowsOf(step, laneOf) {
  const { is, operation, requestIdentifier: rqi, code, rsc, via, leg } = step;
  const asked = `${operation} ${rqi}`;
  const answered = [rsc, code].filter(Boolean).join(" ");
  const origin = laneOf.originator(step);
  const arrow = (from, to, label, detail, more) => ({
    kind: "arrow",
    from,
    to,
    label,
    detail,
    ...more,
  });
  const note = (label, detail, how) => ({ kind: "note", from: GATEWAY, label, detail, how });
  switch (is) {
    case "received": {
      const by = laneOf.isOne ? "" : `${step.originator ?? "nobody named"} `;
      return [arrow(origin, GATEWAY, asked, `${by}to ${step.to}`)];
    }
    case "routed":
      return via === "cse"
        ? [arrow(GATEWAY, laneOf.cse, asked, `to ${step.to}`)]
        : via === "refuse"
          ? [note("refused", code, "bad")]
          : [];
    case "sent":
      return [arrow(GATEWAY, laneOf.registree(leg), asked, step.by && `on ${step.by}`)];
    case "answered":
      return [arrow(laneOf.registree(leg), GATEWAY, answered, rqi, { isAnswer: true })];
    case "failed":
      return [arrow(GATEWAY, laneOf.registree(leg), code, rqi, { isLost: true })];
    case "held":
      return [note("held", step.stored === false ? `${rqi}, its originator waits` : rqi, "held")];
    case "settled":
      return [
        note(
          step.outcome,
          [rqi, step.why].filter(Boolean).join(": "),
          step.outcome === "delivered" ? "good" : "bad",
        ),
      ];
    default:
      return [arrow(GATEWAY, origin, answered || "no answer", rqi, { isAnswer: true })];
  }
}

/** One line of text for each row, for whoever does not see the drawing. */
export const sentenceOfRow = ({ kind, from, to, label, detail }) =>
  kind === "gap"
    ? label
    : `${from.title}${to ? ` to ${to.title}` : ""}: ${[label, detail].filter(Boolean).join(", ")}`;

/** The time since the first row. */
export const offsetOf = (row, rows) => {
  const first = rows.find(({ at }) => at !== undefined);
  return row.at === undefined ? "" : `+${fineLengthOf(row.at - first.at)}`;
};
