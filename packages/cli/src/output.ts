import { printable } from "@cilo/base";
import type { Answer } from "./answer.ts";
import { errorData, errorText } from "./error-text.ts";
import { exitCodeOf } from "./exit-codes.ts";
import type { Streams } from "./streams.ts";
import { type Style, styleFor } from "./style.ts";

export interface OutputOptions {
  readonly streams: Streams;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** The one renderer: the answer goes to stdout, everything else to stderr. */
export interface Output {
  readonly json: boolean;
  readonly quiet: boolean;
  /** For what goes to stderr. */
  readonly style: Style;
  readonly answer: (answer: Answer) => void;
  /** Something to know; not with `--quiet`. */
  readonly notice: (text: string) => void;
  /** What a project file is warned of; not with `--quiet`. */
  readonly warning: (text: string) => void;
  /** Prints what was thrown and answers the exit status. */
  readonly error: (error: unknown) => number;
}

export function createOutput({ streams, env, json, quiet }: OutputOptions): Output {
  const style = styleFor(streams.stderr, env);
  return {
    json,
    quiet,
    style,
    answer: (answer) => {
      const text = json ? JSON.stringify(answer.data, undefined, 2) : answer.text(styleFor(streams.stdout, env));
      if (text !== "") streams.stdout.write(`${text}\n`);
    },
    notice: (text) => {
      if (!quiet) streams.stderr.write(`${style.yellow("note:")} ${printable(text)}\n`);
    },
    warning: (text) => {
      if (!quiet) streams.stderr.write(`${style.yellow("warn:")} ${printable(text)}\n`);
    },
    error: (error) => {
      const exitCode = exitCodeOf(error);
      if (json) streams.stdout.write(`${JSON.stringify({ error: errorData(error, exitCode) }, undefined, 2)}\n`);
      streams.stderr.write(`${errorText(error, { style, whole: streams.stderr.isTTY === true })}\n`);
      return exitCode;
    },
  };
}
