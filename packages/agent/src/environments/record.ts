import { AgentOperation, Cidr, EnvironmentId, Format, Ipv4, Label, ProjectPath, Time } from "@cilo/api";
import * as z from "zod";

/** What is kept of an environment; what of it runs is asked of the engine. */
export const EnvironmentRecord = z.object({
  environmentId: EnvironmentId,
  block: Cidr,
  /** Since the first `up`. */
  name: z.optional(Label),
  format: z.optional(Format),
  /** The project's folder in what is uploaded; absent: the top. */
  projectPath: z.optional(ProjectPath),
  allowPrivileged: z.optional(z.boolean()),
  /** What it is to be, whatever happens to agent, engine and machine. */
  desired: z.enum(["prepared", "running", "stopped", "destroyed"]),
  operation: z.optional(AgentOperation),
  /** Service label → its tunnel address. Given once. */
  addresses: z.record(z.string(), Ipv4),
  /** What answered last: services go on while the agent starts again. */
  services: z.optional(z.array(z.object({ address: Ipv4, container: Ipv4 }))),
  sync: z.optional(z.object({ password: z.string(), expiresAt: Time })),
  lastActive: Time,
  payloadBytes: z.number(),
});
export type EnvironmentRecord = z.infer<typeof EnvironmentRecord>;
