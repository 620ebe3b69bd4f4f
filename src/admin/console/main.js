import { Api } from "./api.js";
import { Console } from "./context.js";
import { DeadLetters } from "./dead-letters.js";
import { useEvents } from "./events.js";
import { countOf } from "./format.js";
import { Held } from "./held.js";
import { useLive } from "./live.js";
import { Overview } from "./overview.js";
import { html, render, useContext, useEffect, useMemo, useRef, useState } from "./preact.js";
import { useRates } from "./rates.js";
import { Registree } from "./registree.js";
import { Registrees } from "./registrees.js";
import { TokenGate } from "./token-gate.js";
import { Trace } from "./trace.js";
import { TraceSession } from "./trace-session.js";

const VIEWS = [
  { name: "overview", title: "Overview", view: Overview },
  { name: "registrees", title: "Registrees", view: Registrees },
  { name: "held", title: "Held", view: Held },
  { name: "dead-letters", title: "Dead letters", view: DeadLetters },
  { name: "trace", title: "Trace", view: Trace },
];
const ONE_REGISTREE = { name: "registree", title: "Registree", view: Registree };

/** The place that the part of the URL behind # names: `#/registree/%2Fid-in%2FCAE1`, `#/held?registree=CAE1`. */
function placeOf(hash) {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [name, id] = path.split("/");
  const view = [...VIEWS, ONE_REGISTREE].find((candidate) => candidate.name === name) ?? VIEWS[0];
  return { ...view, id: id && decodeURIComponent(id), query: new URLSearchParams(query) };
}

function usePlace() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    // It may have changed before anybody listened.
    follow();
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return useMemo(() => placeOf(hash), [hash]);
}

/** Asks for a token where one is needed, and shows the console. */
function App() {
  const [api] = useState(() => new Api());
  const [wanted, setWanted] = useState();
  api.onTokenNeeded = setWanted;
  if (wanted !== undefined) {
    return html`<${TokenGate} api=${api} said=${wanted} entered=${() => setWanted(undefined)} />`;
  }
  return html`<${Shell} api=${api} />`;
}

function Shell({ api }) {
  const [said, setSaid] = useState("");
  const clock = useRef(0);
  const parts = useMemo(
    () => ({
      api,
      changes: new EventTarget(),
      now: () => Date.now() + clock.current,
      // The same sentence twice in a row is news, too.
      say: (sentence) => setSaid((last) => (last === sentence ? `${sentence}\u00a0` : sentence)),
      trace: new TraceSession(api),
    }),
    [],
  );
  return html`
    <${Console.Provider} value=${parts}>
      <${Page} clock=${clock} />
      <${Said} sentence=${said} />
    <//>
  `;
}

function Page({ clock }) {
  const { api } = useContext(Console);
  const place = usePlace();
  const status = useLive(async (signal) => {
    const found = await api.get("/status", signal);
    clock.current = Date.parse(found.now) - Date.now();
    return found;
  }, []);
  const rates = useRates();
  const events = useEvents();
  const main = useRef();
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${place.id ?? place.title} – m2mgw`;
    // Who reads with their ears hears where they have come to.
    if (!isFirst.current) main.current.querySelector("h1")?.focus();
    isFirst.current = false;
  }, [place]);
  const skip = (event) => {
    event.preventDefault();
    main.current.focus();
  };
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to content</a>
    <header>
      <${Heading} status=${status} />
      <${Navigation} place=${place} status=${status.data} />
    </header>
    <main id="main" tabindex="-1" ref=${main}>
      <${place.view}
        key=${`${place.name} ${place.id}`}
        status=${status}
        rates=${rates}
        events=${events}
        id=${place.id}
        query=${place.query}
      />
    </main>
  `;
}

function Heading({ status: { data, failure } }) {
  const [word, how] =
    failure !== undefined
      ? ["No answer", "bad"]
      : data === undefined
        ? ["Asking …", ""]
        : data.ready
          ? ["Ready", "good"]
          : ["Not ready", "bad"];
  return html`
    <div class="heading">
      <a class="brand" href="#/overview"><img src="icon.svg" alt="" width="24" height="24" />m2mgw</a>
      <span class="who">${data && html`${data.cse} · ${data.mode} · ${data.version}`}</span>
      <span class=${`state ${how}`} role="status" aria-label=${`Gateway: ${word}`}>${word}</span>
    </div>
  `;
}

function Navigation({ place, status }) {
  const counts = {
    registrees: status?.registrees.total,
    held: status?.held.count,
  };
  const isHere = (name) =>
    name === place.name || (name === "registrees" && place.name === "registree");
  return html`
    <nav aria-label="Views">
      <ul>
        ${VIEWS.map(
          ({ name, title }) => html`
            <li key=${name}>
              <a href=${`#/${name}`} aria-current=${isHere(name) ? "page" : undefined}>
                ${title}
                ${counts[name] > 0 && html`<span class="count">${countOf(counts[name])}</span>`}
              </a>
            </li>
          `,
        )}
      </ul>
    </nav>
  `;
}

/** What has just been done; goes by itself. */
function Said({ sentence }) {
  const [shown, setShown] = useState("");
  useEffect(() => {
    setShown(sentence);
    const timer = setTimeout(() => setShown(""), 6_000);
    return () => clearTimeout(timer);
  }, [sentence]);
  return html`<p class=${`said ${shown && "shown"}`} role="status">${shown}</p>`;
}

render(html`<${App} />`, document.getElementById("console"));
