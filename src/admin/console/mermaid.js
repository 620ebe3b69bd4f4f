/** The same diagram for Mermaid. @param sequence of `sequenceOf` */
export function mermaidOf({ lanes, rows }) {
  const names = new Map(lanes.map(({ id }, at) => [id, `L${at}`]));
  const lines = rows.map(({ kind, from, to, label, detail, isAnswer, isLost }) => {
    const text = clean([label, detail].filter(Boolean).join(", "));
    if (kind === "gap") {
      const ends = lanes.length === 1 ? "L0" : `L0,L${lanes.length - 1}`;
      return `Note over ${ends}: ${text}`;
    }
    if (kind === "note") return `Note over ${names.get(from.id)}: ${text}`;
    const arrow = isLost ? "-x" : isAnswer ? "-->>" : "->>";
    return `${names.get(from.id)}${arrow}${names.get(to.id)}: ${text}`;
  });
  return [
    "sequenceDiagram",
    ...lanes.map(({ id, title }) => `  participant ${names.get(id)} as ${clean(title)}`),
    ...lines.map((line) => `  ${line}`),
    "",
  ].join("\n");
}

/** Mermaid ends a statement at ; and a line, and begins a comment at #. */
const clean = (text) => text.replaceAll(/[;#\n\r]/g, " ");
