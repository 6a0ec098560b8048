import { CiloError } from "@cilo/base";
import { EngineCode } from "../errors.ts";
import type { Parser, ProjectFiles } from "./parser.ts";

export interface DetectRequest {
  /** In the order they are asked. */
  readonly parsers: readonly Parser[];
  /** Absolute. */
  readonly workingDir: string;
  readonly files: ProjectFiles;
  /** `--format`: this one and no other. */
  readonly format?: string;
}

export interface Detected {
  readonly parser: Parser;
  /** The file that makes the folder a project of that format, absolute; absent when the format was named and none is there. */
  readonly file: string | undefined;
  /** Other formats the folder has too, with their files. */
  readonly passedOver: readonly { readonly format: string; readonly file: string }[];
}

/**
 * The parser for a folder: the named one, else the first that knows it.
 * @throws CiloError `PROJECT_NOT_DETECTED`
 */
export function detectProject({ parsers, workingDir, files, format }: DetectRequest): Detected {
  const found = parsers.flatMap((parser) => {
    const file = parser.detect(workingDir, files);
    return file === undefined ? [] : [{ parser, file }];
  });
  const chosen = format === undefined ? found[0] : named(parsers, format, found);
  if (chosen === undefined) {
    const known = parsers.map((parser) => parser.format).join(", ");
    throw new CiloError(
      EngineCode.projectNotDetected,
      format === undefined
        ? `${workingDir} is no project of a known format (${known})`
        : `${JSON.stringify(format)} is no known format (${known})`,
      {
        hint: format === undefined ? "Name the folder with --from PATH, or a file with -f FILE" : "Use one of these",
      },
    );
  }
  const passedOver = found
    .filter((one) => one.parser !== chosen.parser)
    .map((one) => ({ format: one.parser.format, file: one.file }));
  return { parser: chosen.parser, file: chosen.file, passedOver };
}

interface Found {
  readonly parser: Parser;
  readonly file: string | undefined;
}

function named(parsers: readonly Parser[], format: string, found: readonly Found[]): Found | undefined {
  const parser = parsers.find((one) => one.format === format);
  return parser === undefined ? undefined : { parser, file: found.find((one) => one.parser === parser)?.file };
}
