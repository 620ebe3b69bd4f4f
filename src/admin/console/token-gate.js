import { sentenceOf } from "./api.js";
import { html, useState } from "./preact.js";

/** Asks for the token of the admin API. @param said why the last one did not do; empty at first */
export function TokenGate({ api, said, entered }) {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState(said);
  const enter = async (event) => {
    event.preventDefault();
    api.useToken(token.trim());
    try {
      await api.get("/status");
      entered();
    } catch (failure) {
      setProblem(sentenceOf(failure.message));
    }
  };
  return html`
    <main id="main" class="gate">
      <h1>m2mgw</h1>
      <p>This gateway asks for the token of its admin API: what is in <code>admin.tokenFile</code>.</p>
      <form onSubmit=${enter}>
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          required
          autofocus
          value=${token}
          aria-describedby="token-problem"
          onInput=${(event) => setToken(event.target.value)}
        />
        <p id="token-problem" class="problem" role="alert">${problem}</p>
        <button type="submit" class="primary">Enter</button>
      </form>
      <p class="aside">It is kept in this tab until that is closed.</p>
    </main>
  `;
}
