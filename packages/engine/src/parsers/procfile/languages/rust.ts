import { type Language, firstOf, present } from "../language.ts";
import { lineOf, matchOf, mise, numberOf, toolVersions, versionOf } from "../versions.ts";

export const rust: Language = {
  name: "Rust",
  id: "RUST",
  looksFor: ["Cargo.toml"],
  buildpacks: ["rust"],
  detect: (project) =>
    project.has("Cargo.toml")
      ? {
          language: "Rust",
          ...versionOf(project, [
            matchOf("rust-toolchain.toml", /^\s*channel\s*=\s*["']([^"']+)["']/mu),
            matchOf("rust-toolchain", /^\s*channel\s*=\s*["']([^"']+)["']/mu),
            lineOf("rust-toolchain"),
            matchOf("Cargo.toml", /^\s*rust-version\s*=\s*["']([^"']+)["']/mu),
            toolVersions("rust"),
            mise("rust"),
          ]),
          manager: "cargo",
        }
      : undefined,
  plan: (project, { version }) => ({
    image: `rust:${numberOf(version, "1")}-slim`,
    packages: ["pkg-config", "libssl-dev", "libpq-dev", "gcc"],
    env: { CARGO_HOME: "/opt/cargo", PATH: "/opt/cargo/bin:$PATH" },
    setup: ["mkdir -p /opt/cargo && chown 1000:1000 /opt/cargo"],
    manifests: present(project, ["Cargo.toml", "Cargo.lock"]),
    // Only the packages are fetched: Cargo wants a source file to read a manifest that names no target.
    install: [
      firstOf(project, ["Cargo.lock"]) === undefined
        ? "mkdir -p src && touch src/main.rs src/lib.rs && cargo fetch && rm -r src"
        : "mkdir -p src && touch src/main.rs src/lib.rs && cargo fetch --locked && rm -r src",
    ],
    needsSource: /^\[workspace\]|\bpath\s*=/mu.test(project.text("Cargo.toml") ?? ""),
    build: ["cargo build --release"],
    ignore: ["target"],
  }),
};
