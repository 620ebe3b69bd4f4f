import { Console } from "./context.js";
import { useContext, useEffect, useState } from "./preact.js";

const KEPT = 50;
const AGAIN = 3_000;

/** What the gateway tells as it happens, the newest first; fires `changes`. Listens while the page is seen. */
export function useEvents() {
  const { api, changes } = useContext(Console);
  const [events, setEvents] = useState([]);
  useEffect(() => {
    let listening;
    let last = 0;
    const told = (event) => {
      last = event.id;
      setEvents((known) => [event, ...known].slice(0, KEPT));
      changes.dispatchEvent(new Event("change"));
    };
    const listen = async () => {
      const { signal } = listening;
      while (!signal.aborted) {
        // What failed is asked for again; that nothing answers is said elsewhere.
        await api.watch(`/events?after=${last}`, signal, told).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    };
    // A browser keeps few connections to one host, for all its tabs: those that nobody sees leave theirs.
    const follow = () => {
      listening?.abort();
      listening = new AbortController();
      if (!document.hidden) void listen();
    };
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      document.removeEventListener("visibilitychange", follow);
      listening.abort();
    };
  }, []);
  return events;
}
