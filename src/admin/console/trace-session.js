import { encoded } from "./api.js";

/** Steps that are kept: the latest. */
const KEPT = 1_000;
const AGAIN = 1_000;

/** A trace of one registree that this tab watches, whichever view is shown. Fires "change". */
export class TraceSession extends EventTarget {
  #api;
  #leaving = new AbortController();
  /** As the API gives it; undefined before there is one. */
  trace = undefined;
  isOpen = false;
  /** Whether its steps are heard of: those before are missed. */
  isHeard = false;
  /** The oldest first; @see stepOf */
  steps = [];

  constructor(api) {
    super();
    this.#api = api;
  }

  /** @param wanted `registree`, `forSeconds`, `content` @throws Refusal */
  async start(wanted) {
    this.watch(await this.#api.post("/traces", wanted));
  }

  /** Shows what a trace tells from now on. */
  watch(trace) {
    this.#leaving.abort();
    this.#leaving = new AbortController();
    this.trace = trace;
    this.steps = [];
    this.isOpen = true;
    this.isHeard = false;
    this.#changed();
    void this.#follow(trace, this.#leaving.signal);
  }

  /** Ends it before its time; what it has told stays. @throws Refusal */
  async stop() {
    await this.#api.delete(`/traces/${encoded(this.trace.id)}`);
    this.#ended();
  }

  async #follow({ id, registree }, signal) {
    while (!signal.aborted) {
      try {
        const told = (event) => {
          if (event.what === "ended") this.#ended();
          else this.#add(stepOf({ is: event.what, at: event.at, registree, ...event.facts }));
        };
        await this.#api.watch(`/events?trace=${encoded(id)}`, signal, told, () => this.#heard());
      } catch (failure) {
        // There is no such trace any more.
        if (failure.status === 404 && !signal.aborted) this.#ended();
      }
      if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
  }

  #heard() {
    this.isHeard = true;
    this.#changed();
  }

  #add(step) {
    this.steps = [...this.steps, step].slice(-KEPT);
    this.#changed();
  }

  #ended() {
    this.#leaving.abort();
    this.isOpen = false;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** A step as it is drawn: `at` in milliseconds, `key` the same for all steps of one primitive. */
export const stepOf = ({ at, leg, ...step }) => ({
  ...step,
  at: Date.parse(at),
  leg: leg ?? step.registree,
  key: `${step.originator ?? ""} ${step.requestIdentifier}`,
});

/** The steps of a story that the API tells of one primitive. */
export const stepsOfStory = ({ steps, ...primitive }) =>
  steps.map((step) => stepOf({ ...primitive, ...step }));
