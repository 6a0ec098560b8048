import type { EnvironmentSpec, Notice } from "../spec/spec.ts";
import type { Workbench } from "../spec/workbench.ts";

/** Which environment, of which project, in whose home. */
export interface EnvironmentIdentity {
  /** DNS label. */
  readonly project: string;
  /** DNS label, unique on the machine. */
  readonly environment: string;
  /** Identifier of the CILO_HOME, 8 hex digits; keeps two homes on one engine apart. */
  readonly home: string;
  /** With the leading dot: `.test`. */
  readonly suffix: string;
}

/** The labels on everything of ours at an engine. `doctor` and `destroy` find things by them. */
export const Label = {
  home: "cilo.home",
  project: "cilo.project",
  environment: "cilo.environment",
  service: "cilo.service",
  /** On a shared service's container: the hash of its definition. */
  shared: "cilo.shared",
} as const;

/** A network the isolated spec needs, before it has a subnet. */
export interface NetworkNeed {
  /** Key in the isolated spec. */
  readonly key: string;
  /** Addresses for containers, scaled and shared services counted, the gateway not. */
  readonly hosts: number;
}

/** What the address plan gave an environment. */
export interface Allocation {
  /** CIDR blocks claimed for it; every subnet lies in one of them. */
  readonly blocks: readonly string[];
  /** Network key → IPv4 subnet in CIDR form. */
  readonly subnets: Readonly<Record<string, string>>;
  /** Block of loopback addresses, in CIDR form, that its services are published on; absent: containers are reached directly. */
  readonly loopback?: string;
}

/** A container port a name answers on. */
export interface EndpointPort {
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** The host port the project would have published, as text; absent when it was only exposed. */
  readonly published?: string;
  /** A browser would use it: the project says so (`app_protocol`, `name`), or servers of common stacks listen there. */
  readonly scheme?: "http" | "https";
}

/** What is known of a service before it runs. */
export interface IsolatedService {
  /** Name in the project. */
  readonly name: string;
  /** Its DNS label. */
  readonly label: string;
  readonly ports: readonly EndpointPort[];
  /** Whole extra names it answers to (`cilo.hostnames` and config). */
  readonly hostnames: readonly string[];
  /** Containers wanted. */
  readonly scale: number;
  /** Runs once and ends with status 0 (something waits for `service_completed_successfully`, or it reads like a job). */
  readonly oneShot: boolean;
  /** The service whose network it uses (`network_mode: service:…`): its addresses are that one's. */
  readonly networkOf?: string;
  /** The loopback address that its ports are published on; absent: its containers are reached directly, or not at all. */
  readonly loopback?: string;
}

/** A service that one container serves for several environments of a project. */
export interface SharedService {
  readonly name: string;
  readonly label: string;
  /** Hash of its whole definition: another definition is another container. */
  readonly hash: string;
  /** Compose project of the shared container. */
  readonly composeProject: string;
  /** The Compose document that runs it. */
  readonly document: ComposeDocument;
  /** Network keys of the environment it is attached to, with its aliases there. */
  readonly networks: Readonly<Record<string, readonly string[]>>;
  readonly ports: readonly EndpointPort[];
  readonly hostnames: readonly string[];
}

/** What is handed to Compose: the spec's sections in canonical form. Values are still literal (`$` not doubled). */
export type ComposeDocument = Pick<
  EnvironmentSpec,
  "name" | "services" | "networks" | "volumes" | "configs" | "secrets"
> & {
  readonly other?: EnvironmentSpec["other"];
};

/** Something an environment has in common with the host or with other environments. */
export interface SharedWithHost {
  readonly kind:
    | "bind"
    | "engine-socket"
    | "device"
    | "network"
    | "volume"
    | "namespace"
    | "build-context"
    | "file"
    | "service"
    /** The container may do nearly everything the host's root may. */
    | "privileged"
    /** A capability beyond the engine's default set. */
    | "capability"
    /** A `security_opt` that loosens what the engine does by default. */
    | "security-option"
    /** A program of the host that Compose starts (`provider`, `build.ssh`'s agent). */
    | "program";
  /** The host path, or the name of what is shared. */
  readonly what: string;
  readonly service?: string;
  /** Mounted read-only. */
  readonly readOnly: boolean;
}

/** An environment ready to be run. Pure data; equal inputs give equal output, byte for byte. */
export interface IsolatedSpec {
  readonly identity: EnvironmentIdentity;
  /** Compose project name, unique for home, project and environment. */
  readonly composeProject: string;
  readonly document: ComposeDocument;
  readonly services: readonly IsolatedService[];
  /** Service that gets the apex name and its wildcard. */
  readonly ingress?: string;
  /** The service that is entered, where the project has one. */
  readonly workbench?: Workbench;
  readonly shared: readonly SharedService[];
  readonly sharedWithHost: readonly SharedWithHost[];
  readonly notices: readonly Notice[];
}
