import { resolve } from "node:path";
import {
  type EnvironmentSpec,
  type ResolvedDevcontainer,
  chooseParser,
  projectFiles,
  readDevcontainer,
} from "@cilo/engine";
import type { CiloContext } from "./context.ts";
import { parsers } from "./parsers.ts";
import { given } from "./parameters.ts";

/** What is parsed, as far as it was said; the rest is found. */
export interface ProjectChoice {
  readonly from?: string | undefined;
  readonly file?: readonly string[] | undefined;
  readonly profile?: readonly string[] | undefined;
  readonly envFile?: readonly string[] | undefined;
  readonly projectDirectory?: string | undefined;
  readonly projectName?: string | undefined;
  readonly format?: string | undefined;
  readonly devcontainer?: string | undefined;
  readonly services?: readonly string[];
}

/**
 * Parses a project folder, before isolation.
 * @throws CiloError `PROJECT_NOT_DETECTED`, `PROJECT_INVALID`, `FILE_NOT_FOUND`
 */
export function parseProject(context: Pick<CiloContext, "cwd" | "env">, choice: ProjectChoice): EnvironmentSpec {
  const workingDir = resolve(context.cwd, choice.from ?? ".");
  const files = projectFiles();
  const namesFiles = choice.file !== undefined || Boolean(context.env["COMPOSE_FILE"]);
  const { parser } = chooseParser({ parsers, workingDir, files, namesFiles, ...given({ format: formatOf(choice) }) });
  return parser.parse({
    files,
    env: definedOnly(context.env),
    workingDir,
    ...given({
      projectFiles: choice.file,
      profiles: choice.profile,
      envFiles: choice.envFile,
      projectDirectory: choice.projectDirectory,
      projectName: choice.projectName,
      services: choice.services,
      devcontainer: choice.devcontainer,
    }),
  });
}

/** The devcontainer of a folder as the reference reads it: without a Git root above the folder, before there is an image. */
export function readProjectDevcontainer(
  context: Pick<CiloContext, "cwd" | "env">,
  choice: ProjectChoice,
): ResolvedDevcontainer {
  return readDevcontainer({
    files: projectFiles(),
    env: definedOnly(context.env),
    workingDir: resolve(context.cwd, choice.from ?? "."),
    mountGitRoot: false,
    ...given({ devcontainer: choice.devcontainer }),
  });
}

function definedOnly(env: CiloContext["env"]): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** A devcontainer.json that is named says its format. */
function formatOf({ format, devcontainer }: ProjectChoice): string | undefined {
  return format ?? (devcontainer === undefined ? undefined : "devcontainer");
}
