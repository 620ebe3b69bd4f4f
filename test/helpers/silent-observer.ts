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
    stepped() {},
    spent() {},
    settled() {},
    written() {},
    authenticated() {},
    accessRefused() {},
    expelled() {},
    denied() {},
    acted() {},
    refused() {},
    unmatched() {},
    malformed() {},
    dialled() {},
    handshake() {},
    tlsHandshake() {},
    tlsReloaded() {},
    limitReached() {},
    transcoded() {},
    codecFailed() {},
    unknownName() {},
    passedThrough() {},
    cseReachable() {},
    warn() {},
    ...heard,
  };
}
