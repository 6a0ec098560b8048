import { posix } from "node:path";
import { type Detection, type Language, type Plan } from "./language.ts";
import { languages, notCovered } from "./languages/index.ts";
import { type Project, invalid } from "./project.ts";

/** What a project was found to be written in: what runs it first. */
export interface Found {
  readonly language: Language;
  readonly detection: Detection;
}

/** Every language of the project. `buildpacks` are those the project names, the last of which runs it. */
export function detectLanguages(project: Project, buildpacks: readonly string[]): Found[] {
  const all = languages.flatMap((language): Found[] => {
    const detection = language.detect(project);
    return detection === undefined ? [] : [{ language, detection }];
  });
  const found = all.length > 1 ? all.filter(({ language }) => language.id !== "STATIC") : all;
  const named = buildpacks.flatMap((url) => /heroku(?:\/|-buildpack-)([a-z]+)/u.exec(url)?.[1] ?? []).toReversed();
  const primary = named
    .map((name) => found.find(({ language }) => language.buildpacks?.includes(name) === true))
    .find((one) => one !== undefined);
  return primary === undefined ? found : [primary, ...found.filter((one) => one !== primary)];
}

/**
 * The Dockerfile for a project.
 * @throws CiloError `PROJECT_INVALID` when it is in no known language; what was looked for is told
 */
export function dockerfileOf(
  project: Project,
  { found, images }: { readonly found: readonly Found[]; readonly images: Readonly<Record<string, string>> },
): string {
  const [first, ...others] = found.map(({ language, detection }): Part => {
    const plan = language.plan(project, detection);
    const image = images[`CILO_IMAGE_${language.id}`];
    const isOwn = image !== undefined && /^[\w][\w./:@-]*$/u.test(image);
    return { id: language.id.toLowerCase(), plan: isOwn ? { ...plan, image, packages: [] } : plan };
  });
  if (first === undefined) throw unknown(project);
  const parts = [...others.filter(({ plan }) => plan.carried !== undefined), first];
  const packages = [...(first.plan.packages ?? []), ...aptfile(project)];
  return `${[
    `# ${found.map(({ detection }) => titleOf(detection)).join(", ")}`,
    ...others.filter((part) => parts.includes(part)).map(({ id, plan }) => `FROM ${plan.image} AS ${id}`),
    `FROM ${first.plan.image} AS base`,
    "USER root",
    ...(packages.length === 0 ? [] : [aptInstall(packages)]),
    ...parts.flatMap(({ id, plan }) => (id === first.id ? [] : carry(id, plan))),
    ...parts.flatMap(({ plan }) => Object.entries(plan.env ?? {}).map(([key, value]) => `ENV ${key}="${value}"`)),
    USER,
    'ENV HOME="/home/app"',
    ...parts.flatMap(({ plan }) => (plan.setup ?? []).map(run)),
    "WORKDIR /app",
    "",
    "FROM base AS source",
    "COPY . /source/",
    run(`rm -rf ${ignored(parts).map(quoted).join(" ")}`),
    "",
    "FROM base",
    "USER 1000:1000",
    ...steps(parts),
  ].join("\n")}\n`;
}

interface Part {
  readonly id: string;
  readonly plan: Plan;
}

/** A user of its own; where the image has one with this number, that one. */
const USER =
  "RUN mkdir -p /home/app /app && chown 1000:1000 /home/app /app && " +
  "(grep -q '^[^:]*:[^:]*:1000:' /etc/passwd || echo 'app:x:1000:1000::/home/app:/bin/sh' >> /etc/passwd)";

const SOURCE = "COPY --from=source --chown=1000:1000 /source/ ./";

/** Packages first, by the files that name them; then the project and what is made of it. */
function steps(parts: readonly Part[]): string[] {
  const cached = parts.filter(({ plan }) => plan.needsSource !== true);
  const late = parts.filter(({ plan }) => plan.needsSource === true);
  return [
    ...cached.flatMap(({ plan }) => [...copies(plan.manifests), ...plan.install.map(run)]),
    SOURCE,
    ...late.flatMap(({ plan }) => plan.install.map(run)),
    ...parts.flatMap(({ plan }) => (plan.build ?? []).map(run)),
  ];
}

/** A copy for each folder that files are in, so that they land in it. */
function copies(files: readonly string[]): string[] {
  const folders = new Map<string, string[]>();
  for (const file of new Set(files)) {
    const folder = file.endsWith("/") ? `./${file}` : `./${posix.dirname(file)}/`;
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return [...folders].map(
    ([folder, names]) => `COPY --chown=1000:1000 ${JSON.stringify([...names, posix.normalize(`/app/${folder}`)])}`,
  );
}

function carry(id: string, plan: Plan): string[] {
  return (plan.carried ?? []).map((folder) => `COPY --from=${id} ${folder}/ ${folder}/`);
}

function aptInstall(packages: readonly string[]): string {
  const names = [...new Set(packages)].join(" ");
  return run(`apt-get update && apt-get install -y --no-install-recommends ${names} && rm -rf /var/lib/apt/lists/*`);
}

/** The packages of an Aptfile; addresses and repositories in it are passed over. */
function aptfile(project: Project): string[] {
  return (project.text("Aptfile") ?? "").split("\n").filter((line) => /^[a-z0-9][a-z0-9.+-]*$/u.test(line));
}

/** What is never copied: history, secrets, and what is made again inside. */
function ignored(parts: readonly Part[]): string[] {
  const names = [".git", ".env", "log", "tmp", ...parts.flatMap(({ plan }) => plan.ignore ?? [])];
  return [...new Set(names)].map((name) => `/source/${name}`);
}

function quoted(path: string): string {
  return /^[\w./-]+$/u.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`).replaceAll("\n", "")}'`;
}

function run(command: string): string {
  return `RUN ${command}`;
}

function titleOf({ language, version, versionSource }: Detection): string {
  return `${language} ${version.replaceAll(/[^\w.<>=~^ *|,/-]/gu, "")} (${versionSource.replaceAll("\n", "")})`.replace(
    "  ",
    " ",
  );
}

function unknown(project: Project): Error {
  const known = notCovered.find(({ file }) => project.has(file));
  const hint = "Add a Dockerfile to the project: it is used as it is";
  if (known !== undefined)
    return invalid([
      {
        message: `${known.name} is not covered yet (${known.file})`,
        file: posix.join(project.folder, known.file),
        hint,
      },
    ]);
  const looked = languages.map(({ name, looksFor }) => `${looksFor.join(", ")} (${name})`).join("; ");
  return invalid([{ message: `No known language in ${project.folder}. Looked for ${looked}`, hint }]);
}
