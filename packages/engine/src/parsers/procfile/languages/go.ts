import { type Language, present } from "../language.ts";
import { matchOf, mise, numberOf, toolVersions, versionOf } from "../versions.ts";

export const go: Language = {
  name: "Go",
  id: "GO",
  looksFor: ["go.mod"],
  buildpacks: ["go"],
  detect: (project) =>
    project.has("go.mod")
      ? {
          language: "Go",
          ...versionOf(project, [
            matchOf("go.mod", /^\/\/ \+heroku goVersion (?:go)?(\S+)/mu),
            matchOf("go.mod", /^go (\S+)/mu),
            toolVersions("golang", "go"),
            mise("go"),
          ]),
          manager: "go",
        }
      : undefined,
  plan: (project, { version }) => {
    const packages = /^\/\/ \+heroku install (.+)$/mu.exec(project.text("go.mod") ?? "")?.[1]?.split(/\s+/u) ?? [];
    const wanted = packages.filter((one) => /^[\w./-]+$/u.test(one) && !one.startsWith("-"));
    return {
      image: `golang:${numberOf(version, "1.25", 2)}`,
      env: { GOPATH: "/opt/go", GOBIN: "/opt/go/bin", GOCACHE: "/opt/go/cache", PATH: "/opt/go/bin:$PATH" },
      setup: ["mkdir -p /opt/go && chown 1000:1000 /opt/go"],
      manifests: present(project, ["go.mod", "go.sum"]),
      install: [project.has("vendor/modules.txt") ? "true" : "go mod download"],
      build: [`go install ${wanted.length === 0 ? "./..." : wanted.join(" ")}`],
    };
  },
};
