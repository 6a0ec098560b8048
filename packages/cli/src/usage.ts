import { CiloError, type Problem, isCiloError } from "@cilo/base";
import {
  AliasNotFoundError,
  type ApplicationText,
  ArgumentParseError,
  EnumValidationError,
  FlagNotFoundError,
  UnexpectedPositionalError,
  UnsatisfiedFlagError,
  UnsatisfiedPositionalError,
  text_en as english,
} from "@stricli/core";
import { CliCode } from "./errors.ts";

/**
 * The parser's texts, each one JSON line of a {@link Problem}, which {@link usageError} makes into an error of ours:
 * stricli prints its complaints as they come, and Cilo's errors have one form.
 */
export const parserText: ApplicationText = {
  ...english,
  noCommandRegisteredForInput: ({ input, corrections }) =>
    line({
      message: `there is no command ${JSON.stringify(input)}`,
      hint: corrections.length > 0 ? `Did you mean ${orList(corrections)}?` : "cilo --help lists the commands",
    }),
  exceptionWhileParsingArguments: (error) => line(argumentProblem(error)),
  exceptionWhileLoadingCommandFunction: (error) => bug(error),
  exceptionWhileLoadingCommandContext: (error) => bug(error),
  exceptionWhileRunningCommand: (error) => bug(error),
};

/** The error for what the parser complained of; a bug is thrown as it is. */
export function usageError(complaints: readonly string[], exitCode: number): Error {
  const bugs = complaints.filter((complaint) => !complaint.startsWith("{"));
  if (bugs.length > 0) return new Error(`${bugs.join("")}(stricli ${exitCode})`);
  const problems = complaints.map(parseLine);
  const [first, ...others] = problems;
  return new CiloError(CliCode.usage, first?.message ?? "the arguments cannot be read", {
    ...(first?.hint === undefined ? {} : { hint: first.hint }),
    ...(others.length > 0 ? { problems } : {}),
  });
}

function argumentProblem(error: unknown): Problem {
  if (error instanceof FlagNotFoundError)
    return {
      message: `there is no flag --${error.input}`,
      ...(error.corrections.length > 0
        ? { hint: `Did you mean ${orList(error.corrections.map((to) => `--${kebab(to)}`))}?` }
        : {}),
    };
  if (error instanceof AliasNotFoundError) return { message: `there is no flag -${error.input}` };
  if (error instanceof UnsatisfiedPositionalError) return missing(error);
  if (error instanceof UnsatisfiedFlagError) return { message: `--${error.externalFlagName} needs a value` };
  if (error instanceof UnexpectedPositionalError)
    return { message: `${JSON.stringify(error.input)} is one argument too many` };
  if (error instanceof EnumValidationError)
    return {
      message: `--${error.externalFlagName} cannot be ${JSON.stringify(error.input)}`,
      hint: `It is one of ${error.values.join(", ")}`,
    };
  if (error instanceof ArgumentParseError) return parseProblem(error);
  return { message: error instanceof Error ? error.message : String(error) };
}

/** A placeholder of several words stands for as many arguments, of which the last ones are there. */
function missing({ placeholder, limit: [, given] = [0, 0] }: UnsatisfiedPositionalError): Problem {
  const words = placeholder.split(" ").filter((word) => !word.startsWith("["));
  return {
    message: `${words
      .slice(given)
      .map((word) => `<${word}>`)
      .join(" and ")} ${words.length - given > 1 ? "are" : "is"} missing`,
  };
}

function parseProblem({ externalFlagNameOrPlaceholder, input, exception }: ArgumentParseError): Problem {
  if (isCiloError(exception, "NAME_INVALID"))
    return { message: exception.message, ...(exception.hint === undefined ? {} : { hint: exception.hint }) };
  const reason = exception instanceof Error ? exception.message : String(exception);
  const hint = exception instanceof CiloError ? exception.hint : undefined;
  return {
    message: `${externalFlagNameOrPlaceholder} cannot be ${JSON.stringify(input)}: ${reason}`,
    ...(hint === undefined ? {} : { hint }),
  };
}

function line(problem: Problem): string {
  return JSON.stringify(problem);
}

function parseLine(complaint: string): Problem {
  const { message, hint }: { message: string; hint?: string } = JSON.parse(complaint);
  return { message, ...(hint === undefined ? {} : { hint }) };
}

function bug(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function orList(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}
