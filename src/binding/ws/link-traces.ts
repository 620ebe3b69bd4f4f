import type { FailureCode } from "../../base/errors.ts";
import { endOf, failed, type Span, type Tracing, traced } from "../../core/tracing.ts";
import { withTraceHeard, withTraceSaid } from "../../dialect/trace-context.ts";
import type { EntityId } from "../../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../../primitive/primitive.ts";

type Deliver = (request: RequestPrimitive) => Promise<ResponsePrimitive>;

/** The traces of requests on links, both ways; one for all links. */
export class LinkTraces {
  readonly #tracing: Tracing | undefined;
  readonly #inVsi: boolean;
  /** Of requests that are served. */
  readonly #spans = new WeakMap<RequestPrimitive, Span>();

  /** @param inVsi traces stand in `vsi` of the requests, too */
  constructor(tracing: Tracing | undefined, inVsi: boolean) {
    this.#tracing = tracing;
    this.#inVsi = inVsi;
  }

  /** As it goes to the peer. */
  said(request: RequestPrimitive): RequestPrimitive {
    return this.#inVsi ? withTraceSaid(request) : request;
  }

  /** Delivers a request under a span of its own. */
  delivered(
    request: RequestPrimitive,
    on: { readonly link: string; readonly registree: EntityId },
    deliver: Deliver,
  ): Promise<ResponsePrimitive> {
    if (this.#tracing === undefined) return deliver(request);
    const start = { kind: "link.client", parent: request.trace, request, ...on } as const;
    return traced(this.#tracing, start, deliver);
  }

  /** As it came from the peer: a span begins that ends with `served` or `refused`. */
  heard(request: RequestPrimitive, link: string): RequestPrimitive {
    const heard = this.#inVsi ? withTraceHeard(request) : request;
    if (this.#tracing === undefined) return heard;
    const start = { kind: "link.server", parent: heard.trace, request: heard, link } as const;
    const span = this.#tracing.start(start);
    const under = { ...heard, trace: span.trace };
    this.#spans.set(under, span);
    return under;
  }

  served<T extends ResponsePrimitive | undefined>(
    request: RequestPrimitive,
    answer: Promise<T>,
  ): Promise<T> {
    if (this.#tracing === undefined) return answer;
    const span = this.#spans.get(request);
    answer.then(
      (response) => span?.end(response === undefined ? {} : endOf(response)),
      (error: unknown) => span?.end(failed(error)),
    );
    return answer;
  }

  refused(request: RequestPrimitive, failure: FailureCode): void {
    if (this.#tracing !== undefined) this.#spans.get(request)?.end({ failure });
  }
}
