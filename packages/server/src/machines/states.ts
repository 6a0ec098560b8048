import type { MachineStatus } from "@cilo/api";

/**
 * The moves a machine can make; the database keeps them too.
 *
 * registering | provisioning → ready ⇄ assigned (carries environments, and may take more while there is room)
 * any ⇄ unhealthy · any → draining → ready | destroying · destroying: forgotten when its last trace is removed
 */
export const machineMoves = {
  registering: ["ready", "unhealthy", "destroying"],
  provisioning: ["ready", "unhealthy", "destroying"],
  ready: ["assigned", "unhealthy", "draining", "destroying"],
  assigned: ["ready", "unhealthy", "draining", "destroying"],
  unhealthy: ["registering", "ready", "assigned", "draining", "destroying"],
  draining: ["ready", "unhealthy", "destroying"],
  destroying: [],
} as const satisfies Record<MachineStatus, readonly MachineStatus[]>;
