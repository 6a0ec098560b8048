import { posix } from "node:path";
import { CiloError } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { Build, EnvironmentSpec, Notice, Service } from "../../spec/spec.ts";
import type { ParseOptions, Parser, ProjectFiles } from "../parser.ts";
import { type Addon, addonsOf } from "./addons.ts";
import { type AppJson, readAppJson } from "./app-json.ts";
import { detectLanguages, dockerfileOf } from "./builder.ts";
import { parseEnvFile } from "./env-file.ts";
import { type Process, parseProcfile } from "./procfile.ts";
import { projectIn, textOf } from "./project.ts";

/** Reads projects with a Procfile, as Heroku and foreman do (docs/SUPPORTED_FORMATS.md). */
export const procfileParser: Parser = {
  format: "procfile",
  detect: procfileFrom,
  parse: parseProcfileProject,
};

/** The second only where the first is not there. */
const NAMES = ["Procfile", "Procfile.dev"];

function procfileFrom(workingDir: string, files: ProjectFiles): string | undefined {
  return NAMES.map((name) => posix.join(workingDir, name)).find((path) => files.kind(path) === "file");
}

function parseProcfileProject(options: ParseOptions): EnvironmentSpec {
  const { files, workingDir } = options;
  const folder = files.realPath(workingDir);
  const file = fileOf(options);
  const processes = parseProcfile(textOf(file, files), file);
  const envFiles = (options.envFiles ?? [".env"]).map((name) => posix.resolve(folder, name));
  const read = envFiles.filter((path) => options.envFiles !== undefined || files.kind(path) === "file");
  const dotenv = joined(read.map((path) => parseEnvFile(textOf(path, files))));
  const app = readAppJson(folder, { files, outside: options.env });
  const { addons, ignored } = addonsOf(
    app.addons,
    processes.map(({ service }) => service),
  );
  const project = projectIn(folder, files);
  const found = detectLanguages(project, [...app.buildpacks, ...(project.text(".buildpacks") ?? "").split("\n")]);
  const build = project.has("Dockerfile")
    ? { context: folder, dockerfile: "Dockerfile" }
    : { context: folder, dockerfile_inline: dockerfileOf(project, { found, images: { ...options.env, ...dotenv } }) };
  const isJava = found.some(({ language }) => language.id === "JAVA");
  const env = variables({ app, addons, dotenv, isJava });
  const all = servicesOf({ processes, addons, env, build, base: basePort(dotenv) });
  const services = chosen(all, { processes, app, names: options.services ?? [] });
  const volumes = addons.flatMap(({ volume, service }) =>
    volume !== undefined && Object.hasOwn(services, service) ? [[volume, {}] as const] : [],
  );
  return {
    specVersion: 1,
    name: options.projectName ?? nameOf(folder),
    source: "procfile",
    projectDir: folder,
    files: [file, ...read, ...(app.file === undefined ? [] : [app.file])],
    services,
    networks: { default: {} },
    volumes: Object.fromEntries(volumes),
    detected: found.map(({ detection }) => detection),
    processes: processes.map(({ name, service, role }) => ({ name, service, role })),
    addons: addons.map((addon) => ({ engine: addon.engine, env: Object.keys(addon.env) })),
    notices: noticesOf(app, ignored),
  };
}

function fileOf({ files, workingDir, projectFiles }: ParseOptions): string {
  const [named] = projectFiles ?? [];
  if (named !== undefined) return posix.resolve(workingDir, named);
  const file = procfileFrom(workingDir, files);
  if (file !== undefined) return file;
  throw new CiloError(EngineCode.fileNotFound, `${workingDir} has no Procfile`, {
    hint: `Looked for ${NAMES.join(", ")}`,
  });
}

interface Variables {
  readonly app: AppJson;
  readonly addons: readonly Addon[];
  readonly dotenv: Readonly<Record<string, string>>;
  readonly isJava: boolean;
}

/** Servers listen where the environment's network reaches them. */
const REACHABLE = { BINDING: "0.0.0.0", HOST: "0.0.0.0", UVICORN_HOST: "0.0.0.0" };

const LOCAL = /^[a-z][a-z0-9+.-]*:\/\/(?:[^@/]*@)?(?:localhost|127\.0\.0\.1|\[::1\])?(?:[:/?]|$)/u;

/** `.env` goes before all, but for the address of an add-on on this machine: there is none in the environment. */
function variables({ app, addons, dotenv, isJava }: Variables): Record<string, string> {
  const given = joined(addons.map((addon) => addon.env));
  const own = Object.entries(dotenv).filter(
    ([name, value]) => !name.startsWith("CILO_") && !(Object.hasOwn(given, name) && LOCAL.test(value)),
  );
  const env: Record<string, string> = { ...REACHABLE, ...app.env, ...given, ...Object.fromEntries(own) };
  return isJava ? { ...jdbc(env["DATABASE_URL"]), ...env } : env;
}

/** Later ones go before earlier ones. */
function joined(all: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  return Object.fromEntries(all.flatMap((one) => Object.entries(one)));
}

function jdbc(text: string | undefined): Record<string, string> {
  const url = text === undefined ? null : URL.parse(text);
  if (url?.protocol !== "postgres:" && url?.protocol !== "postgresql:") return {};
  const address = `jdbc:postgresql://${url.host}${url.pathname}`;
  return {
    JDBC_DATABASE_URL: `${address}?user=${url.username}&password=${url.password}`,
    SPRING_DATASOURCE_URL: address,
    SPRING_DATASOURCE_USERNAME: url.username,
    SPRING_DATASOURCE_PASSWORD: url.password,
  };
}

/** Where the ports of the processes begin, as in foreman. */
function basePort(dotenv: Readonly<Record<string, string>>): number {
  const port = Number(dotenv["PORT"] ?? "5000");
  return Number.isInteger(port) && port > 0 && port < 60_000 ? port : 5000;
}

interface Parts {
  readonly processes: readonly Process[];
  readonly addons: readonly Addon[];
  readonly env: Readonly<Record<string, string>>;
  readonly build: Build;
  readonly base: number;
}

function servicesOf({ processes, addons, env, build, base }: Parts): Record<string, Service> {
  const healthy = addons.map(({ service }) => [service, { condition: "service_healthy", required: true }] as const);
  const released = processes
    .filter(({ role }) => role === "release")
    .map(({ service }) => [service, { condition: "service_completed_successfully", required: true }] as const);
  const own = processes.map(({ service, role, command }, index): [string, Service] => {
    const port = base + 100 * index;
    return [
      service,
      {
        build,
        command: ["sh", "-c", command],
        depends_on: Object.fromEntries(role === "release" ? healthy : [...healthy, ...released]),
        environment: { ...env, PORT: `${port}` },
        init: true,
        networks: { default: null },
        ...(role === "web" ? { ports: [{ target: port, protocol: "tcp", mode: "ingress" }] } : {}),
      },
    ];
  });
  const theirs = addons.map(({ service, spec }): [string, Service] => [
    service,
    { ...spec, networks: { default: null } },
  ]);
  return Object.fromEntries([...own, ...theirs]);
}

/** What is asked for by name with what it needs, else all that is started. */
function chosen(
  all: Readonly<Record<string, Service>>,
  {
    processes,
    app,
    names,
  }: { readonly processes: readonly Process[]; readonly app: AppJson; readonly names: readonly string[] },
): Record<string, Service> {
  const missing = names.find((name) => !Object.hasOwn(all, name));
  if (missing !== undefined)
    throw new CiloError(EngineCode.serviceNotFound, `There is no service ${JSON.stringify(missing)}`, {
      hint: `There is ${Object.keys(all).join(", ")}`,
    });
  const stopped = processes.filter(({ name, role }) => role === "oneoff" || app.stopped.has(name));
  const left = new Set(stopped.map(({ service }) => service));
  const wanted =
    names.length === 0
      ? undefined
      : new Set(names.flatMap((name) => [name, ...Object.keys(all[name]?.depends_on ?? {})]));
  return Object.fromEntries(
    Object.entries(all)
      .filter(([name]) => wanted?.has(name) ?? !left.has(name))
      .map(([name, service]) => [name, withoutStopped(service, wanted === undefined ? left : new Set())]),
  );
}

function withoutStopped(service: Service, left: ReadonlySet<string>): Service {
  if (service.depends_on === undefined) return service;
  const kept = Object.entries(service.depends_on).filter(([name]) => !left.has(name));
  return { ...service, depends_on: Object.fromEntries(kept) };
}

function noticesOf(app: AppJson, ignored: readonly string[]): Notice[] {
  return [
    ...ignored.map((vendor) => ({
      code: "addon-ignored",
      message: `the add-on ${JSON.stringify(vendor)} is no service here and is passed over`,
    })),
    ...app.unknown.map((name) => ({
      code: "property-unknown",
      message: `${JSON.stringify(name)} is no member of app.json and is not used`,
    })),
    ...app.missing.map((name) => ({
      code: "variable-missing",
      message: `app.json asks for ${name}, and nothing gives it a value: set it in .env`,
    })),
    ...(app.postdeploy === undefined
      ? []
      : [
          {
            code: "postdeploy",
            message: `app.json has a script for after the first start: cilo exec ENVIRONMENT web -- sh -c ${JSON.stringify(app.postdeploy)}`,
          },
        ]),
  ];
}

/** As the folder is called, by the rule for Compose projects. */
function nameOf(folder: string): string {
  const name = posix
    .basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/gu, "")
    .replace(/^[_-]+/u, "");
  return name === "" ? "procfile" : name;
}
