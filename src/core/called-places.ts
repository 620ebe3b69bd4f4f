import { type Clock, later, type Timer } from "../base/clock.ts";
import type { GatewayError } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import { backOffAfter } from "./back-off.ts";
import type { NamedAddress, Observer } from "./ports.ts";
import type { Registration } from "./registration.ts";
import type { Registry } from "./registry.ts";

/** What of a registree is called over HTTP: its points of access, or one of its notification targets. */
export interface CalledPlace {
  readonly registration: Registration;
  readonly is: NamedAddress["is"];
  /** Any of which will do. */
  readonly urls: readonly string[];
}

export interface CalledPlacesParts {
  readonly registry: Pick<Registry, "registration">;
  readonly clock: Clock;
  readonly observer: Observer;
}

/** What calling a place has taught. */
interface Experience {
  /** The URL that worked last. */
  readonly worked: string | undefined;
  /** Calls in a row that found nobody. */
  readonly failures: number;
  /** While it counts as away. */
  readonly away: Timer | undefined;
}

/** What is known of the places of a registration as it is now: one that has changed is a new one. */
interface Known {
  readonly registration: Registration;
  readonly places: Map<string, Experience>;
}

/** Remembers which places answer, and leaves those alone for a while where nobody was found. */
export class CalledPlaces {
  readonly #parts: CalledPlacesParts;
  readonly #known = new Map<EntityId, Known>();
  /** Called when a registree may be called again at a place that was left alone. */
  onReturned: (id: EntityId) => void = () => {};

  constructor(parts: CalledPlacesParts) {
    this.#parts = parts;
  }

  isAway(place: CalledPlace): boolean {
    return this.#of(place)?.away !== undefined;
  }

  /** Its URLs, the one that worked last first. */
  inTurn(place: CalledPlace): readonly string[] {
    const worked = this.#of(place)?.worked;
    return worked === undefined
      ? place.urls
      : [worked, ...place.urls.filter((url) => url !== worked)];
  }

  /** Somebody was found at one of its URLs. */
  worked(place: CalledPlace, url: string): void {
    if (!this.#isCurrent(place)) return;
    const known = this.#of(place);
    if (known?.worked === url && known.failures === 0) return;
    const { id } = place.registration;
    const isLeftAlone = this.#isLeftAlone(id);
    this.#learn(place, { worked: url, failures: 0, away: undefined });
    // Something went out before it counted as away, or since its registration changed, and got through.
    if (isLeftAlone) this.onReturned(id);
  }

  /** Nobody was found there, or the connection broke. */
  failed(place: CalledPlace, cause: GatewayError | undefined): void {
    if (!this.#isCurrent(place)) return;
    const known = this.#of(place);
    // Of several that were under way the first has said it.
    if (known?.away !== undefined) return;
    const { clock, observer } = this.#parts;
    const { id } = place.registration;
    const failures = (known?.failures ?? 0) + 1;
    if (failures === 1 && cause?.code !== "GW_NOT_CALLABLE") {
      observer.warn(`a registree cannot be reached at its ${inWords(place)}`, {
        registree: id,
        error: cause,
      });
    }
    const worked = known?.worked;
    const away = clock.at(later(clock.now(), backOffAfter(failures)), () => {
      this.#learn(place, { worked, failures, away: undefined });
      this.onReturned(id);
    });
    this.#learn(place, { worked, failures, away });
  }

  /** A registree has given a sign of life: it is called again at once, wherever. */
  returned(id: EntityId): void {
    const places = this.#known.get(id)?.places;
    for (const [key, known] of places ?? []) {
      known.away?.cancel();
      places?.set(key, { ...known, away: undefined });
    }
    this.onReturned(id);
  }

  /** A registree is no more. */
  forget(id: EntityId): void {
    for (const { away } of this.#known.get(id)?.places.values() ?? []) away?.cancel();
    this.#known.delete(id);
  }

  /** Calls nobody again by itself. */
  close(): void {
    for (const id of [...this.#known.keys()]) this.forget(id);
  }

  /** Whether any of its places counts as away, by this registration or the one before. */
  #isLeftAlone(id: EntityId): boolean {
    const places = this.#known.get(id)?.places.values() ?? [];
    return [...places].some(({ away }) => away !== undefined);
  }

  #of(place: CalledPlace): Experience | undefined {
    const known = this.#known.get(place.registration.id);
    return known?.registration === place.registration ? known.places.get(keyOf(place)) : undefined;
  }

  #learn(place: CalledPlace, experience: Experience): void {
    const { registration } = place;
    let known = this.#known.get(registration.id);
    if (known?.registration !== registration) {
      this.forget(registration.id);
      known = { registration, places: new Map() };
      this.#known.set(registration.id, known);
    }
    known.places.get(keyOf(place))?.away?.cancel();
    known.places.set(keyOf(place), experience);
  }

  /** It may have changed, or gone, while the call was under way. */
  #isCurrent({ registration }: CalledPlace): boolean {
    return this.#parts.registry.registration(registration.id) === registration;
  }
}

const keyOf = ({ is, urls: [url = ""] }: CalledPlace): string => (is === "target" ? url : "");

const inWords = ({ is }: CalledPlace): string =>
  is === "target" ? "notification target" : "point of access";
