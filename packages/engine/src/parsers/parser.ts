import type { EnvironmentSpec } from "../spec/spec.ts";
import type { WorkbenchCommand } from "../spec/workbench.ts";

/**
 * How a parser sees the file system. Paths are those of the *source* project; an implementation may read them from a
 * copy (an environment's workspace), so that `../shared` still means the folder beside the source.
 */
export interface ProjectFiles {
  /** The file's bytes. Throws the file system's error (`ENOENT`, `EISDIR`, …). */
  read(path: string): Uint8Array;
  /** What is at the path, links followed: `undefined` when nothing is. */
  kind(path: string): "file" | "folder" | "other" | undefined;
  /** The path with symbolic links resolved as far as it exists. */
  realPath(path: string): string;
  /** Names in a folder, in no order; none where it cannot be read. */
  list(path: string): readonly string[];
}

export interface ParseOptions {
  readonly files: ProjectFiles;
  /** Variables for interpolation, as the process would see them; `HOME` among them. */
  readonly env: Readonly<Record<string, string>>;
  /** The folder the command was given (`--from`): absolute. Where project files are looked for. */
  readonly workingDir: string;
  /** `-f`, as typed; relative to `workingDir`. */
  readonly projectFiles?: readonly string[];
  readonly envFiles?: readonly string[];
  readonly profiles?: readonly string[];
  /** `--project-directory`, relative to `workingDir`. */
  readonly projectDirectory?: string;
  /** `-p`. */
  readonly projectName?: string;
  /** `--devcontainer`: which of several. */
  readonly devcontainer?: string;
  /** What is known of the image of the spec's workbench, once it is there; the spec is then made for it. */
  readonly image?: ImageFacts;
  /** Only these services and what they depend on. Empty or absent: all enabled ones. */
  readonly services?: readonly string[];
}

/** An image at the engine. */
export interface ImageFacts {
  /** The name to run it by. */
  readonly reference: string;
  /** Empty: root. */
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/** Reads one project format. The port that plugins implement; docs/SUPPORTED_FORMATS.md, "writing a parser". */
export interface Parser {
  /** `compose`, `devcontainer`, `procfile`, or a plugin's name. */
  readonly format: string;
  /**
   * The file that makes `workingDir`, or a folder above it, a project of this format, absolute; `undefined` when there is
   * none. Cheap: no parsing.
   */
  detect(workingDir: string, files: ProjectFiles): string | undefined;
  /**
   * @throws CiloError `PROJECT_INVALID` with all problems of the project, in file order; `FILE_NOT_FOUND`.
   */
  parse(options: ParseOptions): EnvironmentSpec;
  /**
   * A command of the project that has to run on the host, in the project folder, before it is parsed and started.
   * @throws CiloError as `parse`
   */
  hostCommand?(options: ParseOptions): WorkbenchCommand | undefined;
}
