import { posix } from "node:path";
import { CiloError } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { ProjectFiles } from "../parser.ts";

const NAME = "devcontainer.json";

/** The first two of the specification's three places, in order, below the project folder. */
const FIXED = [`.devcontainer/${NAME}`, `.devcontainer.json`];

/** What `detect` answers: the configuration that would be read; of several named ones, the first. */
export function devcontainerFileFrom(workingDir: string, files: ProjectFiles): string | undefined {
  return fixedFile(workingDir, files) ?? namedFiles(workingDir, files)[0]?.path;
}

export interface NamedFile {
  /** The folder below `.devcontainer`. */
  readonly name: string;
  readonly path: string;
}

/**
 * The configuration to read: the one named, else the first of the three places.
 * @throws CiloError `FILE_NOT_FOUND` when there is none; `PROJECT_INVALID` when only a name could say which of several
 */
export function chooseFile(workingDir: string, files: ProjectFiles, name: string | undefined): string {
  const named = namedFiles(workingDir, files);
  if (name !== undefined) return chosenByName(name, { named, workingDir });
  const fixed = fixedFile(workingDir, files);
  if (fixed !== undefined) return fixed;
  const [only, ...more] = named;
  if (only === undefined)
    throw new CiloError(EngineCode.fileNotFound, `${workingDir} has no devcontainer.json`, {
      hint: `Looked for ${[...FIXED, `.devcontainer/<name>/${NAME}`].join(", ")}`,
    });
  if (more.length === 0) return only.path;
  throw new CiloError(
    EngineCode.projectInvalid,
    `${workingDir} has ${named.length} devcontainers and none by default`,
    {
      hint: `Choose one: --devcontainer ${named.map((one) => one.name).join("|")}`,
    },
  );
}

function chosenByName(
  name: string,
  { named, workingDir }: { named: readonly NamedFile[]; workingDir: string },
): string {
  const found = named.find((one) => one.name === name);
  if (found !== undefined) return found.path;
  throw new CiloError(EngineCode.fileNotFound, `${workingDir} has no devcontainer named ${JSON.stringify(name)}`, {
    hint:
      named.length === 0
        ? `A named one lies at .devcontainer/<name>/${NAME}`
        : `There is ${named.map((one) => one.name).join(", ")}`,
  });
}

function fixedFile(workingDir: string, files: ProjectFiles): string | undefined {
  return FIXED.map((path) => posix.join(workingDir, path)).find((path) => files.kind(path) === "file");
}

/** Those in folders below `.devcontainer`, by name. */
function namedFiles(workingDir: string, files: ProjectFiles): NamedFile[] {
  const folder = posix.join(workingDir, ".devcontainer");
  if (files.kind(folder) !== "folder") return [];
  return [...files.list(folder)]
    .toSorted()
    .map((name) => ({ name, path: posix.join(folder, name, NAME) }))
    .filter(({ path }) => files.kind(path) === "file");
}
