import { Counter, Gauge, Histogram, Registry } from "prom-client";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

export type Metrics = ReturnType<typeof createMetrics>;

/** What `/metrics` tells. Gauges of rows are read from the database when they are asked for. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    request: new Histogram({
      name: "cilo_request_seconds",
      help: "Time to answer a request of the API",
      labelNames: ["route", "method", "status"] as const,
      buckets: SECONDS,
      registers,
    }),
    errors: new Counter({
      name: "cilo_errors_total",
      help: "Problems answered, by code",
      labelNames: ["code"] as const,
      registers,
    }),
    created: new Counter({ name: "cilo_environments_created_total", help: "Environments created", registers }),
    phase: new Histogram({
      name: "cilo_environment_phase_seconds",
      help: "Time per phase of bringing an environment up",
      labelNames: ["phase"] as const,
      buckets: SECONDS,
      registers,
    }),
    lifetime: new Histogram({
      name: "cilo_environment_lifetime_seconds",
      help: "From creation to destruction",
      buckets: [60, 300, 900, 3600, 4 * 3600, 8 * 3600, 24 * 3600, 7 * 24 * 3600],
      registers,
    }),
    machines: new Gauge({
      name: "cilo_machines",
      help: "Machines by state",
      labelNames: ["status"] as const,
      registers,
    }),
    environments: new Gauge({
      name: "cilo_environments",
      help: "Environments by state and format",
      labelNames: ["status", "format"] as const,
      registers,
    }),
    tunnels: new Gauge({ name: "cilo_tunnels_active", help: "Peers with a lease that runs", registers }),
  };
}
