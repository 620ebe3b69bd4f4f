import type { Observer } from "../../src/core/ports.ts";

/** An Observer that does nothing, but for what `heard` takes up. */
export function silentObserver(heard: Partial<Observer> = {}): Observer {
  return {
    linkOpened() {},
    linkClosed() {},
    bound() {},
    unbound() {},
    takeoverRefused() {},
    exchangeStarted() {},
    exchangeEnded() {},
    refused() {},
    unmatched() {},
    malformed() {},
    dialled() {},
    handshake() {},
    transcoded() {},
    unknownName() {},
    passedThrough() {},
    cseReachable() {},
    warn() {},
    ...heard,
  };
}
