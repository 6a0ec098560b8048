import type { EnvConfig } from "../workspace/env-rules.ts";
import type { CopyRules } from "../workspace/workspace.ts";

export type { EnvConfig, RenderRule } from "../workspace/env-rules.ts";

/**
 * `.cilo/config.yml`, validated. Every field has its default here, so that an absent file is a valid one.
 * Read from the *source* project at creation and from the workspace afterwards.
 */
export interface ProjectConfig {
  /** `project`: DNS label; absent: by the Compose name rule. */
  readonly project?: string;
  readonly composeFiles: readonly string[];
  readonly envFiles: readonly string[];
  readonly profiles: readonly string[];
  /** `dns_suffix`, with the leading dot; must be registered by `cilo init`. */
  readonly dnsSuffix?: string;
  readonly ingress?: string;
  /** service → whole host names */
  readonly hostnames: Readonly<Record<string, readonly string[]>>;
  readonly share: readonly string[];
  /** External networks and volumes that stay the engine's own, shared by all environments. */
  readonly keepExternal: readonly string[];
  readonly copy: CopyRules;
  readonly env: EnvConfig;
  readonly runtime?: string;
}
