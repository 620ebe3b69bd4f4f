import type { Credential } from "../../src/core/credential.ts";
import type { CloseReason, Link } from "../../src/core/ports.ts";
import type { EntityId } from "../../src/primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../../src/primitive/primitive.ts";

export interface FakeLinkOptions {
  readonly id?: string;
  readonly trusted?: boolean;
  readonly secured?: boolean;
  readonly credential?: Credential;
  /** Answers what is delivered; without it nothing is ever answered. */
  readonly answer?: (request: RequestPrimitive) => Promise<ResponsePrimitive>;
}

/** A Link without a socket that remembers what was asked of it. */
export class FakeLink implements Link {
  readonly id: string;
  readonly trusted: boolean;
  readonly secured: boolean;
  readonly credential: Credential | undefined;
  /** Set it to false for a link that drains or is closed. */
  open = true;
  readonly delivered: RequestPrimitive[] = [];
  readonly inherited: (readonly [Link, EntityId])[] = [];
  readonly closes: CloseReason[] = [];
  probes = 0;
  readonly #answer: (request: RequestPrimitive) => Promise<ResponsePrimitive>;

  constructor({
    id = "l1",
    trusted = false,
    secured = false,
    credential,
    answer,
  }: FakeLinkOptions = {}) {
    this.id = id;
    this.trusted = trusted;
    this.secured = secured;
    this.credential = credential;
    this.#answer = answer ?? (() => new Promise(() => {}));
  }

  deliver(request: RequestPrimitive): Promise<ResponsePrimitive> {
    this.delivered.push(request);
    return this.#answer(request);
  }

  inherit(other: Link, registree: EntityId): void {
    this.inherited.push([other, registree]);
  }

  abandon(): void {}

  answer(): void {}

  probe(): Promise<boolean> {
    this.probes += 1;
    return Promise.resolve(this.open);
  }

  close(reason: CloseReason): void {
    this.open = false;
    this.closes.push(reason);
  }
}
