import type { EnvironmentSpec, Service } from "../spec/spec.ts";
import type { PlanInput } from "./input.ts";
import type { Place } from "./paths.ts";
import type { Report } from "./report.ts";

/** What is known of a whole project before any service of it is rewritten. */
export interface Survey {
  readonly spec: EnvironmentSpec;
  readonly input: PlanInput;
  /** The spec's services with network modes and namespaces settled: every one on a network names it. */
  readonly services: Readonly<Record<string, Service>>;
  /** Service → DNS label. */
  readonly labels: ReadonlyMap<string, string>;
  /** `container_name` → service. */
  readonly containers: ReadonlyMap<string, string>;
  /** Services that one container serves for all environments. */
  readonly shared: ReadonlySet<string>;
  /** Keys of networks and volumes that stay the engine's own. */
  readonly kept: { readonly networks: ReadonlySet<string>; readonly volumes: ReadonlySet<string> };
  /** Name at the engine, as the project has it → key of the network. */
  readonly networkNames: ReadonlyMap<string, string>;
  /** Image name in the project → the service that builds it. */
  readonly builders: ReadonlyMap<string, string>;
  /** Fixed address in the project → the service that had it. */
  readonly fixedAddresses: ReadonlyMap<string, string>;
  /** Service → those that live in its network (`network_mode: service:…`), however many steps away. */
  readonly tenants: ReadonlyMap<string, readonly string[]>;
  /** Services that run once and end with status 0. */
  readonly oneShots: ReadonlySet<string>;
  /** Service → whole extra host names. */
  readonly hostnames: ReadonlyMap<string, readonly string[]>;
  /** Service → names that others knew it by (links, extra_hosts), by network key. */
  readonly knownAs: KnownAs;
  readonly ingress?: string;
}

/** Target service → network key → names. */
export type KnownAs = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** The Compose project that services are rewritten for: an environment's, or a shared service's own. */
export interface Target {
  readonly composeProject: string;
  /** Labels on everything in it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly place: Place;
  /** Driver options of every network in it. */
  readonly networkOptions: Readonly<Record<string, string>>;
  /** The name of an image that is built in it, by the building service. */
  readonly imageOf: (builder: string) => string;
}

/** One service being rewritten. */
export interface ServiceContext {
  readonly name: string;
  readonly label: string;
  readonly survey: Survey;
  readonly target: Target;
  readonly report: Report;
}

/** One thing that isolation does to a service; returns it unchanged where there is nothing to do. */
export type ServiceStep = (service: Service, at: ServiceContext) => Service;
