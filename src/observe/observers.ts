import type { Observer } from "../core/ports.ts";

/** One observer that tells two. */
export function observeBoth(first: Observer, second: Observer): Observer {
  return {
    linkOpened(link, peer) {
      first.linkOpened(link, peer);
      second.linkOpened(link, peer);
    },
    linkClosed(link, reason) {
      first.linkClosed(link, reason);
      second.linkClosed(link, reason);
    },
    bound(link, registree, displaced) {
      first.bound(link, registree, displaced);
      second.bound(link, registree, displaced);
    },
    unbound(link, registree) {
      first.unbound(link, registree);
      second.unbound(link, registree);
    },
    takeoverRefused(link, registree) {
      first.takeoverRefused(link, registree);
      second.takeoverRefused(link, registree);
    },
    exchangeStarted(direction) {
      first.exchangeStarted(direction);
      second.exchangeStarted(direction);
    },
    exchangeEnded(exchange) {
      first.exchangeEnded(exchange);
      second.exchangeEnded(exchange);
    },
    refused(failure) {
      first.refused(failure);
      second.refused(failure);
    },
    unmatched(link) {
      first.unmatched(link);
      second.unmatched(link);
    },
    malformed(link, detail) {
      first.malformed(link, detail);
      second.malformed(link, detail);
    },
    handshake(result) {
      first.handshake(result);
      second.handshake(result);
    },
    transcoded(from, to) {
      first.transcoded(from, to);
      second.transcoded(from, to);
    },
    unknownName(name) {
      first.unknownName(name);
      second.unknownName(name);
    },
    passedThrough(status, seconds) {
      first.passedThrough(status, seconds);
      second.passedThrough(status, seconds);
    },
    dialled(result) {
      first.dialled(result);
      second.dialled(result);
    },
    cseReachable(reachable, why) {
      first.cseReachable(reachable, why);
      second.cseReachable(reachable, why);
    },
    warn(message, fields) {
      first.warn(message, fields);
      second.warn(message, fields);
    },
  };
}
