import type { Allocation, EndpointPort, EnvironmentIdentity, NetworkNeed } from "../isolation/isolated-spec.ts";

/** Gives environments their addresses. `cli` and `agent` wire it to `@cilo/network`. */
export interface Addresses {
  /**
   * Gives each network a subnet, keeping those of `previous` that still fit and claiming blocks as needed. A block is
   * claimed before it is answered, avoids `taken` and the host's routes, and belongs to the owner until `release`.
   * Safe to call again after a crash: what the owner already holds is used first.
   * @throws CiloError `ADDRESSES_EXHAUSTED`
   */
  allocate(request: AllocateRequest): Promise<Allocation>;
  /** Gives back every block of the owner. Nothing to give back is no failure. */
  release(owner: string): Promise<void>;
}

export interface AllocateRequest {
  /** `<project>/<environment>` */
  readonly owner: string;
  readonly needs: readonly NetworkNeed[];
  readonly previous?: Allocation;
  /** Subnets at the engine that are not the owner's, CIDR. */
  readonly taken: readonly string[];
  /** Services that want a loopback address; absent: none is wanted. */
  readonly loopback?: number;
  readonly signal: AbortSignal;
}

/** A service with the addresses it answers on now. */
export interface Endpoint {
  /** Name in the project. */
  readonly service: string;
  readonly label: string;
  /** One per container, by index; empty while nothing runs. */
  readonly addresses: readonly { readonly index: number; readonly address: string }[];
  readonly ports: readonly EndpointPort[];
  readonly hostnames: readonly string[];
  readonly ingress: boolean;
}

/** Publishes names. `cli` and `agent` wire it to `@cilo/network`. */
export interface Names {
  /**
   * Makes exactly these names answer for the environment, replacing what it had: `<label>.<env><suffix>` for each
   * service, `<label>-<n>.…` for each container of a scaled one, the apex `<project>.<env><suffix>` with its wildcard
   * on the ingress, and the extra hostnames. When it returns, the names answer.
   * @throws CiloError `HOSTNAME_REFUSED` when a hostname is under another environment's name or an unregistered suffix
   */
  publish(
    identity: EnvironmentIdentity,
    endpoints: readonly Endpoint[],
    options: { signal: AbortSignal },
  ): Promise<void>;
  /** Takes all its names away. When it returns, they no longer answer. */
  withdraw(
    identity: Pick<EnvironmentIdentity, "project" | "environment" | "suffix">,
    options: { signal: AbortSignal },
  ): Promise<void>;
}
