import * as z from "zod/mini";

/** What a service does in the fake: `x-fake` of its definition, or `FakeRuntime.behave`. */
export const FakeBehaviour = z.object({
  /** Milliseconds from create to start. */
  startMs: z.optional(z.number()),
  /** Healthy this long after the start; with a healthcheck and without this: at once. */
  healthyAfterMs: z.optional(z.number()),
  /** Unhealthy this long after the start. */
  unhealthyAfterMs: z.optional(z.number()),
  /** Ends with this status … */
  exitCode: z.optional(z.number()),
  /** … this long after the start. */
  exitAfterMs: z.optional(z.number()),
  /** Lines it writes when it starts. */
  output: z.optional(z.array(z.string())),
  /** `up` fails before anything is touched, as a failed pull or build does. */
  failPull: z.optional(z.string()),
  /** `up` fails when it comes to start this service; what was created before stays. */
  failStart: z.optional(z.string()),
});
export type FakeBehaviour = z.infer<typeof FakeBehaviour>;
