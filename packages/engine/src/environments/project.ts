import { resolve } from "node:path";
import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import { type Detected, chooseParser } from "../parsers/detect.ts";
import type { ImageFacts, ParseOptions, Parser } from "../parsers/parser.ts";
import { projectFiles } from "../parsers/project-files.ts";
import { isDnsLabel } from "../spec/names.ts";
import type { EnvironmentSpec } from "../spec/spec.ts";
import { withoutComposeFile } from "./compose-file-variable.ts";
import type { ProjectConfig } from "./config.ts";
import type { EnvironmentsDeps } from "./deps.ts";
import type { EnvironmentOptions } from "./record.ts";
import { isInside, sourceProjectDir } from "./source.ts";
import type { SourceLocation } from "./workspaces.ts";

/** A parsed project and how it was found. */
export interface Project {
  readonly spec: EnvironmentSpec;
  readonly parser: Parser;
  /** Other formats that the folder has too. */
  readonly passedOver: Detected["passedOver"];
}

/**
 * Parses the project of a source: its files as they are there, or, with `workspace`, as they are in the copy but with
 * the source's paths.
 *
 * @throws CiloError `PROJECT_NOT_DETECTED`, `PROJECT_INVALID`, `FILE_NOT_FOUND`, `PATH_ESCAPES`
 */
export function parseProject(
  deps: Pick<EnvironmentsDeps, "parsers" | "env" | "guard">,
  request: {
    readonly location: SourceLocation;
    readonly workspace?: string;
    readonly config: ProjectConfig;
    readonly options: Partial<EnvironmentOptions>;
    /** Of the workbench's image, once it is there. */
    readonly image?: ImageFacts;
  },
): Project {
  const { parser, passedOver, parsing } = findParser(deps, request);
  const image = request.image === undefined ? {} : { image: request.image };
  return { spec: parser.parse({ ...parsing, ...image }), parser, passedOver };
}

/** The parser of a source's project, and what it is given. @throws CiloError `PROJECT_NOT_DETECTED`, `PATH_ESCAPES` */
export function findParser(
  deps: Pick<EnvironmentsDeps, "parsers" | "env" | "guard">,
  request: {
    readonly location: SourceLocation;
    readonly workspace?: string;
    readonly config: ProjectConfig;
    readonly options: Partial<EnvironmentOptions>;
  },
): Pick<Project, "parser" | "passedOver"> & { readonly parsing: ParseOptions } {
  const { location, config, options } = request;
  const workingDir = sourceProjectDir(location);
  const files = projectFiles(
    request.workspace === undefined ? undefined : { source: location.sourceRoot, copy: request.workspace },
    deps.guard === undefined ? {} : { within: [location.sourceRoot, request.workspace ?? location.sourceRoot] },
  );
  refuseEscapes([...config.composeFiles, ...config.envFiles], { workingDir, sourceRoot: location.sourceRoot });
  const named = chosen(options.files, config.composeFiles);
  const envFiles = chosen(options.envFiles, config.envFiles);
  const { parser, passedOver } = chooseParser({
    parsers: deps.parsers,
    workingDir,
    files,
    namesFiles: named.length > 0,
    ...(options.format === undefined ? {} : { format: options.format }),
  });
  const parsing = {
    files,
    env: withoutComposeFile(definedOnly(deps.env)),
    workingDir,
    ...(named.length === 0 ? {} : { projectFiles: named }),
    ...(envFiles.length === 0 ? {} : { envFiles }),
    profiles: chosen(options.profiles, config.profiles),
    ...(options.devcontainer === undefined ? {} : { devcontainer: options.devcontainer }),
  };
  return { parser, passedOver, parsing };
}

/** What the command line says, else what the config says. */
function chosen(asked: readonly string[] | undefined, configured: readonly string[]): readonly string[] {
  return asked !== undefined && asked.length > 0 ? asked : configured;
}

/** A file that a repository's config names must lie in that repository; the user's own `-f` may point anywhere. */
function refuseEscapes(named: readonly string[], place: { workingDir: string; sourceRoot: string }): void {
  const escaping = named.find((file) => !isInside(place.sourceRoot, resolve(place.workingDir, file)));
  if (escaping !== undefined)
    throw new CiloError(
      EngineCode.pathEscapes,
      `.cilo/config.yml names ${escaping}, which lies outside of the project`,
      {
        hint: "Name it on the command line if it is meant: -f FILE or --env-file FILE",
      },
    );
}

/** The project's name as a DNS label: the config's, else the parser's with what a label cannot have replaced. */
export function projectLabel(config: Pick<ProjectConfig, "project">, specName: string): string {
  const label = config.project ?? normalised(specName);
  if (isDnsLabel(label)) return label;
  throw new CiloError(EngineCode.nameInvalid, `project name ${JSON.stringify(specName.slice(0, 80))} is no DNS label`, {
    hint: "Name the project in .cilo/config.yml: project: my-project",
  });
}

function normalised(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/gu, "-")
    .replaceAll(/^-+|-+$/gu, "")
    .slice(0, 63)
    .replace(/-+$/u, "");
}

/** The variables that are set. */
function definedOnly(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
