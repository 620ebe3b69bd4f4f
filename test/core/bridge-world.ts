import { randomUUID } from "node:crypto";
import { type EpochMs, millis } from "../../src/base/clock.ts";
import { type FailureCode, GatewayError } from "../../src/base/errors.ts";
import { AcceptedRequests } from "../../src/core/accepted.ts";
import { Applications } from "../../src/core/applications.ts";
import { BridgePoints, type TargetForm } from "../../src/core/bridge-points.ts";
import { type BridgeTarget, BridgeTargets } from "../../src/core/bridge-targets.ts";
import { createHolding, type Holding } from "../../src/core/holding.ts";
import { OPEN_TO_ALL, Permissions } from "../../src/core/permissions.ts";
import type { NamedAddress, Table } from "../../src/core/ports.ts";
import type { Registration } from "../../src/core/registration.ts";
import { Registrations } from "../../src/core/registrations.ts";
import { RegistreeRequests } from "../../src/core/registree-requests.ts";
import { Registry } from "../../src/core/registry.ts";
import { rootObjectOf } from "../../src/primitive/content.ts";
import type { RequestPrimitive, ResponsePrimitive } from "../../src/primitive/primitive.ts";
import { MemoryHoldStore } from "../../src/store/memory-hold-store.ts";
import { memoryTable } from "../../src/store/memory-table.ts";
import { ManualClock } from "../helpers/manual-clock.ts";
import { silentObserver } from "../helpers/silent-observer.ts";
import { HOUR, SECOND, TIMES } from "./hold-process.ts";
import { DOMAIN, requestOf, responseOf } from "./primitives.ts";

/** A call to an address in the network of the registrees. */
export interface Call extends NamedAddress {
  readonly request: RequestPrimitive;
}

/** The core of a bridge: a registrar that a test scripts, and registrees that it calls over HTTP. */
export class BridgeWorld {
  readonly clock = new ManualClock();
  readonly registry: Registry;
  readonly holding: Holding;
  readonly applications: Applications;
  readonly registrations: Registrations;
  readonly registreeRequests: RegistreeRequests;
  /** What the registrar was asked. */
  readonly asked: RequestPrimitive[] = [];
  readonly calls: Call[] = [];
  /** Addresses that fail, and with what. */
  readonly failing = new Map<string, FailureCode>();
  readonly warned: string[] = [];
  /** The registrar's answer; it takes whatever it is told, unless a test says otherwise. */
  registrar: (request: RequestPrimitive) => ResponsePrimitive = taken;

  constructor(form: TargetForm = "token", table: Table<BridgeTarget> = memoryTable()) {
    const { clock } = this;
    const observer = silentObserver({ warn: (message) => this.warned.push(message) });
    const newToken = randomUUID;
    const most = (): number => 1_000;
    const targets = new BridgeTargets({ domain: DOMAIN, table, newToken, most, observer });
    const registrees = memoryTable<Registration>();
    const registry = new Registry({ domain: DOMAIN, clock, observer, table: registrees, targets });
    const points = new BridgePoints(targets, form);
    points.base = "http://192.168.1.1:8088/poa/";
    const holding = createHolding({
      maxInFlight: () => 100_000,
      domain: DOMAIN,
      clock,
      observer,
      registry,
      store: new MemoryHoldStore(),
      table: memoryTable(),
      accepted: new AcceptedRequests(DOMAIN, registry),
      points,
      caller: { call: (...call) => this.#call(...call) },
      cse: {
        request: async (request) => {
          this.asked.push(request);
          return { ...this.registrar(request), requestIdentifier: request.requestIdentifier };
        },
      },
      patience: { cseTimeout: millis(30 * SECOND), openMax: TIMES.openMax },
      profile: "store",
      times: TIMES,
      limits: { maxEntries: 100, maxBytes: 1e6, totalEntries: 1_000, totalBytes: 1e7 },
      answerWithin: millis(10 * SECOND),
      attempts: 3,
      priorityOf: () => 5,
      keptFor: millis(HOUR),
      waitsFor: TIMES.max,
      maxRequests: 100,
      originator: "/id-in",
      newId: randomUUID,
    });
    const { exchanges, reach } = holding;
    const maxPoints = (): number => 16;
    const parts = {
      domain: DOMAIN,
      clock,
      observer,
      registry,
      exchanges,
      points,
      newToken,
      maxPoints,
      maxRegistrees: () => 1_000,
    };
    const registrations = new Registrations({ ...parts, originator: undefined, lenient: true });
    const registreeRequests = new RegistreeRequests({ ...parts, registrations });
    this.registry = registry;
    this.holding = holding;
    this.registrations = registrations;
    this.registreeRequests = registreeRequests;
    this.applications = new Applications({
      ...parts,
      registrations,
      registreeRequests,
      reach,
      registersHere: "all",
      permissions: new Permissions(DOMAIN, OPEN_TO_ALL, observer),
    });
  }

  /** A request in short names, from the network of the registrees or from the registrar. */
  async ask(
    members: Readonly<Record<string, unknown>>,
    peerAddress = "192.168.1.5",
  ): Promise<ResponsePrimitive> {
    const request = requestOf(members);
    const route = this.applications.routeOf(request.operation, request.to, undefined);
    const response = await this.applications.receive(route, request, undefined, peerAddress);
    if (response === undefined) throw new Error("a response was wanted");
    return response;
  }

  /** Registers an AE over HTTP with these points of access. */
  register(poa: readonly string[], from = "CAE1"): Promise<ResponsePrimitive> {
    const pc = { "m2m:ae": { rn: `ae-${from}`, api: "N.x", rr: true, poa } };
    return this.ask({ op: "create", ty: 2, fr: from, to: "cse-in", pc });
  }

  /** A Notify of the registrar. */
  notify(to: string, rqi = "n1"): Promise<ResponsePrimitive> {
    return this.ask({ op: "notify", fr: "/id-in", to, rqi, pc: { "m2m:sgn": { sur: "x" } } });
  }

  /** What the registrar was told last. */
  told(root: string): Readonly<Record<string, unknown>> {
    const contents = this.asked.map(({ content }) => content).filter((it) => it?.root() === root);
    const tree = contents.at(-1)?.tree() as Record<string, Record<string, unknown>> | undefined;
    return tree?.[root] ?? {};
  }

  /** Moves time on, and lets everything come to rest. */
  async pass(by: number): Promise<void> {
    this.clock.advance(by);
    for (let turn = 0; turn < 20; turn += 1) await new Promise((next) => setImmediate(next));
  }

  async #call(
    request: RequestPrimitive,
    _deadline: EpochMs,
    address: NamedAddress,
  ): Promise<ResponsePrimitive> {
    this.calls.push({ ...address, request });
    const code = this.failing.get(address.url);
    if (code !== undefined) throw new GatewayError(code);
    return responseOf(2000, undefined, request.requestIdentifier);
  }
}

function taken({ operation, content, from }: RequestPrimitive): ResponsePrimitive {
  const rsc = { create: 2001, retrieve: 2000, update: 2004, delete: 2002, notify: 2000 }[operation];
  const resource = rootObjectOf(content);
  if (resource?.root !== "m2m:ae" || operation !== "create") {
    return { ...responseOf(rsc), content };
  }
  const { members } = resource;
  return responseOf(rsc, { "m2m:ae": { ...members, aei: from, ri: from, ty: 2 } });
}
