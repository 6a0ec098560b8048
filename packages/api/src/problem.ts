import { CiloError, type Problem } from "@cilo/base";
import * as z from "zod";
import { type ApiCode, httpStatusByCode } from "./codes.ts";

const ProblemItem = z.object({
  message: z.string(),
  hint: z.optional(z.string()),
  attribute: z.optional(z.string()),
  file: z.optional(z.string()),
  line: z.optional(z.int()),
  column: z.optional(z.int()),
});

/** What every failure is answered with: RFC 9457, as `application/problem+json`, with our stable `code` and a hint. */
export const ProblemDetails = z
  .object({
    type: z.string().meta({ description: "urn:cilo:problem: and the code." }),
    title: z.string(),
    status: z.int(),
    detail: z.string().meta({ description: "One line that names what failed." }),
    code: z.string(),
    hint: z.optional(z.string().meta({ description: "The next step." })),
    requestId: z.optional(z.string()),
    problems: z.optional(z.array(ProblemItem)),
  })
  .meta({ id: "Problem" });
export type ProblemDetails = z.infer<typeof ProblemDetails>;

export const PROBLEM_TYPE = "application/problem+json";

/** The problem for a code of the contract. */
export function problemOf(
  code: ApiCode,
  detail: string,
  more: {
    readonly hint?: string | undefined;
    readonly requestId?: string;
    readonly problems?: readonly Problem[];
  } = {},
): ProblemDetails {
  return {
    type: `urn:cilo:problem:${code}`,
    title: titleOf(code),
    status: httpStatusByCode[code],
    detail,
    code,
    ...(more.hint === undefined ? {} : { hint: more.hint }),
    ...(more.requestId === undefined ? {} : { requestId: more.requestId }),
    ...(more.problems === undefined || more.problems.length === 0 ? {} : { problems: [...more.problems] }),
  };
}

function titleOf(code: ApiCode): string {
  const words = code.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The problem as the error that a client throws: the same code, message and hint. */
export function errorOfProblem(problem: ProblemDetails): CiloError {
  return new CiloError(problem.code, problem.detail, {
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    problems: (problem.problems ?? []).map(withoutAbsent),
  });
}

function withoutAbsent(item: z.infer<typeof ProblemItem>): Problem {
  const { message, hint, attribute, file, line, column } = item;
  return {
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(attribute === undefined ? {} : { attribute }),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  };
}
