import type { EnvironmentIdentity } from "../isolation/isolated-spec.ts";
import { type Containers, endpointsOf } from "./endpoints.ts";
import type { StoredIsolation } from "./isolation-file.ts";
import type { Names } from "./ports.ts";

/**
 * Publishes the names of whatever runs, each time it is told; the same as last time is not published again.
 * The first time it always is: what an earlier command published may be gone with a crashed DNS server.
 */
export function createPublisher(
  names: Names,
  request: {
    readonly identity: EnvironmentIdentity;
    readonly isolation: StoredIsolation;
    /** Containers of shared services, by Compose project. */
    readonly shared: Containers;
    readonly signal: AbortSignal;
  },
): (containers: Containers) => Promise<void> {
  let published: string | undefined;
  return async (containers) => {
    const endpoints = endpointsOf(request.isolation, new Map([...request.shared, ...containers]));
    const text = JSON.stringify(endpoints);
    if (text === published) return;
    await names.publish(request.identity, endpoints, { signal: request.signal });
    published = text;
  };
}
