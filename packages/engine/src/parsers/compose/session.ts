import { CiloError, isErrno } from "@cilo/base";
import { EngineCode } from "../../errors.ts";
import type { ParseOptions, ProjectFiles } from "../parser.ts";
import { Problems } from "./problems.ts";
import type { Source } from "./tree.ts";

const MAX_FILE = 64 * 1024 * 1024;
const MAX_TOTAL = 512 * 1024 * 1024;
const MAX_FILES = 10_000;

/** Why a file the project names could not be read. */
export class UnreadableFile extends Error {}

/** What one run of the loader reads, finds wrong and warns of. */
export class Session {
  readonly files: ProjectFiles;
  readonly problems: Problems = new Problems();
  readonly home: string | undefined;
  /** Part of the project could not be read: whether the rest fits together cannot be told. */
  incomplete: boolean = false;
  readonly #warnings = new Set<string>();
  readonly #texts = new Map<string, string>();
  #read = 0;

  constructor(options: ParseOptions) {
    this.files = options.files;
    this.home = options.env["HOME"];
  }

  warn(message: string): void {
    if (this.#warnings.size < 1000) this.#warnings.add(message);
  }

  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** A project file ready to be parsed. @throws UnreadableFile */
  source(path: string): Source {
    const source: Source = { path, text: this.text(path) };
    this.problems.addSource(source);
    return source;
  }

  /** The text of a file that the project or the user named. @throws UnreadableFile */
  text(path: string): string {
    const known = this.#texts.get(path);
    if (known !== undefined) return known;
    if (this.#texts.size >= MAX_FILES) throw new UnreadableFile(`the project names more than ${MAX_FILES} files`);
    const content = decode(path, this.#bytes(path));
    this.#texts.set(path, content);
    return content;
  }

  #bytes(path: string): Uint8Array {
    let bytes: Uint8Array;
    try {
      if (path.includes("\0")) throw new UnreadableFile(`${JSON.stringify(path)} is no path`);
      bytes = this.files.read(path);
    } catch (error) {
      throw unreadable(path, error);
    }
    this.#read += bytes.length;
    if (bytes.length > MAX_FILE) throw new UnreadableFile(`${path} is larger than 64 MB`);
    if (this.#read > MAX_TOTAL) throw new UnreadableFile("the project's files are larger than 512 MB together");
    return bytes;
  }
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof CiloError) return new UnreadableFile(error.message);
  if (isErrno(error, "ENOENT", "ENOTDIR")) return new UnreadableFile(`${path} is not there`);
  if (isErrno(error, "EISDIR")) return new UnreadableFile(`${path} is a folder, not a file`);
  if (error instanceof Error && "code" in error)
    return new UnreadableFile(`${path} cannot be read (${String(error.code)})`);
  return error;
}

/** UTF-8, or UTF-16 with a byte order mark. */
function decode(path: string, bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new UnreadableFile(`${path} is not UTF-8 text`, { cause });
  }
}

/** The error for a file that was named on the command line or by a variable. */
export function missingFile(error: UnreadableFile): CiloError {
  return new CiloError(EngineCode.fileNotFound, error.message, { cause: error });
}
