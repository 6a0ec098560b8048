import * as z from "zod/mini";

/** `.cilo/config.yml` as it is written: snake_case, everything optional, nothing unknown. */
const names = z.array(z.string());

const RenderEntry = z.strictObject({
  file: z.string(),
  tokens: z.optional(z.boolean()),
  replace: z.optional(z.record(z.string(), z.string())),
});

export const ConfigFile = z.strictObject({
  project: z.optional(z.string()),
  compose_files: z.optional(names),
  env_files: z.optional(names),
  profiles: z.optional(names),
  dns_suffix: z.optional(z.string()),
  ingress: z.optional(z.string()),
  hostnames: z.optional(z.record(z.string(), names)),
  share: z.optional(names),
  keep_external: z.optional(names),
  copy: z.optional(z.strictObject({ ignore: z.optional(names), dot_dirs: z.optional(names) })),
  env: z.optional(
    z.strictObject({
      copy_mode: z.optional(z.enum(["all", "none", "allowlist"])),
      copy: z.optional(names),
      ignore: z.optional(names),
      init_hook: z.optional(z.string()),
      render: z.optional(z.array(RenderEntry)),
    }),
  ),
  runtime: z.optional(z.string()),
});
export type ConfigFile = z.infer<typeof ConfigFile>;

/** The keys a mapping at a path may have, for "did you mean". Paths with list positions written as `*`. */
export const KNOWN_KEYS: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(ConfigFile.shape),
  copy: ["ignore", "dot_dirs"],
  env: ["copy_mode", "copy", "ignore", "init_hook", "render"],
  "env.render.*": Object.keys(RenderEntry.shape),
};
