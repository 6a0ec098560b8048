import { ExitCode, exitCodeByErrorCode } from "../exit-codes.ts";
import { GENERATED } from "./generated.ts";

const meanings: Readonly<Record<keyof typeof ExitCode, string>> = {
  ok: "done",
  failed: "it failed: whatever has no status of its own, bugs included",
  usage: "the command line cannot be understood, or names what cannot be",
  notFound: "what was named is not there",
  engineUnreachable: "the container engine, or its Compose plugin, does not answer or is not installed",
  refused: "refused: it needs a word, a right or a setting that was not given",
  serverUnreachable: "a Cilo server does not answer",
  childNotFound: "`cilo run` was given a command that is not on the PATH",
  interrupted: "interrupted by SIGINT or SIGTERM; what was half made has been undone",
};

/** docs/reference/exit-codes.md */
export function exitCodesPage(): string {
  return [
    "# Exit statuses",
    GENERATED,
    "`cilo exec` and `cilo run` pass on the command's own status. Every other status is one of these:",
    [
      "| status | means | errors |",
      "| --- | --- | --- |",
      ...Object.entries(meanings).map(([name, meaning]) => row(name, meaning)),
    ].join("\n"),
    "Errors are explained in [errors.md](errors.md). A second Ctrl-C ends `cilo` at once, with 130 too; the next `up`, `destroy` or `doctor --fix` puts right what it leaves.",
  ]
    .join("\n\n")
    .concat("\n");
}

function row(name: string, meaning: string): string {
  const status = Object.entries(ExitCode).find(([key]) => key === name)?.[1];
  const codes = Object.entries(exitCodeByErrorCode).filter(([, exitCode]) => exitCode === status);
  return `| ${status} | ${meaning} | ${codes.map(([code]) => `\`${code}\``).join(" ")} |`;
}
