import type { CredentialSigner } from "@cilo/api";
import type { Clock } from "@cilo/base";
import type { Cidr } from "@cilo/network";
import type { AgentCalls } from "./machines/agent-calls.ts";
import type { Jobs } from "./jobs/jobs.ts";
import type { Database } from "./store/database.ts";
import type { Metrics } from "./metrics.ts";

/** What services are made of. */
export interface Parts {
  readonly db: Database;
  readonly clock: Clock;
  readonly jobs: Jobs;
  readonly agents: AgentCalls;
  readonly signer: CredentialSigner;
  readonly pools: Pools;
  readonly limits: Limits;
  readonly metrics: Metrics;
}

/** Addresses that this server gives out. */
export interface Pools {
  readonly containers: Cidr;
  readonly services: Cidr;
  readonly devices: Cidr;
}

export interface Limits {
  /** A running environment that is idle for so long is stopped. */
  readonly idleStopMs: number;
  /** An environment that is idle for so long is destroyed. */
  readonly idleDestroyMs: number;
  readonly leaseMs: number;
  /** An operation that a machine did not begin within this time has failed. */
  readonly operationMs: number;
}
