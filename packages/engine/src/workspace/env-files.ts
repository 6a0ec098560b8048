import type { EnvConfig } from "./env-rules.ts";
import type { CopyRules } from "./workspace.ts";

/** Files that hold variables, wherever they are; their samples are no such files. */
const ENV_FILES: readonly string[] = [
  ".env",
  ".env.*",
  "!.env.example",
  "!.env.sample",
  "!.env.template",
  "!.env.dist",
];

/**
 * The one rule of what is copied, with what the config says of env files: in `all` every one but `ignore`, in `none`
 * none, in `allowlist` those that `copy` names (gitignore patterns all) but not those of `ignore`. What is left out is
 * not there for sync and merge either, so neither takes its absence for a removal.
 */
export function copyRulesOf(config: { readonly copy: CopyRules; readonly env: EnvConfig }): CopyRules {
  const { copyMode, copy, ignore } = config.env;
  const left = copyMode === "all" ? [] : ENV_FILES;
  const taken = copyMode === "allowlist" ? copy.map((pattern) => `!${pattern}`) : [];
  return { ...config.copy, ignore: [...config.copy.ignore, ...left, ...taken, ...ignore] };
}
