/** What the gateway did not do, and why, in a sentence. */
export class Refusal extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.name = "Refusal";
    /** HTTP status; undefined where there was no answer. */
    this.status = status;
  }
}

const TOKEN = "m2mgw.token";
/** Beside the page, so that both may stand below a prefix. */
const API = "../api/v1";

/** The admin API, for one tab. A token is kept for as long as the tab is open, and nowhere else. */
export class Api {
  #token = sessionStorage.getItem(TOKEN) ?? undefined;
  /** Called with a sentence when a token is needed that this tab has not. */
  onTokenNeeded = () => {};

  useToken(token) {
    this.#token = token;
    sessionStorage.setItem(TOKEN, token);
  }

  get hasToken() {
    return this.#token !== undefined;
  }

  forgetToken() {
    this.#token = undefined;
    sessionStorage.removeItem(TOKEN);
  }

  /** @throws Refusal */
  get(target, signal) {
    return this.#call("GET", target, undefined, signal);
  }

  /** @throws Refusal */
  post(target, body) {
    return this.#call("POST", target, body);
  }

  /** @throws Refusal */
  delete(target) {
    return this.#call("DELETE", target);
  }

  /** The samples of the metrics as Prometheus reads them. @throws Refusal */
  async metrics(signal) {
    return await (await this.#fetch("../metrics", { signal })).text();
  }

  /**
   * Calls `told` for each event until the gateway ends the stream, and `begun` when none is missed any more.
   *
   * EventSource cannot show a token, so the stream is read here.
   *
   * @throws Refusal
   */
  async watch(target, signal, told, begun = () => {}) {
    const response = await this.#fetch(`${API}${target}`, { signal });
    begun();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read().catch((error) => {
        throw signal.aborted ? error : silent();
      });
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = block.split("\n").find((line) => line.startsWith("data: "));
        if (data !== undefined) told(JSON.parse(data.slice(6)));
      }
    }
  }

  async #call(method, target, body, signal) {
    const response = await this.#fetch(`${API}${target}`, {
      method,
      signal,
      ...(body && {
        body: JSON.stringify(body),
        headers: { "Content-Type": "application/json" },
      }),
    });
    return await response.json();
  }

  async #fetch(url, { headers, ...options }) {
    const authorization = this.#token && { Authorization: `Bearer ${this.#token}` };
    const response = await fetch(url, {
      ...options,
      cache: "no-store",
      headers: { ...headers, ...authorization },
    }).catch((error) => {
      throw options.signal?.aborted ? error : silent();
    });
    if (response.ok) return response;
    const { detail = response.statusText } = await response.json().catch(() => ({}));
    if (response.status === 401) {
      this.onTokenNeeded(this.hasToken ? sentenceOf(detail) : "");
      this.forgetToken();
    }
    throw new Refusal(response.status, sentenceOf(detail));
  }
}

const silent = () =>
  new Refusal(undefined, "The gateway does not answer. It may be stopped, or on its way back.");

/** With a capital and a full stop. */
export const sentenceOf = (text) => {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
};

/** A registree in a path or a query. */
export const encoded = encodeURIComponent;

/** A query out of what is not empty, or nothing. */
export function queryOf(parts) {
  const given = Object.entries(parts).filter(([, value]) => value !== undefined && value !== "");
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
