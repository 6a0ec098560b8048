import { type CiloError, type Problem, isCiloError, printable, problemLine } from "@cilo/base";
import type { Style } from "./style.ts";

const REPORT = "This is a bug in Cilo. Please report it with the lines above: https://github.com/cilo-dev/cilo/issues";

/** What was thrown, for people. `whole`: every problem on its own line; otherwise one line. Bugs always show their stack. */
export function errorText(error: unknown, options: { style: Style; whole: boolean }): string {
  if (!isCiloError(error)) return bugText(error);
  return options.whole ? wholeText(error, options.style) : lineText(error);
}

/** What was thrown, for `--json`; docs/reference/json.md. */
export function errorData(error: unknown, exitCode: number): object {
  if (!isCiloError(error))
    return { code: "BUG", message: error instanceof Error ? error.message : String(error), problems: [], exitCode };
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    problems: error.problems,
    exitCode,
  };
}

/** `cilo: <message> — <hint> (+3 more)` */
function lineText(error: CiloError): string {
  const [first] = error.problems;
  const hint = error.hint ?? first?.hint;
  const more = error.problems.length - 1;
  return [
    `cilo: ${headline(error)}`,
    hint === undefined ? "" : ` — ${printable(hint)}`,
    more > 0 ? ` (+${more} more)` : "",
  ].join("");
}

/** An error about a file says its first problem, unless its message does so already. */
function headline(error: CiloError): string {
  const [first] = error.problems;
  if (first === undefined) return error.message;
  return error.message.includes(first.message) ? error.message : `${error.message}: ${problemLine(first)}`;
}

function wholeText(error: CiloError, style: Style): string {
  const shown = error.problems.length === 1 && error.message.includes(error.problems[0]?.message ?? "");
  const problems = shown ? [] : error.problems.flatMap((problem) => problemLines(problem, style));
  const hint = error.hint === undefined ? [] : [`${style.cyan("→")} ${error.hint}`];
  return [`${style.red("cilo:")} ${error.message}`, ...problems, ...hint].join("\n");
}

function problemLines(problem: Problem, style: Style): string[] {
  const hint = problem.hint === undefined ? [] : [`    ${style.cyan("→")} ${printable(problem.hint)}`];
  return [`  ${problemLine(problem)}`, ...hint];
}

function bugText(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `cilo: something went wrong that should not have\n${stack}\n${REPORT}`;
}
