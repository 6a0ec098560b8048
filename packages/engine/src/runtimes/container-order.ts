import type { ContainerStatus } from "./runtime.ts";

/** The order in which a runtime answers containers. */
export function byServiceAndIndex(a: ContainerStatus, b: ContainerStatus): number {
  if (a.service === b.service) return a.index - b.index;
  return a.service < b.service ? -1 : 1;
}
