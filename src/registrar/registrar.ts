import { randomBytes } from "node:crypto";
import type { Clock, EpochMs } from "../base/clock.ts";
import { GatewayError } from "../base/errors.ts";
import { Rsc } from "../base/response-status-code.ts";
import type { Observer, Port, Table } from "../core/ports.ts";
import { MadeContent, rootObjectOf, type TreeObject } from "../primitive/content.ts";
import { type EntityId, entityIdOf } from "../primitive/identifiers.ts";
import {
  type RequestPrimitive,
  type ResponsePrimitive,
  responseTypeOf,
} from "../primitive/primitive.ts";
import { asGatewayError, respond, respondFailure } from "../primitive/respond.ts";
import { formatTimestamp } from "../primitive/timestamps.ts";
import { AE, faultInUpdate, ordered, REMOTE_CSE } from "./attributes.ts";
import { invalid, notFound, type Outcome, refused } from "./outcome.ts";
import { type Registered, registerAe, registerCse } from "./registration.ts";
import { type Resource, Resources, resourceOf, type StoredResource } from "./resources.ts";
import { createdContent, resultContentOf, updatedContent, wholeContent } from "./result-content.ts";
import { attributesWanted, baseAttributes, CSE_BASE_ATTRIBUTES, selected } from "./retrieval.ts";
import { attributeIn, type RegistrarDomain, targetOf } from "./targets.ts";

export interface RegistrarOptions {
  readonly domain: RegistrarDomain;
  readonly clock: Clock;
  /** Read once, now; the registrar's alone from then on, but closed by its owner. */
  readonly resources: Table<StoredResource>;
  /** Called for each entity whose resource expired; during creation too, for those whose time came before. */
  readonly onExpired?: (entity: EntityId) => void;
  readonly warn?: Observer["warn"];
  /** Letters and digits for a new ID, not the same for ever; 64 random bits by default. */
  readonly newId?: () => string;
  /** As many entities as may be registered at a time; 100,000 by default. */
  readonly maxResources?: number;
  /** Bytes of all their attributes at most; 256 MiB by default. */
  readonly maxBytes?: number;
}

/** A way out that ends here. */
export interface Registrar extends Port {
  /** Lets no registration expire any more. May be called twice. */
  close(): void;
}

/**
 * Makes the registrar of a gateway without a CSE: it registers AEs and CSEs under a `<CSEBase>`, and hosts nothing else.
 *
 * Its answers are a CSE's own, refusals included, but for requests that need a real CSE (GW_NO_CSE). Whatever
 * changes a registration is answered when that is durable. A deadline that passes first is GW_CSE_NO_ANSWER.
 * TS-0001, 10.2.2; TS-0004, 7.4.3 to 7.4.5.
 *
 * @throws GatewayError GW_STORE_FAILED when the table cannot be read
 */
export function createRegistrar(options: RegistrarOptions): Registrar {
  return new BuiltInRegistrar(options);
}

class BuiltInRegistrar implements Registrar {
  readonly #domain: RegistrarDomain;
  readonly #clock: Clock;
  readonly #resources: Resources;
  readonly #warn: Observer["warn"];
  readonly #newId: () => string;
  readonly #base: TreeObject;

  constructor(options: RegistrarOptions) {
    const { clock, domain } = options;
    this.#domain = domain;
    this.#clock = clock;
    this.#warn = options.warn ?? (() => {});
    this.#newId = options.newId ?? (() => randomBytes(8).toString("hex"));
    this.#resources = new Resources({
      domain,
      clock,
      table: options.resources,
      onExpired: options.onExpired ?? (() => {}),
      warn: this.#warn,
      maxResources: options.maxResources ?? 100_000,
      maxBytes: options.maxBytes ?? 256 * 1024 * 1024,
    });
    this.#base = baseAttributes(domain, clock.now());
  }

  request(request: RequestPrimitive, deadline: EpochMs): Promise<ResponsePrimitive> {
    return new Promise((resolve) => {
      const timer = this.#clock.at(deadline, () =>
        resolve(respondFailure(request, new GatewayError("GW_CSE_NO_ANSWER"))),
      );
      const answer = (response: ResponsePrimitive) => {
        timer.cancel();
        resolve(response);
      };
      this.#outcomeOf(request).then(
        ({ rsc, tree }) =>
          answer(respond(request, rsc, tree === undefined ? undefined : new MadeContent(tree))),
        (error: unknown) => {
          const failure = this.#named(asGatewayError(error));
          if (failure.rsc === Rsc.INTERNAL_SERVER_ERROR) {
            this.#warn("the built-in registrar failed on a request", { error: failure });
          }
          answer(respondFailure(request, failure));
        },
      );
    });
  }

  close(): void {
    this.#resources.close();
  }

  /** Whoever addressed something else by mistake learns what is here. */
  #named(failure: GatewayError): GatewayError {
    if (failure.code !== "GW_NO_CSE") return failure;
    const { cseId, cseName } = this.#domain;
    return new GatewayError("GW_NO_CSE", {
      detail: `here is ${cseId} with the CSEBase ${cseName}`,
      cause: failure,
    });
  }

  async #outcomeOf(request: RequestPrimitive): Promise<Outcome> {
    return invalidAnywhere(request) ?? (await this.#carryOut(request));
  }

  async #carryOut(request: RequestPrimitive): Promise<Outcome> {
    switch (request.operation) {
      case "create":
        return await this.#create(request);
      case "retrieve":
        return this.#retrieve(request);
      case "update":
        return await this.#change(request, (resource) => this.#update(request, resource));
      case "delete":
        return await this.#change(request, (resource) => this.#delete(request, resource));
      case "notify":
        return this.#notify(request);
    }
  }

  /** A Notify for a registree never comes here; what is left is one for nobody, or for what only a CSE hosts. */
  #notify(request: RequestPrimitive): Outcome {
    const { at } = targetOf(request.to, this.#domain);
    if ((at === "id" || at === "name") && this.#find(request) === undefined)
      return notFound(request.to);
    throw new GatewayError("GW_NO_CSE");
  }

  async #create(request: RequestPrimitive): Promise<Outcome> {
    const { resourceType } = request;
    if (resourceType === undefined) return invalid("a Create must name its resource type (ty)");
    const kind = [AE, REMOTE_CSE].find(({ type }) => type === resourceType);
    if (kind === undefined || targetOf(request.to, this.#domain).at !== "base") {
      throw new GatewayError("GW_NO_CSE");
    }
    const rcn = resultContentOf(request, "create");
    if (typeof rcn !== "number") return rcn;
    const sent = rootObjectOf(request.content);
    if (sent?.root !== kind.root) return invalid(`the content must be one ${kind.root}`);
    const registered = this.#register(request, sent.members);
    if ("refusal" in registered) return registered.refusal;
    const { resource } = registered;
    this.#resources.checkRoom(resource);
    await this.#resources.add(resource);
    return {
      rsc: Rsc.CREATED,
      tree: createdContent(rcn, resource, sent.members, this.#domain.cseName),
    };
  }

  #register({ from, resourceType }: RequestPrimitive, sent: TreeObject): Registered {
    const context = {
      domain: this.#domain,
      clock: this.#clock,
      resources: this.#resources,
      newId: this.#newId,
    };
    return resourceType === AE.type
      ? registerAe(from, sent, context)
      : registerCse(from ?? "", sent, context);
  }

  #retrieve(request: RequestPrimitive): Outcome {
    const rcn = resultContentOf(request, "retrieve");
    if (typeof rcn !== "number") return rcn;
    const wanted = attributesWanted(request);
    if ("refusal" in wanted) return wanted.refusal;
    const target = targetOf(request.to, this.#domain);
    if (target.at === "base") {
      return selected("m2m:cb", this.#base, CSE_BASE_ATTRIBUTES, wanted.names);
    }
    const resource = this.#find(request);
    if (resource === undefined) return notFound(request.to);
    const { attributes, kind } = resource;
    return selected(kind.root, attributes, new Set(kind.attributes.keys()), wanted.names);
  }

  /** Finds what an Update or Delete is about and whether its originator may do that, in its turn. */
  async #change(
    request: RequestPrimitive,
    change: (resource: Resource) => Promise<Outcome>,
  ): Promise<Outcome> {
    if (targetOf(request.to, this.#domain).at === "base") {
      return refused(Rsc.OPERATION_NOT_ALLOWED, "the CSEBase is changed by configuration only");
    }
    const found = this.#find(request);
    if (found === undefined) return notFound(request.to);
    return await this.#resources.inTurn(found.id, async () => {
      const resource = this.#resources.byId(found.id);
      if (resource === undefined) return notFound(request.to);
      return entityIdOf(request.from ?? "", this.#domain) === resource.entity
        ? await change(resource)
        : refused(
            Rsc.ORIGINATOR_HAS_NO_PRIVILEGE,
            "a registration is changed by the registered entity itself only",
          );
    });
  }

  async #update(request: RequestPrimitive, resource: Resource): Promise<Outcome> {
    const rcn = resultContentOf(request, "update");
    if (typeof rcn !== "number") return rcn;
    const { kind } = resource;
    const sent = rootObjectOf(request.content);
    if (sent?.root !== kind.root) return invalid(`the content must be one ${kind.root}`);
    const fault = faultInUpdate(kind, sent.members, this.#clock);
    if (fault !== undefined) return invalid(fault);
    const merged = {
      ...resource.attributes,
      ...sent.members,
      lt: formatTimestamp(this.#clock.now()),
    };
    const left = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
    const next = resourceOf({ root: kind.root, attributes: ordered(kind, left) }, this.#domain);
    this.#resources.checkRoom(next, resource);
    if (!(await this.#resources.replace(resource, next))) return notFound(request.to);
    return { rsc: Rsc.UPDATED, tree: updatedContent(rcn, resource, next, sent.members) };
  }

  async #delete(request: RequestPrimitive, resource: Resource): Promise<Outcome> {
    const rcn = resultContentOf(request, "delete");
    if (typeof rcn !== "number") return rcn;
    await this.#resources.remove(resource);
    return { rsc: Rsc.DELETED, tree: rcn === 1 ? wholeContent(resource) : undefined };
  }

  /** @throws GatewayError GW_NO_CSE for a resource of another CSE */
  #find(request: RequestPrimitive): Resource | undefined {
    const target = targetOf(request.to, this.#domain);
    switch (target.at) {
      case "id":
        return this.#resources.byId(target.id);
      case "name":
        return this.#resources.byName(target.name);
      case "base":
        return undefined;
      case "below":
      case "elsewhere":
        throw new GatewayError("GW_NO_CSE");
    }
  }
}

/**
 * Faults of the request itself, whatever it is about (TS-0004, 7.3.2.1 and table 7.2.1.1-1).
 *
 * @throws GatewayError GW_NO_CSE for what is valid and more than a registrar does
 */
function invalidAnywhere(request: RequestPrimitive): Outcome | undefined {
  const { carried, from, operation, resourceType } = request;
  const registersAe = operation === "create" && resourceType === AE.type;
  if ((from === undefined || from === "") && !registersAe) {
    return invalid("the originator (fr, X-M2M-Origin) is missing");
  }
  if (operation !== "retrieve" && attributeIn(request.to) !== undefined) {
    return invalid("a single attribute (#) can only be retrieved");
  }
  switch (responseTypeOf(request)) {
    case undefined:
      return invalid("rt is not a response type");
    case "nonBlockingSynch":
      return refused(
        Rsc.NON_BLOCKING_SYNCH_REQUEST_NOT_SUPPORTED,
        "the built-in registrar answers blocking requests only",
      );
    case "nonBlockingAsynch":
      throw new GatewayError("GW_NO_CSE");
    case "blocking":
    case "flexBlocking":
    case "noResponse":
      break;
  }
  if (!carried.has("fc")) return undefined;
  if (operation === "create") return invalid("filter criteria (fc) have no place in a Create");
  throw new GatewayError("GW_NO_CSE");
}
