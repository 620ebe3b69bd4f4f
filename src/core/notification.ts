import { type Content, isTreeObject, type Tree } from "../primitive/content.ts";

/**
 * What a Notify wants of its receiver.
 *
 * - `decides`: its answer decides something for the sender, now: a verification request, whose success lets a
 *   subscription be made (TS-0004, 7.4.8.2.1), or a blocking update (TS-0004, 7.3.2.9).
 * - `answers`: what it asks for comes in the answer: security information, ESPrim among it (TS-0001, 10.2.5.20).
 * - `tells`: it tells something, and who told it only wants to know that it arrived.
 */
export type NotifyKind = "decides" | "answers" | "tells";

/** Notification Event Type "Blocking_Update" (TS-0004, 6.3.4.2.19). */
const BLOCKING_UPDATE = 7;

/** Reads it from the content, in whatever serialization that came. Anything unknown tells. */
export function notifyKindOf(content: Content | undefined): NotifyKind {
  switch (content?.root()) {
    case "m2m:seci":
      return "answers";
    case "m2m:sgn":
    case "m2m:agn":
      return notificationsIn(content).some(decides) ? "decides" : "tells";
    default:
      return "tells";
  }
}

/** Reference of the subscription that a Notify is about; undefined for one that names none, or several. */
export function subscriptionOf(content: Content | undefined): string | undefined {
  if (content?.root() !== "m2m:sgn") return undefined;
  const [notification] = notificationsIn(content);
  const sur = isTreeObject(notification) ? notification["sur"] : undefined;
  return typeof sur === "string" ? sur : undefined;
}

/** One, or all of an aggregated notification. */
function notificationsIn(content: Content): readonly Tree[] {
  const tree = content.tree();
  const root = isTreeObject(tree) ? Object.values(tree)[0] : undefined;
  if (!isTreeObject(root) || content.root() === "m2m:sgn") return root === undefined ? [] : [root];
  const inner = root["m2m:sgn"] ?? root["sgn"];
  return Array.isArray(inner) ? inner : inner === undefined ? [] : [inner];
}

function decides(notification: Tree): boolean {
  if (!isTreeObject(notification)) return false;
  const { vrq, nev } = notification;
  // Some write them as text.
  if (vrq === true || vrq === "true" || vrq === 1) return true;
  const net = isTreeObject(nev) ? nev["net"] : undefined;
  return (Array.isArray(net) ? net : [net]).some((type) => Number(type) === BLOCKING_UPDATE);
}
