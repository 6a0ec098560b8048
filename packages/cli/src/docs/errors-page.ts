import { exitCodeByErrorCode, ExitCode } from "../exit-codes.ts";
import { errorMeanings } from "./error-meanings.ts";
import { GENERATED } from "./generated.ts";

/** docs/reference/errors.md */
export function errorsPage(): string {
  return [
    "# Errors",
    GENERATED,
    "Every failure that someone can act on has a code, which stays the same and is printed with `--json`. On a pipe an error is one line, `cilo: <what failed> — <what to do> (+<n> more)`; on a terminal every problem has its own line, with file, line and column. Anything without a code is a bug: it is printed with its stack.",
    [
      "| code | status | means | what to do |",
      "| --- | --- | --- | --- |",
      ...Object.entries(errorMeanings)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(
          ([code, [meaning, next]]) =>
            `| \`${code}\` | ${exitCodeByErrorCode[code] ?? ExitCode.failed} | ${meaning} | ${next} |`,
        ),
    ].join("\n"),
  ]
    .join("\n\n")
    .concat("\n");
}
