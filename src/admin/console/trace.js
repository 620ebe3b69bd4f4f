import { encoded, queryOf } from "./api.js";
import { Console } from "./context.js";
import { copy } from "./copy.js";
import { curlOf } from "./curl.js";
import { lengthOf, numberOf } from "./format.js";
import { useLive } from "./live.js";
import { mermaidOf } from "./mermaid.js";
import { Awaited, Empty, Failure } from "./notices.js";
import { html, useContext, useEffect, useReducer, useState } from "./preact.js";
import { offsetOf, sentenceOfRow, sequenceOf } from "./sequence.js";
import { SequenceDrawing } from "./sequence-drawing.js";
import { stepsOfStory } from "./trace-session.js";

/** Steps that are drawn: the latest. */
const DRAWN = 120;
const LENGTHS = [
  [60, "1 minute"],
  [300, "5 minutes"],
  [900, "15 minutes"],
  [3_600, "1 hour"],
];

/** What goes between a registree and others, as it happens; and what became of one primitive. */
export function Trace({ query, status }) {
  const { trace } = useContext(Console);
  const [, redraw] = useReducer((count) => count + 1, 0);
  const [story, setStory] = useState();
  useEffect(() => {
    trace.addEventListener("change", redraw);
    return () => trace.removeEventListener("change", redraw);
  }, []);
  const cse = status.data?.cse;
  return html`
    <h1 tabindex="-1">Trace</h1>
    <div class="cards two">
      <${Start} registree=${query.get("registree") ?? ""} started=${() => setStory()} />
      <${Lookup} found=${setStory} />
    </div>
    ${
      story !== undefined
        ? html`<${Stories} stories=${story} cse=${cse} leave=${() => setStory()} />`
        : trace.trace === undefined
          ? html`
              <${Empty} title="Nothing is traced">
                Start a trace, and every step of what goes to and from the registree is drawn here while it happens.
                Whatever is shown can be copied as Mermaid or as curl.
              <//>
            `
          : html`<${Running} cse=${cse} />`
    }
  `;
}

function Start({ registree, started }) {
  const { api, trace, say } = useContext(Console);
  const [failure, setFailure] = useState();
  const others = useLive((signal) => api.get("/traces", signal), []);
  const start = async (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    try {
      await trace.start({
        registree: given.get("registree").trim(),
        forSeconds: Number(given.get("length")),
        content: given.has("content"),
      });
      setFailure(undefined);
      started();
    } catch (error) {
      setFailure(error);
    }
  };
  const watch = (one) => {
    trace.watch(one);
    started();
  };
  const end = async ({ id }) => {
    await api.delete(`/traces/${encoded(id)}`).catch(({ message }) => say(message));
    others.again();
  };
  const running = (others.data?.items ?? []).filter(
    ({ id }) => !trace.isOpen || id !== trace.trace.id,
  );
  return html`
    <section class="card" aria-labelledby="start">
      <h2 id="start">Watch a registree</h2>
      <form class="fields" onSubmit=${start}>
        <label>
          Registree
          <input name="registree" required placeholder="CAE1 or /id-in/CAE1" defaultValue=${registree} key=${registree} />
        </label>
        <label>
          For
          <select name="length">
            ${LENGTHS.map(([seconds, words]) => html`<option value=${seconds}>${words}</option>`)}
          </select>
        </label>
        <label class="check">
          <input type="checkbox" name="content" />
          with contents, which goes into the audit log
        </label>
        <div class="actions"><button type="submit" class="primary">Start</button></div>
      </form>
      ${failure && html`<${Failure} failure=${failure} />`}
      ${
        running.length > 0 &&
        html`
          <h3>Under way elsewhere</h3>
          <ul class="plain">
            ${running.map(
              (one) => html`
                <li key=${one.id}>
                  <span class="long">${one.registree}</span>
                  <button type="button" aria-label=${`Watch the trace of ${one.registree}`} onClick=${() => watch(one)}>Watch</button>
                  <button type="button" aria-label=${`End the trace of ${one.registree}`} onClick=${() => end(one)}>End</button>
                </li>
              `,
            )}
          </ul>
        `
      }
    </section>
  `;
}

/** Finds what became of a primitive by its Request Identifier. */
function Lookup({ found }) {
  const { api } = useContext(Console);
  const [failure, setFailure] = useState();
  const look = async (event) => {
    event.preventDefault();
    const given = new FormData(event.target);
    const [rqi, originator] = [given.get("rqi").trim(), given.get("originator").trim()];
    try {
      const { items } = await api.get(`/primitives${queryOf({ rqi, originator })}`);
      setFailure(
        items.length > 0
          ? undefined
          : new Error(
              `Nothing is remembered of ${rqi}: it never came, or so many others came since.`,
            ),
      );
      if (items.length > 0) found(items);
    } catch (error) {
      setFailure(error);
    }
  };
  return html`
    <section class="card" aria-labelledby="lookup">
      <h2 id="lookup">What became of a primitive?</h2>
      <form class="fields" role="search" onSubmit=${look}>
        <label>Request Identifier<input name="rqi" required placeholder="n1" /></label>
        <label>Originator<input name="originator" placeholder="any" /></label>
        <div class="actions"><button type="submit">Find</button></div>
      </form>
      ${failure && html`<${Failure} failure=${failure} />`}
    </section>
  `;
}

function Stories({ stories, cse, leave }) {
  const [shown, setShown] = useState(0);
  const story = stories[Math.min(shown, stories.length - 1)];
  return html`
    <section aria-labelledby="story">
      <h2 id="story" class="long">${story.operation} ${story.requestIdentifier}</h2>
      <p class="aside long">from ${story.originator ?? "nobody named"} to ${story.to}</p>
      ${
        stories.length > 1 &&
        html`
          <label>
            Used more than once
            <select value=${shown} onChange=${(event) => setShown(Number(event.target.value))}>
              ${stories.map(({ steps }, at) => html`<option value=${at}>${new Date(steps[0]?.at).toLocaleString("sv-SE")}</option>`)}
            </select>
          </label>
        `
      }
      <${Diagram} steps=${stepsOfStory(story)} cse=${cse} />
      <p><button type="button" onClick=${leave}>Close</button></p>
    </section>
  `;
}

function Running({ cse }) {
  const { trace, now, say } = useContext(Console);
  const { registree, ends, content } = trace.trace;
  const stop = () => trace.stop().catch(({ message }) => say(message));
  return html`
    <section aria-labelledby="running">
      <h2 id="running" class="long">${registree}</h2>
      <p class="under">
        <span class=${`state ${trace.isOpen ? "good" : ""}`}>
          ${trace.isOpen ? `watching, for ${lengthOf(Math.max(0, Date.parse(ends) - now()))} more` : "ended"}
        </span>
        <span>${numberOf(trace.steps.length, "step")}${content ? ", with contents" : ""}</span>
        ${trace.isOpen && html`<button type="button" onClick=${stop}>Stop</button>`}
      </p>
      ${
        trace.steps.length > 0
          ? html`<${Diagram} steps=${trace.steps} cse=${cse} />`
          : trace.isOpen && !trace.isHeard
            ? html`<${Awaited} />`
            : html`
                <${Empty} title="Silence so far" command=${`m2mgw send --to ${registree.split("/").at(-1)} "hello"`}>
                  Nothing has gone to or from ${registree} yet. Send it something:
                <//>
              `
      }
    </section>
  `;
}

/** Steps as a drawing and as text, all of them or those of one primitive. */
function Diagram({ steps, cse }) {
  const { api, say } = useContext(Console);
  const [chosen, setChosen] = useState("");
  const keys = [...new Map(steps.map((step) => [step.key, step])).values()];
  const wanted = chosen === "" ? steps : steps.filter(({ key }) => key === chosen);
  const drawn = wanted.slice(-DRAWN);
  const sequence = sequenceOf(drawn, cse);
  const asCurl = async () => {
    const step = wanted.findLast(({ is }) => is === "received");
    if (step === undefined) return say("What came in is not among the steps that are shown.");
    await copy(curlOf(step, await httpBase(api)), say);
  };
  return html`
    <div class="filters">
      ${
        keys.length > 1 &&
        html`
          <label>
            Primitive
            <select value=${chosen} onChange=${(event) => setChosen(event.target.value)}>
              <option value="">all ${keys.length}</option>
              ${keys.map(
                ({ key, operation, requestIdentifier }) =>
                  html`<option value=${key}>${operation} ${requestIdentifier}</option>`,
              )}
            </select>
          </label>
        `
      }
      <button type="button" onClick=${() => copy(mermaidOf(sequence), say)}>Copy as Mermaid</button>
      <button type="button" onClick=${asCurl}>Copy as curl</button>
    </div>
    ${wanted.length > drawn.length && html`<p class="aside">The latest ${DRAWN} of ${wanted.length} steps.</p>`}
    <${SequenceDrawing} sequence=${sequence} />
    <details>
      <summary>The same as text</summary>
      <ol class="steps">
        ${sequence.rows.map((row) => html`<li><span class="when">${offsetOf(row, sequence.rows)}</span> ${sentenceOfRow(row)}</li>`)}
      </ol>
    </details>
  `;
}

/** Where applications reach the gateway, as its configuration says. */
async function httpBase(api) {
  const { items } = await api.get("/config");
  const said = (name) => items.find(({ key }) => key === name)?.value;
  return said("http.advertise") ?? `http://${said("http.listen") ?? "127.0.0.1:8088"}`;
}
