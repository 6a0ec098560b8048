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
