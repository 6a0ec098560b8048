import { posix } from "node:path";
import type { Problem } from "@cilo/base";
import type { Notice } from "../../spec/spec.ts";
import type { ParseOptions } from "../parser.ts";
import { chooseFile } from "./discover.ts";
import { moveOldProperties } from "./old-properties.ts";
import { unknownProperties, unknownWords, wrongValues } from "./properties.ts";
import { type JsonObject, type Source, invalid, readSource } from "./read.ts";
import { substituteLocal } from "./substitute.ts";

/** A devcontainer as the reference resolves it before there is a container. */
export interface ResolvedDevcontainer {
  readonly source: Source;
  /** As written, old properties moved: what an image's label holds. */
  readonly raw: JsonObject;
  /** With variables in their places. */
  readonly configuration: JsonObject;
  readonly workspace: { readonly workspaceFolder: string; readonly workspaceMount?: string };
  readonly notices: readonly Notice[];
  /** Puts the same variables into another text, e.g. of an image's label. */
  readonly substitute: (value: JsonObject) => JsonObject;
}

export interface ReadOptions extends Pick<ParseOptions, "files" | "env" | "workingDir"> {
  readonly devcontainer?: string;
  /** From a folder below the top of a Git work tree, mount all of it. The reference's default. */
  readonly mountGitRoot: boolean;
}

/**
 * Finds and reads the configuration.
 * @throws CiloError `FILE_NOT_FOUND`, `PROJECT_INVALID`
 */
export function readDevcontainer(options: ReadOptions): ResolvedDevcontainer {
  const { files, workingDir } = options;
  const source = readSource(chooseFile(workingDir, files, options.devcontainer), files);
  const wrong = wrongValues(source);
  if (wrong.length > 0) throw invalid(wrong);
  const raw = moveOldProperties(source.value);
  const workspace = defaultWorkspace(raw, options);
  const nameless = new Set<string>();
  const substitute = substitutionFor(workspace.workspaceFolder, { options, onNameless: (text) => nameless.add(text) });
  const configuration = substitute(raw);
  if (nameless.size > 0) throw invalid([...nameless].map((text) => source.problem([], `${text} names no variable`)));
  return {
    source,
    raw,
    configuration,
    substitute,
    workspace: {
      workspaceFolder: textOr(configuration["workspaceFolder"], workspace.workspaceFolder),
      ...mountOf(configuration, workspace),
    },
    notices: [
      ...unknownProperties(source).map((name) =>
        notice(source.problem([name], `${name} is no property of a devcontainer and is not used`)),
      ),
      ...unknownWords(source).map(notice),
    ],
  };
}

/** What `read-configuration` of the reference prints. */
export function printDevcontainer({ configuration, workspace, source }: ResolvedDevcontainer): object {
  return { configuration: { ...configuration, configFilePath: source.path }, workspace };
}

interface Workspace {
  readonly workspaceFolder: string;
  readonly workspaceMount?: string;
}

function defaultWorkspace(raw: JsonObject, { files, workingDir, mountGitRoot }: ReadOptions): Workspace {
  if ("dockerComposeFile" in raw) return { workspaceFolder: textOr(raw["workspaceFolder"], "/") || "/" };
  const top = mountGitRoot ? (gitTop(workingDir, files) ?? workingDir) : workingDir;
  const target = posix.join("/workspaces", posix.basename(top));
  const folder = textOr(raw["workspaceFolder"], "");
  return {
    workspaceFolder: folder === "" ? posix.join(target, posix.relative(top, workingDir)) : folder,
    workspaceMount: `type=bind,${quoted(`source=${top}`)},${quoted(`target=${target}`)}`,
  };
}

/** A mount is a line of CSV. */
function quoted(field: string): string {
  return field.includes(",") ? `"${field}"` : field;
}

function gitTop(folder: string, files: ParseOptions["files"]): string | undefined {
  for (let at = folder; ; at = posix.dirname(at)) {
    if (files.kind(posix.join(at, ".git")) !== undefined) return at;
    if (at === posix.dirname(at)) return undefined;
  }
}

function substitutionFor(
  folder: string,
  { options, onNameless }: { readonly options: ReadOptions; readonly onNameless: (text: string) => void },
): (value: JsonObject) => JsonObject {
  const context = { env: options.env, localWorkspaceFolder: options.workingDir, onNameless };
  // Of itself it knows no other folder than the text it is.
  const containerWorkspaceFolder = substituteLocal(folder, { ...context, containerWorkspaceFolder: folder });
  return (value) => substituteLocal(value, { ...context, containerWorkspaceFolder });
}

function mountOf(configuration: JsonObject, workspace: Workspace): { workspaceMount?: string } {
  const own = configuration["workspaceMount"];
  if (typeof own === "string") return { workspaceMount: own };
  return workspace.workspaceMount === undefined ? {} : { workspaceMount: workspace.workspaceMount };
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

function notice({ file, line, message }: Problem): Notice {
  return { code: "unknown-property", message: `${file}:${line}: ${message}` };
}
