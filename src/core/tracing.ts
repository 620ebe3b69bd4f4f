import type { FailureCode } from "../base/errors.ts";
import type { EntityId } from "../primitive/identifiers.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../primitive/primitive.ts";
import { asGatewayError } from "../primitive/respond.ts";
import type { Trace } from "../primitive/trace.ts";

/**
 * What a span is of: a request that a face takes or a way out makes, a primitive that is put into the hold store, and
 * one that is sent from there.
 */
export type SpanKind =
  | "http.server"
  | "http.client"
  | "link.server"
  | "link.client"
  | "hold"
  | "deliver";

/** What is known when a span begins. */
export interface SpanStart {
  readonly kind: SpanKind;
  /** The span that it is a part of. */
  readonly parent: Trace | undefined;
  /** One that it goes back to, and is no part of. */
  readonly linked?: Trace | undefined;
  /** What it is about, where that is known already. */
  readonly request?: RequestPrimitive | undefined;
  readonly registree?: EntityId | undefined;
  /** See `Link.id`. */
  readonly link?: string | undefined;
  readonly http?: {
    readonly method: string;
    readonly scheme?: "http" | "https";
    /** Without a query, and without the token of a point of access. */
    readonly path?: string | undefined;
    /** Of the server that is asked, such as `http://127.0.0.1:8080`. */
    readonly origin?: string | undefined;
    /** The address of the client. */
    readonly peer?: string | undefined;
  };
}

/** What became of it. */
export interface SpanEnd {
  readonly failure?: FailureCode | undefined;
  /** Response Status Code. */
  readonly rsc?: number | undefined;
  /** Of HTTP. */
  readonly status?: number | undefined;
}

/** Something that takes time, told to a tracing system. */
export interface Span {
  /** For what is done under it. */
  readonly trace: Trace;
  /** It is about this request; for one of which that was not known when it began. */
  about(request: RequestPrimitive): void;
  /** To be called once. */
  end(how: SpanEnd): void;
}

/** A tracing system. Where none is there, the gateway has no Tracing at all, and hands on what it gets. */
export interface Tracing {
  start(start: SpanStart): Span;
}

/** Carries `request` out under a span of its own. */
export async function traced(
  tracing: Tracing,
  start: SpanStart & { readonly request: RequestPrimitive },
  carry: (request: RequestPrimitive) => Promise<ResponsePrimitive>,
): Promise<ResponsePrimitive> {
  const span = tracing.start(start);
  try {
    const response = await carry({ ...start.request, trace: span.trace });
    span.end(endOf(response));
    return response;
  } catch (error) {
    span.end(failed(error));
    throw error;
  }
}

export const endOf = ({ failure, responseStatusCode }: ResponsePrimitive): SpanEnd => ({
  failure,
  rsc: responseStatusCode,
});

export const failed = (error: unknown): SpanEnd => ({ failure: asGatewayError(error).code });
