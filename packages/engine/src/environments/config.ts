import type { CopyRules } from "../workspace/workspace.ts";

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

/** How `.env*` files come into the workspace and what is done to them there. */
export interface EnvConfig {
  /** `all`: every env file but those of `ignore`; `none`: none; `allowlist`: those of `copy` but not of `ignore`. Both are gitignore patterns. */
  readonly copyMode: "all" | "none" | "allowlist";
  readonly copy: readonly string[];
  readonly ignore: readonly string[];
  /** Command run on the host in the workspace after copying, once the user allowed this content. */
  readonly initHook?: string;
  readonly render: readonly RenderRule[];
}

/** Tokens `${CILO_…}` and replacements put into one file of the workspace. */
export interface RenderRule {
  readonly file: string;
  readonly tokens: boolean;
  readonly replace: Readonly<Record<string, string>>;
}
