import { expect, test } from "vitest";
import { millis } from "../../src/base/clock.ts";
import { Credential } from "../../src/core/credential.ts";
import { LateAnswers } from "../../src/core/late-answers.ts";
import { Links } from "../../src/core/links.ts";
import type { LimitName } from "../../src/core/measures.ts";
import { OPEN_TO_ALL, Permissions } from "../../src/core/permissions.ts";
import { FakeLink } from "../helpers/fake-link.ts";
import { silentObserver } from "../helpers/silent-observer.ts";
import { BridgeWorld } from "./bridge-world.ts";
import { DOMAIN } from "./primitives.ts";

test("of links with one credential one too many is closed, and room that one leaves is given again", () => {
  const world = new BridgeWorld();
  const reached: LimitName[] = [];
  const observer = silentObserver({ limitReached: (limit) => reached.push(limit) });
  const { clock, registry, registrations, registreeRequests, holding } = world;
  const links = new Links({
    domain: DOMAIN,
    ...{ clock, registry, registrations, registreeRequests, observer },
    exchanges: holding.exchanges,
    hold: holding.hold,
    lateAnswers: new LateAnswers({ clock, keptFor: millis(0) }),
    permissions: new Permissions(DOMAIN, OPEN_TO_ALL, observer),
    authenticator: { holds: () => true },
    unboundTimeout: millis(1_000),
    maxPerCredential: () => 2,
    allowCseOnPlain: false,
  });
  const open = (name: string): FakeLink => {
    const link = new FakeLink({ credential: new Credential("basic", name, ["*"], DOMAIN) });
    links.opened(link, undefined);
    return link;
  };
  const [first, second, third] = [open("a"), open("a"), open("a")];
  const other = open("b");
  expect([first, second, third, other].map(({ closes }) => closes)).toEqual([
    [],
    [],
    ["crowded"],
    [],
  ]);
  expect(reached).toEqual(["connections-per-credential"]);
  links.closed(third);
  // It was counted once, and is not uncounted twice.
  links.closed(third);
  const again = open("a");
  expect(again.closes).toEqual(["crowded"]);
  links.closed(again);
  links.closed(first);
  expect(open("a").closes).toEqual([]);
});
