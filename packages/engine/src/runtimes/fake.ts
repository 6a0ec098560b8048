import { CiloError, delay, poll } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { type IsolatedSpec, Label } from "../isolation/isolated-spec.ts";
import type { Dependency, Service } from "../spec/spec.ts";
import { byServiceAndIndex } from "./container-order.ts";
import { FakeBehaviour } from "./fake/behaviour.ts";
import { FakeEngine } from "./fake/engine.ts";
import { detach, inOrder, type Owned, ownedObject } from "./fake/objects.ts";
import type {
  ContainerStatus,
  EngineProgram,
  ImageDetails,
  Runtime,
  RuntimeAction,
  RuntimeEvent,
  RuntimeInfo,
  RuntimeStatus,
  RuntimeTarget,
  StatusFilter,
  UpOptions,
} from "./runtime.ts";

export type { FakeBehaviour } from "./fake/behaviour.ts";

/** A {@link Runtime} in memory, for tests of what stands on runtimes. It passes the conformance suite. */
export interface FakeRuntime extends Runtime {
  /** Beats the `x-fake` of a service from now on. */
  behave(service: string, behaviour: FakeBehaviour): void;
  /** Every later call fails with ENGINE_UNREACHABLE, or works again. */
  setReachable(reachable: boolean): void;
  /** The next `up` fails with this and touches nothing. */
  failNextUp(error: CiloError): void;
  /** Ends a running container as if its program had died. */
  kill(composeProject: string, service: string, exitCode: number): void;
  /** Everything the engine has of a Compose project, as `<kind> <name>`. */
  objects(composeProject: string): string[];
  /** Adds a network of somebody else's. */
  addForeignNetwork(name: string, cidr: string): void;
  /** Every call that changed something, e.g. `up cilo_shop_dev`. */
  readonly calls: readonly string[];
  /** Actions given to `attach`. */
  readonly actions: readonly RuntimeAction[];
  /** What `attach` answers from now on. Default 0. */
  setExitStatus(status: number): void;
}

/** An engine with nothing in it. */
export function createFakeRuntime(): FakeRuntime {
  return new Fake();
}

interface Options {
  readonly signal: AbortSignal;
}

class Fake implements FakeRuntime {
  readonly name = "fake";
  readonly calls: string[] = [];
  readonly actions: RuntimeAction[] = [];
  readonly #engine = new FakeEngine();
  readonly #behaviours = new Map<string, FakeBehaviour>();
  #reachable = true;
  #nextFailure: CiloError | undefined;
  #exitStatus = 0;

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
    this.#engine.networks.set(name, { project: "", labels: {}, cidr });
  }

  kill(composeProject: string, service: string, exitCode: number): void {
    for (const container of this.#engine.of(composeProject))
      if (container.status.service === service) this.#engine.exit(container, exitCode);
  }

  objects(composeProject: string): string[] {
    const named = (kind: string, map: ReadonlyMap<string, Owned>): string[] =>
      [...map].filter(([, owned]) => owned.project === composeProject).map(([name]) => `${kind} ${name}`);
    return [
      ...this.#engine.of(composeProject).map((container) => `container ${container.status.containerName}`),
      ...named("network", this.#engine.networks),
      ...named("volume", this.#engine.volumes),
    ].sort();
  }

  async up({ composeProject }: RuntimeTarget, { document }: IsolatedSpec, options: UpOptions): Promise<void> {
    this.#enter(options.signal, `up ${composeProject}`);
    const services = inOrder(document.services);
    this.#refusePulls(services);
    const recreate = this.#engine.makeNetworks(composeProject, document) || options.recreate;
    this.#engine.makeVolumes(composeProject, document);
    this.#engine.removeOrphans(composeProject, services);
    for (const [name, service] of services) {
      const made = this.#engine.createContainers(composeProject, name, { service, document, recreate });
      for (const container of made) options.onProgress?.(`Container ${container} Created`);
    }
    if (options.createOnly === true) return;
    for (const [name, service] of services) await this.#start(composeProject, name, { service, options });
  }

  async down({ composeProject }: RuntimeTarget, { signal }: Options): Promise<void> {
    this.#enter(signal, `down ${composeProject}`);
    for (const container of this.#engine.of(composeProject))
      if (container.hasAnonymousVolume) this.#engine.exit(container, 137);
      else this.#engine.remove(container);
    this.#engine.removeUnusedNetworks(composeProject);
  }

  async destroy(composeProject: string, { signal }: Options): Promise<void> {
    this.#enter(signal, `destroy ${composeProject}`);
    for (const container of this.#engine.of(composeProject)) this.#engine.remove(container);
    this.#engine.removeUnusedNetworks(composeProject);
    this.#engine.removeVolumes(composeProject);
  }

  async status(filter: StatusFilter, { signal }: Options): Promise<RuntimeStatus> {
    this.#enter(signal);
    const environments = new Map<string, ContainerStatus[]>();
    for (const { project, labels, status } of this.#engine.containers.values()) {
      if (filter.composeProject !== undefined && filter.composeProject !== project) continue;
      if (filter.home !== undefined && filter.home !== labels[Label.home]) continue;
      environments.set(project, [...(environments.get(project) ?? []), status]);
    }
    for (const statuses of environments.values()) statuses.sort(byServiceAndIndex);
    return { environments };
  }

  async *events(
    composeProject: string,
    { signal, ready }: Options & { ready?: () => void },
  ): AsyncGenerator<RuntimeEvent> {
    if (signal.aborted) return;
    this.#enter(signal);
    const queue: RuntimeEvent[] = [];
    let wake = (): void => undefined;
    const listener = (event: RuntimeEvent): void => {
      if (event.composeProject === composeProject) queue.push(event);
      wake();
    };
    const onAbort = (): void => wake();
    this.#engine.listeners.add(listener);
    signal.addEventListener("abort", onAbort);
    try {
      ready?.();
      while (!signal.aborted) {
        const next = queue.shift();
        if (next === undefined) await new Promise<void>((resolve) => (wake = resolve));
        else yield next;
      }
    } finally {
      this.#engine.listeners.delete(listener);
      signal.removeEventListener("abort", onAbort);
    }
  }

  async connect(
    request: { containerId: string; network: string; aliases: readonly string[] },
    { signal }: Options,
  ): Promise<void> {
    this.#enter(signal);
    const container = this.#engine.containers.get(request.containerId);
    if (container === undefined || !this.#engine.networks.has(request.network))
      throw new CiloError(EngineCode.engineFailed, `no container or network to connect: ${request.network}`);
    container.networks.set(request.network, request.aliases);
    if (container.status.state === "running") this.#engine.takeAddresses(container);
  }

  async disconnect(request: { containerId: string; network: string }, { signal }: Options): Promise<void> {
    this.#enter(signal);
    const container = this.#engine.containers.get(request.containerId);
    if (container !== undefined) detach(container, request.network);
  }

  async restart({ composeProject }: RuntimeTarget, services: readonly string[], { signal }: Options): Promise<void> {
    this.#enter(signal, `restart ${services.join(" ")}`);
    for (const container of this.#engine.of(composeProject))
      if (services.includes(container.status.service)) this.#engine.restart(container);
  }

  async tag({ imageId, name }: { imageId: string; name: string }, { signal }: Options): Promise<void> {
    this.#enter(signal, `tag ${imageId} ${name}`);
  }

  async tail(
    { composeProject, service, lines }: { composeProject: string; service: string; lines: number },
    { signal }: Options,
  ): Promise<readonly string[]> {
    this.#enter(signal);
    const containers = this.#engine.of(composeProject).filter(({ status }) => status.service === service);
    return containers.flatMap(({ output }) => output).slice(-lines);
  }

  async build(_target: RuntimeTarget, services: readonly string[], { signal }: Options): Promise<void> {
    this.#enter(signal);
    this.calls.push(`build ${services.join(" ")}`);
  }

  async image(_reference: string, { signal }: Options): Promise<ImageDetails | undefined> {
    this.#enter(signal);
    return await Promise.resolve(undefined);
  }

  async program({ signal }: Options): Promise<EngineProgram> {
    this.#enter(signal);
    throw new CiloError(EngineCode.engineMissing, "an engine in memory has no program");
  }

  async attach({ composeProject }: RuntimeTarget, action: RuntimeAction, { signal }: Options): Promise<number> {
    this.#enter(signal);
    this.actions.push(action);
    if (action.kind === "exec") this.#requireRunning(composeProject, action.service, action.index ?? 1);
    return this.#exitStatus;
  }

  async inspect({ signal }: Options): Promise<RuntimeInfo> {
    this.#enter(signal);
    const { containers, networks, volumes } = this.#engine;
    return {
      engineVersion: "1.0.0",
      composeVersion: "2.0.0",
      endpoint: "fake:",
      directAddresses: true,
      subnets: [...networks].flatMap(([network, { project, cidr }]) =>
        cidr === undefined ? [] : [{ network, cidr, ...(project === "" ? {} : { composeProject: project }) }],
      ),
      owned: [
        ...[...containers].map(([id, container]) => ownedObject("container", { id, ...container })),
        ...[...networks].map(([id, network]) => ownedObject("network", { id, ...network })),
        ...[...volumes].map(([id, volume]) => ownedObject("volume", { id, ...volume })),
      ].filter(({ home }) => home !== undefined),
    };
  }

  #enter(signal: AbortSignal, call?: string): void {
    signal.throwIfAborted();
    if (!this.#reachable) throw new CiloError(EngineCode.engineUnreachable, "the fake engine is switched off");
    if (call !== undefined) this.calls.push(call);
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

  async #start(
    project: string,
    name: string,
    { service, options }: { service: Service; options: UpOptions },
  ): Promise<void> {
    const behaviour = this.#behaviour(name, service);
    const checked = service.healthcheck !== undefined && service.healthcheck.disable !== true;
    for (const [dependency, { condition }] of Object.entries(service.depends_on ?? {}))
      await this.#awaitDependency(project, dependency, { condition, signal: options.signal });
    for (const container of this.#engine.of(project)) {
      if (container.status.service !== name || container.status.state === "running") continue;
      options.signal.throwIfAborted();
      if (behaviour.startMs !== undefined) await delay(behaviour.startMs, options.signal);
      if (behaviour.failStart !== undefined)
        throw new CiloError(EngineCode.engineFailed, `${name}: ${behaviour.failStart}`);
      this.#engine.start(container, behaviour, { checked });
      options.onProgress?.(`Container ${container.status.containerName} Started`);
    }
  }

  async #awaitDependency(
    project: string,
    service: string,
    { condition, signal }: Pick<Dependency, "condition"> & Options,
  ): Promise<void> {
    const isMet = (): boolean => {
      const containers = this.#engine.of(project).filter(({ status }) => status.service === service);
      return containers.every(({ status }) => meets(status, condition));
    };
    await poll(isMet, { signal, timeoutMs: 60_000, intervalMs: 1, what: `${service} to be ${condition}` });
  }

  #requireRunning(project: string, service: string, index: number): void {
    const containers = this.#engine.of(project);
    const found = containers.find(({ status }) => status.service === service && status.index === index);
    if (found?.status.state !== "running")
      throw new CiloError(EngineCode.serviceNotRunning, `service ${service} is not running`);
  }

  #behaviour(name: string, service: Service): FakeBehaviour {
    return this.#behaviours.get(name) ?? FakeBehaviour.parse(service["x-fake"] ?? {});
  }
}

function meets({ service, state, health, exitCode }: ContainerStatus, condition: string): boolean {
  if (condition === "service_healthy") {
    if (health === "unhealthy") throw new CiloError(EngineCode.serviceUnhealthy, `service ${service} is unhealthy`);
    if (state === "exited") throw new CiloError(EngineCode.serviceExited, `service ${service} exited`);
    return health === "healthy";
  }
  if (condition === "service_completed_successfully") {
    if (state === "exited" && exitCode !== 0)
      throw new CiloError(EngineCode.serviceExited, `service ${service} exited with ${exitCode}`);
    return state === "exited";
  }
  return true;
}
