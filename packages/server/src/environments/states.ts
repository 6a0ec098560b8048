import type { EnvironmentStatus } from "@cilo/api";

/**
 * The moves an environment can make. The database keeps them too (store/migrations), so that no other is possible
 * whatever runs against it; a test holds the two together.
 *
 * provisioning → syncing → running ⇄ syncing (again) · running ⇄ degraded · running → stopped → running
 * any → failed → syncing · any → destroying → destroyed
 */
export const environmentMoves = {
  provisioning: ["syncing", "failed", "destroying"],
  syncing: ["running", "failed", "destroying"],
  running: ["syncing", "degraded", "stopped", "failed", "destroying"],
  degraded: ["running", "syncing", "stopped", "failed", "destroying"],
  stopped: ["running", "syncing", "failed", "destroying"],
  failed: ["syncing", "destroying"],
  destroying: ["destroyed"],
  destroyed: [],
} as const satisfies Record<EnvironmentStatus, readonly EnvironmentStatus[]>;
