import { CiloError, delay } from "@cilo/base";
import * as z from "zod/mini";
import { EngineCode } from "../errors.ts";
import { Label, type IsolatedSpec } from "../isolation/isolated-spec.ts";
import type { Service } from "../spec/spec.ts";
import { byServiceAndIndex } from "./container-order.ts";
import {
  type Container,
  detach,
  freeAddress,
  hasAnonymousVolume,
  inOrder,
  later,
  networksOf,
  type Owned,
  ownedObject,
  replicas,
  usedNetworks,
  usedVolumes,
} from "./fake-objects.ts";
import type {
  ContainerStatus,
  Runtime,
  RuntimeAction,
  RuntimeEvent,
  RuntimeInfo,
  RuntimeStatus,
  RuntimeTarget,
  StatusFilter,
  UpOptions,
} from "./runtime.ts";

/** What a service does in the fake: `x-fake` of its definition, or {@link FakeRuntime.behave}. */
const FakeBehaviour = z.object({
  /** Milliseconds from create to start. */
  startMs: z.optional(z.number()),
  /** Healthy this long after the start; with a healthcheck and without this: at once. */
  healthyAfterMs: z.optional(z.number()),
  /** Unhealthy this long after the start. */
  unhealthyAfterMs: z.optional(z.number()),
  /** Ends with this status … */
  exitCode: z.optional(z.number()),
  /** … this long after the start. */
  exitAfterMs: z.optional(z.number()),
  /** `up` fails before anything is touched, as a failed pull or build does. */
  failPull: z.optional(z.string()),
  /** `up` fails when it comes to start this service; what was created before stays. */
  failStart: z.optional(z.string()),
});
export type FakeBehaviour = z.infer<typeof FakeBehaviour>;

/** A {@link Runtime} in memory, for tests of what stands on runtimes. It passes the conformance suite. */
export interface FakeRuntime extends Runtime {
  /** Beats the `x-fake` of a service from now on. */
  behave(service: string, behaviour: FakeBehaviour): void;
  /** Every later call fails with ENGINE_UNREACHABLE, or works again. */
  setReachable(reachable: boolean): void;
  /** `up` fails with this once it has touched nothing; once per call. */
  failNextUp(error: CiloError): void;
  /** Ends a running container as if its program had died. */
  kill(composeProject: string, service: string, exitCode: number): void;
  /** Everything the engine has of a Compose project, as `kind name`. */
  objects(composeProject: string): string[];
  /** Adds a network of somebody else's. */
  addForeignNetwork(name: string, cidr: string): void;
  /** Every call that changed something, e.g. `up cilo_shop_dev`. */
  readonly calls: readonly string[];
  /** Actions given to `attach`. */
  readonly actions: readonly RuntimeAction[];
  /** What `attach` answers next. Default 0. */
  setExitStatus(status: number): void;
}

/** An engine with nothing in it. */
export function createFakeRuntime(): FakeRuntime {
  return new Fake();
}

class Fake implements FakeRuntime {
  readonly name = "fake";
  readonly calls: string[] = [];
  readonly actions: RuntimeAction[] = [];
  readonly #behaviours = new Map<string, FakeBehaviour>();
  readonly #containers = new Map<string, Container>();
  readonly #networks = new Map<string, Owned>();
  readonly #volumes = new Map<string, Owned>();
  readonly #listeners = new Set<(event: RuntimeEvent) => void>();
  #reachable = true;
  #nextFailure: CiloError | undefined;
  #exitStatus = 0;
  #serial = 0;

  behave(service: string, behaviour: FakeBehaviour): void {
    this.#behaviours.set(service, behaviour);
  }

  setReachable(reachable: boolean): void {
    this.#reachable = reachable;
  }

  failNextUp(error: CiloError): void {
    this.#nextFailure = error;
  }

  setExitStatus(status: number): void {
    this.#exitStatus = status;
  }

  addForeignNetwork(name: string, cidr: string): void {
    this.#networks.set(name, { project: "", labels: {}, cidr });
  }

  kill(composeProject: string, service: string, exitCode: number): void {
    for (const container of this.#of(composeProject))
      if (container.status.service === service) this.#exit(container, exitCode);
  }

  objects(composeProject: string): string[] {
    const named = (kind: string, map: ReadonlyMap<string, Owned>): string[] =>
      [...map].filter(([, owned]) => owned.project === composeProject).map(([name]) => `${kind} ${name}`);
    return [
      ...this.#of(composeProject).map((container) => `container ${container.status.containerName}`),
      ...named("network", this.#networks),
      ...named("volume", this.#volumes),
    ].sort();
  }

  async up(target: RuntimeTarget, spec: IsolatedSpec, options: UpOptions): Promise<void> {
    this.#enter(options.signal);
    this.calls.push(`up ${target.composeProject}`);
    const services = inOrder(spec.document.services);
    this.#refusePulls(services);
    this.#makeNetworks(target.composeProject, spec);
    this.#makeVolumes(target.composeProject, spec);
    this.#removeOrphans(target.composeProject, services);
    for (const [name, service] of services) this.#create(target.composeProject, name, service, { spec, options });
    if (options.createOnly === true) return;
    for (const [name, service] of services) await this.#startAll(target.composeProject, name, service, options);
  }

  async down(target: RuntimeTarget, options: { signal: AbortSignal }): Promise<void> {
    this.#enter(options.signal);
    this.calls.push(`down ${target.composeProject}`);
    for (const container of this.#of(target.composeProject))
      if (container.hasAnonymousVolume) this.#exit(container, 137);
      else this.#remove(container);
    this.#removeUnusedNetworks(target.composeProject);
  }

  async destroy(composeProject: string, options: { signal: AbortSignal }): Promise<void> {
    this.#enter(options.signal);
    this.calls.push(`destroy ${composeProject}`);
    for (const container of this.#of(composeProject)) this.#remove(container);
    this.#removeUnusedNetworks(composeProject);
    for (const [name, volume] of this.#volumes) if (volume.project === composeProject) this.#volumes.delete(name);
  }

  async status(filter: StatusFilter, options: { signal: AbortSignal }): Promise<RuntimeStatus> {
    this.#enter(options.signal);
    const environments = new Map<string, ContainerStatus[]>();
    for (const { project, labels, status } of this.#containers.values()) {
      if (filter.composeProject !== undefined && filter.composeProject !== project) continue;
      if (filter.home !== undefined && filter.home !== labels[Label.home]) continue;
      environments.set(project, [...(environments.get(project) ?? []), status]);
    }
    for (const statuses of environments.values()) statuses.sort(byServiceAndIndex);
    return { environments };
  }

  async *events(
    composeProject: string,
    options: { signal: AbortSignal; ready?: () => void },
  ): AsyncGenerator<RuntimeEvent> {
    if (options.signal.aborted) return;
    this.#enter(options.signal);
    const queue: RuntimeEvent[] = [];
    let wake: (() => void) | undefined;
    const listener = (event: RuntimeEvent): void => {
      if (event.composeProject !== composeProject) return;
      queue.push(event);
      wake?.();
    };
    const onAbort = (): void => wake?.();
    this.#listeners.add(listener);
    options.signal.addEventListener("abort", onAbort);
    try {
      options.ready?.();
      while (!options.signal.aborted) {
        const next = queue.shift();
        if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else yield next;
      }
    } finally {
      this.#listeners.delete(listener);
      options.signal.removeEventListener("abort", onAbort);
    }
  }

  async connect(
    request: { containerId: string; network: string; aliases: readonly string[] },
    options: { signal: AbortSignal },
  ): Promise<void> {
    this.#enter(options.signal);
    const container = this.#containers.get(request.containerId);
    if (container === undefined || !this.#networks.has(request.network))
      throw new CiloError(EngineCode.engineFailed, `no container or network to connect: ${request.network}`);
    container.networks.set(request.network, request.aliases);
    if (container.status.state === "running") this.#takeAddresses(container);
  }

  async attach(target: RuntimeTarget, action: RuntimeAction, options: { signal: AbortSignal }): Promise<number> {
    this.#enter(options.signal);
    this.actions.push(action);
    if (action.kind === "exec") this.#requireRunning(target.composeProject, action.service, action.index ?? 1);
    return this.#exitStatus;
  }

  async inspect(options: { signal: AbortSignal }): Promise<RuntimeInfo> {
    this.#enter(options.signal);
    const listed = (kind: "network" | "volume", map: ReadonlyMap<string, Owned>): RuntimeInfo["owned"] =>
      [...map].filter(([, { labels }]) => Label.home in labels).map(([name, owned]) => ownedObject(kind, name, owned));
    return {
      engineVersion: "1.0.0",
      composeVersion: "2.0.0",
      endpoint: "fake:",
      directAddresses: true,
      subnets: [...this.#networks].flatMap(([network, { project, cidr }]) =>
        cidr === undefined ? [] : [{ network, cidr, ...(project === "" ? {} : { composeProject: project }) }],
      ),
      owned: [
        ...[...this.#containers.values()]
          .filter(({ labels }) => Label.home in labels)
          .map((container) => ({
            ...ownedObject("container", container.status.containerName, container),
            id: container.status.id,
          })),
        ...listed("network", this.#networks),
        ...listed("volume", this.#volumes),
      ],
    };
  }

  #enter(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (!this.#reachable) throw new CiloError(EngineCode.engineUnreachable, "the fake engine is switched off");
  }

  #refusePulls(services: readonly (readonly [string, Service])[]): void {
    const failure = this.#nextFailure;
    this.#nextFailure = undefined;
    if (failure !== undefined) throw failure;
    for (const [name, service] of services) {
      const reason = this.#behaviour(name, service).failPull;
      if (reason !== undefined) throw new CiloError(EngineCode.imageUnavailable, `${name}: ${reason}`);
    }
  }

  #makeNetworks(project: string, { document }: IsolatedSpec): void {
    const used = usedNetworks(document);
    for (const [key, network] of Object.entries(document.networks ?? {})) {
      if (network?.external === true || !used.has(key)) continue;
      const name = network?.name ?? `${project}_${key}`;
      if (this.#networks.has(name)) continue;
      const cidr = network?.ipam?.config?.[0]?.subnet;
      this.#refuseOverlap(name, cidr);
      this.#networks.set(name, { project, labels: network?.labels ?? {}, ...(cidr === undefined ? {} : { cidr }) });
    }
  }

  #refuseOverlap(name: string, cidr: string | undefined): void {
    if (cidr === undefined || ![...this.#networks.values()].some((other) => other.cidr === cidr)) return;
    throw new CiloError(EngineCode.subnetTaken, `network ${name}: ${cidr} overlaps with another network`);
  }

  #makeVolumes(project: string, { document }: IsolatedSpec): void {
    const used = usedVolumes(document);
    for (const [key, volume] of Object.entries(document.volumes ?? {}))
      if (volume?.external !== true && used.has(key))
        this.#volumes.set(volume?.name ?? `${project}_${key}`, { project, labels: volume?.labels ?? {} });
  }

  #removeOrphans(project: string, services: readonly (readonly [string, Service])[]): void {
    const wanted = new Map(services.map(([name, service]) => [name, replicas(service)]));
    for (const container of this.#of(project))
      if (container.status.index > (wanted.get(container.status.service) ?? 0)) this.#remove(container);
  }

  #create(
    project: string,
    name: string,
    service: Service,
    { spec, options }: { spec: IsolatedSpec; options: UpOptions },
  ): void {
    const definition = JSON.stringify(service);
    for (let index = 1; index <= replicas(service); index++) {
      const old = this.#of(project).find(({ status }) => status.service === name && status.index === index);
      if (old !== undefined && old.definition === definition && !options.recreate) continue;
      if (old !== undefined) this.#remove(old);
      const containerName = service.container_name ?? `${project}-${name}-${index}`;
      const id = (++this.#serial).toString(16).padStart(64, "0");
      this.#containers.set(id, {
        project,
        definition,
        labels: service.labels ?? {},
        networks: networksOf(service, spec),
        hasAnonymousVolume: hasAnonymousVolume(service),
        life: new AbortController(),
        status: { id, containerName, service: name, index, state: "created", addresses: {} },
      });
      options.onProgress?.(`Container ${containerName} Created`);
    }
  }

  async #startAll(project: string, name: string, service: Service, options: UpOptions): Promise<void> {
    const behaviour = this.#behaviour(name, service);
    for (const container of this.#of(project)) {
      if (container.status.service !== name || container.status.state === "running") continue;
      options.signal.throwIfAborted();
      if (behaviour.startMs !== undefined) await delay(behaviour.startMs, options.signal);
      if (behaviour.failStart !== undefined)
        throw new CiloError(EngineCode.engineFailed, `${name}: ${behaviour.failStart}`);
      this.#start(container, behaviour, service.healthcheck !== undefined && service.healthcheck.disable !== true);
      options.onProgress?.(`Container ${container.status.containerName} Started`);
    }
  }

  #start(container: Container, behaviour: FakeBehaviour, checked: boolean): void {
    container.life = new AbortController();
    this.#set(container, { state: "running", startedAt: Date.now(), ...(checked ? { health: "starting" } : {}) });
    this.#takeAddresses(container);
    this.#emit(container, { kind: "start" });
    if (behaviour.exitCode !== undefined) {
      const { exitCode } = behaviour;
      later(container, behaviour.exitAfterMs ?? 0, () => this.#exit(container, exitCode));
    }
    if (!checked) return;
    if (behaviour.unhealthyAfterMs !== undefined)
      later(container, behaviour.unhealthyAfterMs, () => this.#health(container, "unhealthy"));
    else later(container, behaviour.healthyAfterMs ?? 0, () => this.#health(container, "healthy"));
  }

  #health(container: Container, health: "healthy" | "unhealthy"): void {
    this.#set(container, { health });
    this.#emit(container, { kind: "health", health });
  }

  #exit(container: Container, exitCode: number): void {
    if (container.status.state !== "running") return;
    container.life.abort();
    this.#set(container, { state: "exited", exitCode, addresses: {} });
    this.#emit(container, { kind: "die", exitCode });
  }

  /** Those that no container of the project is left in; containers of others are detached. */
  #removeUnusedNetworks(project: string): void {
    const used = new Set(this.#of(project).flatMap((container) => [...container.networks.keys()]));
    for (const [name, network] of this.#networks) {
      if (network.project !== project || used.has(name)) continue;
      this.#networks.delete(name);
      for (const container of this.#containers.values()) detach(container, name);
    }
  }

  #remove(container: Container): void {
    this.#exit(container, 137);
    this.#containers.delete(container.status.id);
    this.#emit(container, { kind: "destroy" });
  }

  #requireRunning(project: string, service: string, index: number): void {
    const found = this.#of(project).find(({ status }) => status.service === service && status.index === index);
    if (found?.status.state !== "running")
      throw new CiloError(EngineCode.serviceNotRunning, `service ${service} is not running`);
  }

  /** In each of its networks the address it has, else the lowest that is free. */
  #takeAddresses(container: Container): void {
    const taken = new Set([...this.#containers.values()].flatMap(({ status }) => Object.values(status.addresses)));
    const addresses = [...container.networks.keys()].map((name) => [
      name,
      container.status.addresses[name] ?? freeAddress(this.#networks.get(name)?.cidr, taken),
    ]);
    this.#set(container, { addresses: Object.fromEntries(addresses) });
  }

  #of(project: string): Container[] {
    return [...this.#containers.values()].filter((container) => container.project === project);
  }

  #behaviour(name: string, service: Service): FakeBehaviour {
    return this.#behaviours.get(name) ?? FakeBehaviour.parse(service["x-fake"] ?? {});
  }

  #set(container: Container, change: Partial<ContainerStatus>): void {
    container.status = { ...container.status, ...change };
  }

  #emit(container: Container, event: Pick<RuntimeEvent, "kind" | "health" | "exitCode">): void {
    const { id, service } = container.status;
    for (const listener of this.#listeners)
      listener({ ...event, composeProject: container.project, service, containerId: id, at: Date.now() });
  }
}
