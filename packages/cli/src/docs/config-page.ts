import { GENERATED } from "./generated.ts";

/** Every key of `.cilo/config.yml`; a test compares them with those the engine knows. */
export const configKeys: Readonly<Record<string, readonly [type: string, meaning: string]>> = {
  project: [
    "name",
    "The project's name, a DNS label: part of `<project>.<env>.test`. Default: by the Compose name rule",
  ],
  compose_files: ["list of paths", "As `-f`. Default: the files Compose finds by itself"],
  env_files: ["list of paths", "As `--env-file`. Default: `.env`"],
  profiles: ["list of names", "As `--profile`"],
  dns_suffix: ["suffix", "In place of `.test`; registered on the machine by `cilo init --suffix`"],
  ingress: [
    "service",
    "Answers to `<project>.<env>.test` and every name under it. Default: the label `cilo.ingress`, else the only service with an HTTP port, else web, app, frontend or nginx",
  ],
  hostnames: [
    "service → list of names",
    "Whole host names a service answers to as well, as the label `cilo.hostnames`; under a registered suffix",
  ],
  share: ["list of services", "One container for all environments of the project, as the label `cilo.share`"],
  keep_external: [
    "list of names",
    "External networks and volumes that stay the engine's own; others become the environment's own",
  ],
  "copy.ignore": ["list of patterns", "Left out of the workspace, gitignore syntax; after those of `.ciloignore`"],
  "copy.dot_dirs": ["list of names", "Dot folders that are left out, or kept with a `!` before the name"],
  "env.copy_mode": [
    "all, none or allowlist",
    "Which `.env*` files come into the workspace: all, none, or those of `env.copy`. Default: all",
  ],
  "env.copy": ["list of patterns", "With `copy_mode: allowlist`: the env files that come in, gitignore syntax"],
  "env.ignore": ["list of patterns", "Env files that are left out"],
  "env.init_hook": [
    "command line",
    "Run on this machine in the workspace after it was copied, once you allowed exactly this content",
  ],
  "env.render": ["list", "Files of the workspace that tokens are put into"],
  "env.render.*.file": ["path", "In the project"],
  "env.render.*.tokens": ["true or false", "`${CILO_ENV}` and the other `CILO_` variables are replaced. Default: true"],
  "env.render.*.replace": ["text → text", "Further replacements"],
  runtime: ["name", "Container engine. Default: docker"],
};

/** docs/reference/config.md */
export function configPage(): string {
  return [
    "# .cilo/config.yml",
    GENERATED,
    "What a project says about its environments. Every key is optional, an absent file is a valid one, and a key that is not known is an error with its line. `cilo setup` writes the file by asking. It is read from the source when an environment is created, and from the environment's workspace afterwards.",
    [
      "| key | is | means |",
      "| --- | --- | --- |",
      ...Object.entries(configKeys).map(([key, [type, meaning]]) => `| \`${key}\` | ${type} | ${meaning} |`),
    ].join("\n"),
    EXAMPLE,
  ]
    .join("\n\n")
    .concat("\n");
}

const EXAMPLE = `\`\`\`yaml
project: shop
ingress: web
hostnames:
  web: [shop.test]
share: [mail]
copy:
  ignore: [coverage/, "*.sqlite"]
env:
  copy_mode: allowlist
  copy: [.env]
  init_hook: ./scripts/seed.sh
  render:
    - file: .env
      replace:
        "http://localhost:3000": "\${CILO_BASE_URL}"
\`\`\``;
