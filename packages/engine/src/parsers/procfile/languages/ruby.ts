import { type Language, type Plan, present } from "../language.ts";
import type { Project } from "../project.ts";
import { lineOf, matchOf, mise, numberOf, toolVersions, versionOf } from "../versions.ts";

export const ruby: Language = {
  name: "Ruby",
  id: "RUBY",
  looksFor: ["Gemfile"],
  buildpacks: ["ruby"],
  detect: (project) => {
    if (!project.has("Gemfile")) return undefined;
    const version = versionOf(project, [
      lineOf(".ruby-version", (line) => line.replace(/^ruby-/u, "")),
      matchOf("Gemfile", /^\s*ruby\s*\(?\s*["'](\d[\w.]*)["']/mu),
      matchOf("Gemfile.lock", /^RUBY VERSION\n\s+ruby (\d+(?:\.\d+)*)/mu),
      toolVersions("ruby"),
      mise("ruby"),
      matchOf("Gemfile", /^\s*ruby\s*\(?\s*["']([^"']+)["']/mu),
    ]);
    return { language: "Ruby", ...version, manager: "bundler" };
  },
  plan: (project, { version }): Plan => {
    const bundler = /^BUNDLED WITH\n\s+(\d+(?:\.\d+)*)/mu.exec(project.text("Gemfile.lock") ?? "")?.[1];
    return {
      image: `ruby:${numberOf(version, "3.4")}-slim`,
      packages: ["build-essential", "libyaml-dev", "libpq-dev", "git", "pkg-config"],
      env: { GEM_HOME: "/opt/gems", BUNDLE_APP_CONFIG: "/opt/gems", PATH: "/opt/gems/bin:$PATH" },
      setup: [
        "mkdir -p /opt/gems && chown 1000:1000 /opt/gems",
        ...(bundler === undefined ? [] : [`gem install bundler -v ${bundler} && chown -R 1000:1000 /opt/gems`]),
      ],
      manifests: present(project, ["Gemfile", "Gemfile.lock", ".ruby-version", ".tool-versions"]),
      install: ["bundle install"],
      needsSource: /\bpath:\s|^\s*gemspec\b|eval_gemfile/mu.test(project.text("Gemfile") ?? ""),
      // Rails and Puma write there, and a folder that is only logs and caches is not copied.
      build: ["mkdir -p log tmp/cache tmp/pids tmp/sockets"],
      ignore: ["vendor/bundle"],
      start: project.has("bin/rails") ? "bin/rails server" : rackup(project),
    };
  },
};

function rackup(project: Project): string {
  return project.has("config.ru") ? "bundle exec rackup -o 0.0.0.0 -p $PORT" : "bundle exec rake";
}
