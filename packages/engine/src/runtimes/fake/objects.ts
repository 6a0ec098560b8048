import { type ComposeDocument, Label } from "../../isolation/isolated-spec.ts";
import type { Service } from "../../spec/spec.ts";
import type { FakeBehaviour } from "./behaviour.ts";
import type { ContainerStatus, RuntimeInfo } from "../runtime.ts";

/** A container of the in-memory engine. */
export interface Container {
  status: ContainerStatus;
  readonly project: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly definition: string;
  /** Aliases by network. */
  readonly networks: Map<string, readonly string[]>;
  readonly hasAnonymousVolume: boolean;
  /** What it did when it was last started. */
  behaviour: FakeBehaviour;
  /** Lines it has written. */
  output: readonly string[];
  /** Aborted when it stops or goes. */
  life: AbortController;
}

/** A network or volume of the in-memory engine. */
export interface Owned {
  readonly project: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly cidr?: string;
}

/** Acts after `ms`, unless the container stops before. */
export function later(container: Container, ms: number, act: () => void): void {
  const timer = setTimeout(act, ms);
  timer.unref();
  container.life.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

/** Containers that the service wants. */
export function replicas(service: Service): number {
  const inDeploy = service.deploy?.["replicas"];
  return service.scale ?? (typeof inDeploy === "number" ? inDeploy : 1);
}

/** Services after those they depend on. */
export function inOrder(services: Readonly<Record<string, Service>>): [string, Service][] {
  const ordered = new Map<string, Service>();
  const visit = (name: string, path: readonly string[]): void => {
    const service = services[name];
    if (service === undefined || ordered.has(name) || path.includes(name)) return;
    for (const dependency of Object.keys(service.depends_on ?? {})) visit(dependency, [...path, name]);
    ordered.set(name, service);
  };
  for (const name of Object.keys(services)) visit(name, []);
  return [...ordered];
}

/** Aliases by the engine's name of each network that the service is in. */
export function networksOf(
  project: string,
  service: Service,
  document: ComposeDocument,
): Map<string, readonly string[]> {
  return new Map(
    Object.entries(networkReferences(service)).map(([key, network]) => [
      document.networks?.[key]?.name ?? `${project}_${key}`,
      network?.aliases ?? [],
    ]),
  );
}

function networkReferences(service: Service): NonNullable<Service["networks"]> {
  return service.network_mode === undefined ? (service.networks ?? { default: null }) : {};
}

/** As `inspect` lists it. */
export function ownedObject(
  kind: RuntimeInfo["owned"][number]["kind"],
  object: Pick<Owned, "project" | "labels"> & { readonly id: string; readonly status?: ContainerStatus },
): RuntimeInfo["owned"][number] {
  const home = object.labels[Label.home];
  return {
    kind,
    id: object.id,
    name: object.status?.containerName ?? object.id,
    composeProject: object.project,
    shared: Label.shared in object.labels,
    ...(home === undefined ? {} : { home }),
  };
}

/** Network keys that some service is in; Compose makes no others. */
export function usedNetworks(document: ComposeDocument): Set<string> {
  return new Set(Object.values(document.services).flatMap((service) => Object.keys(networkReferences(service))));
}

/** Volume keys that some service mounts; Compose makes no others. */
export function usedVolumes(document: ComposeDocument): Set<string> {
  const mounts = Object.values(document.services).flatMap((service) => service.volumes ?? []);
  return new Set(mounts.flatMap(({ type, source }) => (type === "volume" && source !== undefined ? [source] : [])));
}

/** True when a volume of the service has no name. */
export function hasAnonymousVolume(service: Service): boolean {
  return (service.volumes ?? []).some(({ type, source }) => type === "volume" && source === undefined);
}

/** Takes a container out of a network. */
export function detach(container: Container, network: string): void {
  container.networks.delete(network);
  const addresses = Object.entries(container.status.addresses).filter(([name]) => name !== network);
  container.status = { ...container.status, addresses: Object.fromEntries(addresses) };
}

/** The lowest address of the network, after the gateway's, that is not taken; takes it. */
export function freeAddress(cidr: string | undefined, taken: Set<string>): string {
  const [a, b, c, d = 0] = (cidr ?? "10.222.0.0/16").split(/[./]/u).map(Number);
  for (let number = d + 2; ; number++) {
    const address = `${a}.${b}.${c}.${number}`;
    if (taken.has(address)) continue;
    taken.add(address);
    return address;
  }
}
