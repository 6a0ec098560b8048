import type { Language } from "../language.ts";
import type { Project } from "../project.ts";
import { isRecord, numberOf, readJson, type Version } from "../versions.ts";

export const dotnet: Language = {
  name: ".NET",
  id: "DOTNET",
  looksFor: ["*.csproj", "*/*.csproj", "*.sln", "*.slnx"],
  buildpacks: ["dotnet"],
  detect: (project) =>
    projectFiles(project).length === 0 && solution(project) === undefined
      ? undefined
      : { language: ".NET", ...versionOf(project), manager: "nuget" },
  plan: (project, { version }) => {
    const solutionFile = solution(project);
    const files = projectFiles(project);
    return {
      image: `mcr.microsoft.com/dotnet/sdk:${tagOf(version)}`,
      env: { DOTNET_CLI_HOME: "/tmp", DOTNET_CLI_TELEMETRY_OPTOUT: "1" },
      manifests: [
        ...(solutionFile === undefined ? [] : [solutionFile]),
        ...files,
        ...(project.has("global.json") ? ["global.json"] : []),
      ],
      install: ["dotnet restore"],
      build: files.filter((file) => /^[\w./-]+$/u.test(file)).map(publish),
      ignore: ["bin", "obj", ...files.flatMap(folderOf).flatMap((folder) => [`${folder}/bin`, `${folder}/obj`])],
    };
  },
};

function publish(file: string): string {
  return `dotnet publish ./${file} --output ./${[...folderOf(file), "bin/publish"].join("/")}`;
}

function folderOf(file: string): string[] {
  return file.includes("/") ? [file.slice(0, file.lastIndexOf("/"))] : [];
}

function tagOf(version: string): string {
  const number = numberOf(version, "10.0", 2);
  return number.includes(".") ? number : `${number}.0`;
}

function solution(project: Project): string | undefined {
  return project.list(".").find((name) => /\.slnx?$/u.test(name));
}

/** In the project's folder and those right below it. */
function projectFiles(project: Project): string[] {
  const names = project.list(".").filter((name) => !name.startsWith(".") && name !== "node_modules");
  const isProject = (name: string): boolean => /\.(?:cs|fs|vb)proj$/u.test(name);
  const below = names.flatMap((folder) =>
    project
      .list(folder)
      .filter(isProject)
      .map((name) => `${folder}/${name}`),
  );
  return [...names.filter(isProject), ...below];
}

function versionOf(project: Project): Version {
  const sdk = readJson(project, "global.json")["sdk"];
  const named: unknown = isRecord(sdk) ? sdk["version"] : undefined;
  if (typeof named === "string") return { version: named, versionSource: "global.json" };
  for (const file of projectFiles(project)) {
    const framework = /<TargetFrameworks?>\s*net(?:coreapp)?(\d+(?:\.\d+)?)/u.exec(project.text(file) ?? "")?.[1];
    if (framework !== undefined) return { version: framework.replace(/\.0$/u, ""), versionSource: file };
  }
  return { version: "", versionSource: "default" };
}
