/**
 * One thing that is wrong with something the user wrote, with the place where it stands.
 * A {@link CiloError} about a file carries all of a run's problems, in file order.
 */
export interface Problem {
  /** One line, without a trailing full stop: what is wrong and what was expected. */
  readonly message: string;
  /** The next step, where there is one. */
  readonly hint?: string;
  /** The attribute's path, e.g. `services.web.ports[0]`. */
  readonly attribute?: string;
  /** Path of the file as the user would name it. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
}

export interface CiloErrorOptions {
  readonly cause?: unknown;
  /** The next step, best a command to type. */
  readonly hint?: string;
  readonly problems?: readonly Problem[];
}

/**
 * A failure that someone can act on. `code` is stable and never reused; exit and HTTP status derive from it
 * in one table at the edge. Anything that is not a `CiloError` is a bug and is shown with its stack.
 */
export class CiloError extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly problems: readonly Problem[];

  constructor(code: string, message: string, options: CiloErrorOptions = {}) {
    super(printable(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CiloError";
    this.code = code;
    this.hint = options.hint === undefined ? undefined : printable(options.hint);
    this.problems = options.problems ?? [];
  }
}

/** True for a {@link CiloError} with one of the given codes (with none given: for every `CiloError`). */
export function isCiloError(error: unknown, ...codes: string[]): error is CiloError {
  return error instanceof CiloError && (codes.length === 0 || codes.includes(error.code));
}

/** A problem as one line: `file:line:column attribute: message`. */
export function problemLine(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(":");
  const prefix = [place, problem.attribute].filter(Boolean).join(" ");
  return printable(prefix === "" ? problem.message : `${prefix}: ${problem.message}`);
}

/** Terminal sequences: CSI (colours, cursor), then OSC, DCS, SOS, PM and APC with the string they carry. */
const TERMINAL_SEQUENCE = /\u001B(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\u0007\u001B]*(?:\u0007|\u001B\\)?)/gu;
/** C0 and C1 controls, and the marks that reorder text on a terminal. */
const CONTROL = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/** The text on one line, without control characters that another program or file may have put into it. */
export function printable(text: string): string {
  return text
    .replaceAll(TERMINAL_SEQUENCE, "")
    .replaceAll(/\s*[\r\n\u0085\u2028\u2029]+\s*/gu, " ")
    .replaceAll("\t", " ")
    .replaceAll(CONTROL, "")
    .trim();
}

/** The codes this package throws. */
export const BaseCode = {
  commandFailed: "COMMAND_FAILED",
  commandNotFound: "COMMAND_NOT_FOUND",
  timeout: "TIMEOUT",
} as const;
