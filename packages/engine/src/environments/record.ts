import * as z from "zod/mini";

/** What `up`/`create` were asked, remembered so that a later `up` without options means the same. */
export const EnvironmentOptions = z.object({
  /** `-f`, as typed, relative to the project folder. */
  files: z.array(z.string()),
  profiles: z.array(z.string()),
  envFiles: z.array(z.string()),
  /** `--format`; absent: detected. */
  format: z.optional(z.string()),
  /** `--devcontainer`. */
  devcontainer: z.exactOptional(z.string()),
  /** Services asked to be shared or isolated on the command line; these beat labels and config. */
  share: z.array(z.string()),
  isolate: z.array(z.string()),
  scale: z.record(z.string(), z.number()),
  /** Extra host names by service, from `cilo hostnames add`. */
  hostnames: z.exactOptional(z.record(z.string(), z.array(z.string()))),
});
export type EnvironmentOptions = z.infer<typeof EnvironmentOptions>;

/**
 * What an environment *is*: `envs/<project>/<environment>/environment.json`. What of it runs is asked of the engine.
 *
 * Phases: `creating` (no `up` or `create` has ended yet: `up` starts over, `destroy` removes) → `ready` →
 * `destroying` (everything is being removed; only `destroy` goes on from here). The file is the last thing removed.
 */
export const EnvironmentRecord = z.object({
  version: z.literal(1),
  project: z.string(),
  environment: z.string(),
  phase: z.enum(["creating", "ready", "destroying"]),
  /** Absolute path of the folder that was copied: the git work tree's top level, or the project folder. */
  sourceRoot: z.string(),
  /** The project folder (`--from`) relative to `sourceRoot`; `""` when it is the same. */
  projectPath: z.string(),
  format: z.string(),
  runtime: z.string(),
  suffix: z.string(),
  /** ISO 8601. */
  createdAt: z.string(),
  options: EnvironmentOptions,
  /** Absent before addresses were claimed. */
  allocation: z.optional(
    z.object({
      blocks: z.array(z.string()),
      subnets: z.record(z.string(), z.string()),
      loopback: z.exactOptional(z.string()),
    }),
  ),
  /** While `destroying` with `--keep-workspace`: where the workspace is put. */
  keepWorkspaceAt: z.optional(z.string()),
});
export type EnvironmentRecord = z.infer<typeof EnvironmentRecord>;
