import { type Detection, type Language, type Plan, firstOf, present } from "../language.ts";
import type { Project } from "../project.ts";
import { isRecord, jsonOf, lineOf, mise, numberOf, readJson, toolVersions, versionOf } from "../versions.ts";

/** The long-term release that a project without a version gets. */
const DEFAULT = "24";

const LOCKS: readonly (readonly [file: string, manager: string])[] = [
  ["pnpm-lock.yaml", "pnpm"],
  ["bun.lock", "bun"],
  ["bun.lockb", "bun"],
  [".yarnrc.yml", "yarn"],
  ["yarn.lock", "yarn"],
  ["package-lock.json", "npm"],
  ["npm-shrinkwrap.json", "npm"],
];

export const node: Language = {
  name: "Node",
  id: "NODE",
  looksFor: ["package.json"],
  buildpacks: ["nodejs"],
  detect,
  plan,
};

/** The folder of its manifest: the project's, or that of a Phoenix project's assets. */
function folderOf(project: Project): string {
  return firstOf(project, ["package.json", "assets/package.json"])?.startsWith("assets/") === true ? "assets/" : "";
}

function detect(project: Project): Detection | undefined {
  const folder = folderOf(project);
  const file = `${folder}package.json`;
  if (!project.has(file)) return undefined;
  const version = versionOf(project, [
    jsonOf(file, "engines", "node"),
    lineOf(".nvmrc", withoutV),
    lineOf(".node-version", withoutV),
    mise("node", "nodejs"),
    toolVersions("nodejs", "node"),
  ]);
  return { language: "Node", ...version, manager: managerOf(project, folder) };
}

function withoutV(line: string): string {
  return line.replace(/^v(?=\d)/u, "");
}

/** With its version, where `packageManager` has one. */
function managerOf(project: Project, folder: string): string {
  const manifest = readJson(project, `${folder}package.json`);
  const named = manifest["packageManager"];
  const [, exact] = typeof named === "string" ? (/^((?:npm|yarn|pnpm|bun)@[\w.-]+)/u.exec(named) ?? []) : [];
  if (exact !== undefined) return exact;
  const lock = LOCKS.find(([file]) => project.has(`${folder}${file}`))?.[1];
  if (lock !== undefined) return lock;
  const engines = manifest["engines"];
  return ["pnpm", "yarn", "bun"].find((name) => isRecord(engines) && Object.hasOwn(engines, name)) ?? "npm";
}

function plan(project: Project, { version, manager }: Detection): Plan {
  const folder = folderOf(project);
  const manifest = readJson(project, `${folder}package.json`);
  const scripts = isRecord(manifest["scripts"]) ? manifest["scripts"] : {};
  const name = manager.split("@")[0] ?? "npm";
  const inFolder = folder === "" ? "" : `cd ${folder.slice(0, -1)} && `;
  const build = ["heroku-postbuild", "build"].find((one) => Object.hasOwn(scripts, one));
  return {
    image: name === "bun" ? "oven/bun:1-slim" : `node:${tagOf(version)}-slim`,
    env: { PATH: `/app/${folder}node_modules/.bin:$PATH` },
    setup: setupOf(name, manager),
    manifests: manifestsOf(project, folder, manifest),
    install: [`${inFolder}${installOf(project, folder, manager)}`],
    needsSource: ["preinstall", "postinstall", "prepare"].some((one) => Object.hasOwn(scripts, one)),
    build: build === undefined ? [] : [`${inFolder}${name} run ${build}`],
    ignore: ["node_modules", `${folder}node_modules`],
    // Yarn is below /opt, with a link from bin.
    carried: ["/usr/local/bin", "/usr/local/lib/node_modules", "/opt"],
    start: startOf(scripts, manifest, name),
  };
}

function startOf(
  scripts: Readonly<Record<string, unknown>>,
  manifest: Readonly<Record<string, unknown>>,
  name: string,
) {
  if (Object.hasOwn(scripts, "start")) return `${name} run start`;
  return `node ${typeof manifest["main"] === "string" ? "." : "index.js"}`;
}

function tagOf(version: string): string {
  const [, codename] = /^lts\/([a-z]+)$/u.exec(version) ?? [];
  return codename ?? (version === "lts/*" ? "lts" : numberOf(version, DEFAULT));
}

function setupOf(name: string, manager: string): string[] {
  if (name === "pnpm") return [`npm install -g ${manager.includes("@") ? manager : "pnpm"}`];
  // Yarn 1 is in the image and fetches later ones as .yarnrc.yml says; corepack gives those that are named.
  return name === "yarn" && manager.includes("@") ? ["corepack enable", `corepack prepare ${manager} --activate`] : [];
}

function installOf(project: Project, folder: string, manager: string): string {
  const has = (name: string): boolean => project.has(`${folder}${name}`);
  if (manager.startsWith("pnpm")) return has("pnpm-lock.yaml") ? "pnpm install --frozen-lockfile" : "pnpm install";
  if (manager.startsWith("bun")) return "bun install";
  if (manager.startsWith("yarn")) {
    if (!has("yarn.lock")) return "yarn install";
    return has(".yarnrc.yml") || /@[2-9]/u.test(manager)
      ? "yarn install --immutable"
      : "yarn install --frozen-lockfile";
  }
  return has("package-lock.json") || has("npm-shrinkwrap.json") ? "npm ci" : "npm install";
}

function manifestsOf(project: Project, folder: string, manifest: Readonly<Record<string, unknown>>): string[] {
  const root = ["package.json", ...LOCKS.map(([file]) => file), "pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs"];
  const folders = [...project.list(".")].filter((name) => /^(?:patches|\.yarn)$/u.test(name)).map((name) => `${name}/`);
  return [
    ...present(
      project,
      root.map((name) => `${folder}${name}`),
    ),
    ...folders,
    ...membersOf(project, manifest),
  ];
}

/** Manifests of a workspace's members. */
function membersOf(project: Project, manifest: Readonly<Record<string, unknown>>): string[] {
  const said = manifest["workspaces"];
  const listed: unknown = isRecord(said) ? said["packages"] : said;
  const inYaml = [...(project.text("pnpm-workspace.yaml") ?? "").matchAll(/^\s*-\s*["']?([^"'\s#]+)/gmu)];
  const globs = [...(Array.isArray(listed) ? listed : []), ...inYaml.map(([, glob]) => glob)];
  return globs
    .filter((glob) => typeof glob === "string" && !glob.startsWith("!") && !glob.includes(".."))
    .flatMap((glob: string) =>
      glob.endsWith("/*") ? project.list(glob.slice(0, -2)).map((name) => `${glob.slice(0, -1)}${name}`) : [glob],
    )
    .map((member) => `${member.replace(/^\.\//u, "").replace(/\/$/u, "")}/package.json`)
    .filter((file) => project.has(file));
}
