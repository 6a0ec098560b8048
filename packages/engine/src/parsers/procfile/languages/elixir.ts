import { type Language, present } from "../language.ts";
import type { Project } from "../project.ts";
import { matchOf, mise, numberOf, toolVersions, versionOf } from "../versions.ts";

export const elixir: Language = {
  name: "Elixir",
  id: "ELIXIR",
  looksFor: ["mix.exs"],
  buildpacks: ["elixir"],
  detect: (project) =>
    project.has("mix.exs")
      ? {
          language: "Elixir",
          ...versionOf(project, [
            matchOf("elixir_buildpack.config", /^\s*elixir_version\s*=\s*(\S+)/mu),
            toolVersions("elixir"),
            mise("elixir"),
            matchOf("mix.exs", /\belixir:\s*"([^"]+)"/u),
          ]),
          manager: "mix",
          ...(otpOf(project) === "" ? {} : { runtime: `OTP ${otpOf(project)}` }),
        }
      : undefined,
  plan: (project, { version }) => ({
    image: `hexpm/elixir:${numberOf(version, "1.18.4")}-erlang-${numberOf(otpOf(project), "27.3.4")}-debian-bookworm-20250520-slim`,
    packages: ["build-essential", "git"],
    env: { MIX_HOME: "/opt/mix", HEX_HOME: "/opt/hex" },
    setup: ["mkdir -p /opt/mix /opt/hex && chown 1000:1000 /opt/mix /opt/hex"],
    manifests: [
      ...present(project, ["mix.exs", "mix.lock"]),
      ...(project.list("config").length > 0 ? ["config/"] : []),
    ],
    install: ["mix local.hex --force && mix local.rebar --force", "mix deps.get", "mix deps.compile"],
    needsSource: project.list("apps").length > 0,
    build: ["mix compile"],
    ignore: ["deps", "_build"],
    start: "mix phx.server",
  }),
};

/** The release of Erlang it runs on. */
function otpOf(project: Project): string {
  return versionOf(project, [
    matchOf("elixir_buildpack.config", /^\s*erlang_version\s*=\s*(\S+)/mu),
    toolVersions("erlang"),
    mise("erlang"),
  ]).version;
}
