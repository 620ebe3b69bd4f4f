import type { Observer } from "../core/ports.ts";

/** One observer that tells several, each what it wants to hear. */
export function observeAll(...observers: readonly Partial<Observer>[]): Observer {
  const tellers = Object.keys(CALLS).map((name) => {
    const call = name as keyof Observer;
    return [call, tellAll(observers.flatMap((observer) => boundTo(observer, call)))];
  });
  // CALLS has every name, and each of its own observers' methods has the type of that name.
  return Object.fromEntries(tellers) as Observer;
}

const CALLS: Readonly<Record<keyof Observer, true>> = {
  linkOpened: true,
  linkClosed: true,
  bound: true,
  unbound: true,
  takeoverRefused: true,
  exchangeStarted: true,
  exchangeEnded: true,
  stepped: true,
  spent: true,
  settled: true,
  written: true,
  authenticated: true,
  accessRefused: true,
  expelled: true,
  denied: true,
  acted: true,
  refused: true,
  unmatched: true,
  malformed: true,
  handshake: true,
  tlsHandshake: true,
  tlsReloaded: true,
  limitReached: true,
  transcoded: true,
  codecFailed: true,
  unknownName: true,
  passedThrough: true,
  dialled: true,
  cseReachable: true,
  warn: true,
};

/** No call of an Observer has more; a list of arguments would be made anew for each. */
type Tell = (first?: unknown, second?: unknown, third?: unknown) => void;

function boundTo(observer: Partial<Observer>, call: keyof Observer): Tell[] {
  const told = observer[call];
  return told === undefined ? [] : [told.bind(observer) as Tell];
}

/** Calls are many, and some have no listener or one. */
function tellAll(listeners: readonly Tell[]): Tell {
  const [only] = listeners;
  if (only === undefined) return () => {};
  if (listeners.length === 1) return only;
  return (first, second, third) => {
    for (const tell of listeners) tell(first, second, third);
  };
}
