import { CiloError } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { ComposeDocument } from "../../isolation/isolated-spec.ts";
import type { Service } from "../../spec/spec.ts";
import type { ContainerStatus, RuntimeEvent } from "../runtime.ts";
import type { FakeBehaviour } from "./behaviour.ts";
import {
  type Container,
  detach,
  freeAddress,
  hasAnonymousVolume,
  later,
  networksOf,
  type Owned,
  replicas,
  usedNetworks,
  usedVolumes,
} from "./objects.ts";

/** Containers, networks and volumes of an engine that is only in memory, and what happens to them. */
export class FakeEngine {
  readonly containers = new Map<string, Container>();
  readonly networks = new Map<string, Owned>();
  readonly volumes = new Map<string, Owned>();
  readonly listeners = new Set<(event: RuntimeEvent) => void>();
  #serial = 0;

  /** Containers of a Compose project. */
  of(project: string): Container[] {
    return [...this.containers.values()].filter((container) => container.project === project);
  }

  /** Answers whether a network was replaced, whose containers are to be recreated. */
  makeNetworks(project: string, document: ComposeDocument): boolean {
    let replaced = false;
    const used = usedNetworks(document);
    for (const [key, network] of Object.entries(document.networks ?? {})) {
      const name = network?.name ?? `${project}_${key}`;
      const cidr = network?.ipam?.config?.[0]?.subnet;
      const there = this.networks.get(name);
      if (network?.external === true || !used.has(key) || (there !== undefined && there.cidr === cidr)) continue;
      replaced ||= there !== undefined;
      this.#refuseOverlap(name, cidr);
      this.networks.set(name, { project, labels: network?.labels ?? {}, ...(cidr === undefined ? {} : { cidr }) });
    }
    return replaced;
  }

  #refuseOverlap(name: string, cidr: string | undefined): void {
    if (cidr === undefined || ![...this.networks.values()].some((other) => other.cidr === cidr)) return;
    throw new CiloError(EngineCode.subnetTaken, `network ${name}: ${cidr} overlaps with another network`);
  }

  makeVolumes(project: string, document: ComposeDocument): void {
    const used = usedVolumes(document);
    for (const [key, volume] of Object.entries(document.volumes ?? {}))
      if (volume?.external !== true && used.has(key))
        this.volumes.set(volume?.name ?? `${project}_${key}`, { project, labels: volume?.labels ?? {} });
  }

  removeOrphans(project: string, services: readonly (readonly [string, Service])[]): void {
    const wanted = new Map(services.map(([name, service]) => [name, replicas(service)]));
    for (const container of this.of(project))
      if (container.status.index > (wanted.get(container.status.service) ?? 0)) this.remove(container);
  }

  /** Makes or replaces the service's containers that are not there as defined; the names of what it made. */
  createContainers(
    project: string,
    name: string,
    options: { readonly service: Service; readonly document: ComposeDocument; readonly recreate: boolean },
  ): string[] {
    const { service, document, recreate } = options;
    const definition = JSON.stringify(service);
    const indexes = Array.from({ length: replicas(service) }, (_, index) => index + 1);
    return indexes.flatMap((index) => {
      const old = this.of(project).find(({ status }) => status.service === name && status.index === index);
      if (old !== undefined && old.definition === definition && !recreate) return [];
      if (old !== undefined) this.remove(old);
      const containerName = service.container_name ?? `${project}-${name}-${index}`;
      const id = (++this.#serial).toString(16).padStart(64, "0");
      this.containers.set(id, {
        project,
        definition,
        labels: service.labels ?? {},
        networks: networksOf(project, service, document),
        hasAnonymousVolume: hasAnonymousVolume(service),
        output: [],
        behaviour: {},
        life: new AbortController(),
        status: { id, containerName, service: name, index, state: "created", addresses: {} },
      });
      return [containerName];
    });
  }

  start(container: Container, behaviour: FakeBehaviour, options: { readonly checked: boolean }): void {
    container.life = new AbortController();
    const { exitCode: _exitCode, health: _health, ...before } = container.status;
    container.status = {
      ...before,
      state: "running",
      startedAt: Date.now(),
      ...(options.checked ? { health: "starting" } : {}),
    };
    container.output = [...container.output, ...(behaviour.output ?? [])];
    container.behaviour = behaviour;
    this.takeAddresses(container);
    this.#emit(container, { kind: "start" });
    this.#schedule(container, behaviour, options);
  }

  #schedule(container: Container, behaviour: FakeBehaviour, { checked }: { readonly checked: boolean }): void {
    const { exitCode, exitAfterMs = 0, unhealthyAfterMs, healthyAfterMs = 0 } = behaviour;
    if (exitCode !== undefined) later(container, exitAfterMs, () => this.exit(container, exitCode));
    if (!checked) return;
    if (unhealthyAfterMs === undefined) later(container, healthyAfterMs, () => this.#health(container, "healthy"));
    else later(container, unhealthyAfterMs, () => this.#health(container, "unhealthy"));
  }

  #health(container: Container, health: "healthy" | "unhealthy"): void {
    this.#set(container, { health });
    this.#emit(container, { kind: "health", health });
  }

  exit(container: Container, exitCode: number): void {
    if (container.status.state !== "running") return;
    container.life.abort();
    this.#set(container, { state: "exited", exitCode, addresses: {} });
    this.#emit(container, { kind: "die", exitCode });
  }

  /** Stops the container as a signal does and starts it again as it was. */
  restart(container: Container): void {
    const checked = container.status.health !== undefined;
    this.exit(container, 143);
    this.start(container, container.behaviour, { checked });
  }

  remove(container: Container): void {
    this.exit(container, 137);
    this.containers.delete(container.status.id);
    this.#emit(container, { kind: "destroy" });
  }

  /** Those that no container of the project is left in; containers of others are detached. */
  removeUnusedNetworks(project: string): void {
    const used = new Set(this.of(project).flatMap((container) => [...container.networks.keys()]));
    for (const [name, network] of this.networks) {
      if (network.project !== project || used.has(name)) continue;
      this.networks.delete(name);
      for (const container of this.containers.values()) detach(container, name);
    }
  }

  removeVolumes(project: string): void {
    for (const [name, volume] of this.volumes) if (volume.project === project) this.volumes.delete(name);
  }

  /** In each of its networks the address it has, else the lowest that is free. */
  takeAddresses(container: Container): void {
    const taken = new Set([...this.containers.values()].flatMap(({ status }) => Object.values(status.addresses)));
    const addresses = [...container.networks.keys()].map((name) => [
      name,
      container.status.addresses[name] ?? freeAddress(this.networks.get(name)?.cidr, taken),
    ]);
    this.#set(container, { addresses: Object.fromEntries(addresses) });
  }

  #set(container: Container, change: Partial<ContainerStatus>): void {
    container.status = { ...container.status, ...change };
  }

  #emit(container: Container, event: Pick<RuntimeEvent, "kind" | "health" | "exitCode">): void {
    const { id, service } = container.status;
    for (const listener of this.listeners)
      listener({ ...event, composeProject: container.project, service, containerId: id, at: Date.now() });
  }
}
