import { type ApiCode, PROBLEM_TYPE, httpStatusByCode, isApiCode, problemOf } from "@cilo/api";
import { CiloError } from "@cilo/base";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Metrics } from "../metrics.ts";

/** Answers whatever a handler throws as a problem. Codes become statuses in the table of the contract. */
export function answerErrors(app: FastifyInstance, { metrics }: { metrics: Metrics }): void {
  app.setErrorHandler(async (error: FastifyError | Error, request, reply) => {
    const { code, detail, hint } = told(error);
    if (code === "INTERNAL") request.log.error({ err: error, requestId: request.id }, "a request failed");
    const problems = error instanceof CiloError ? error.problems : [];
    await answer({ request, reply, metrics }, { code, detail, hint, problems });
  });
}

interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly metrics: Metrics;
}

/** Answers a problem. */
export async function answer(
  { request, reply, metrics }: Asked,
  {
    code,
    detail,
    hint,
    problems,
  }: { code: ApiCode; detail: string; hint?: string | undefined; problems?: CiloError["problems"] },
): Promise<void> {
  metrics.errors.inc({ code });
  const problem = problemOf(code, detail, { hint, requestId: request.id, problems: problems ?? [] });
  if (code === "UNAUTHENTICATED") reply.header("www-authenticate", "Bearer");
  await reply.code(problem.status).type(PROBLEM_TYPE).send(problem);
}

interface Told {
  readonly code: ApiCode;
  readonly detail: string;
  readonly hint?: string | undefined;
}

function told(error: FastifyError | Error): Told {
  if (error instanceof CiloError && isApiCode(error.code))
    return { code: error.code, detail: error.message, hint: error.hint };
  // A machine that speaks another version, or no longer the protocol.
  if (error instanceof CiloError && error.code === "ANSWER_INVALID")
    return { code: "MACHINE_UNREACHABLE", detail: error.message };
  if (error.name === "TimeoutError" && error instanceof DOMException)
    return { code: "MACHINE_UNREACHABLE", detail: "the machine does not answer in time" };
  if (isDatabaseAway(error))
    return { code: "NOT_READY", detail: "the database does not answer", hint: "Try again in a moment" };
  const code = codeOfFastify(error);
  if (code !== undefined) return { code, detail: error.message };
  return { code: "INTERNAL", detail: "an internal error; the server's log has it under this request id" };
}

function codeOfFastify(error: FastifyError | Error): ApiCode | undefined {
  if (!("statusCode" in error) || error.statusCode === undefined || error.statusCode >= 500) return undefined;
  if (error.statusCode === httpStatusByCode.BODY_TOO_LARGE) return "BODY_TOO_LARGE";
  if (error.statusCode === httpStatusByCode.MEDIA_TYPE_UNSUPPORTED) return "MEDIA_TYPE_UNSUPPORTED";
  return "REQUEST_INVALID";
}

const AWAY = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EPIPE",
  "57P01",
  "57P02",
  "57P03",
  "08006",
  "08001",
  "53300",
]);

function isDatabaseAway(error: Error): boolean {
  if ("code" in error && typeof error.code === "string" && AWAY.has(error.code)) return true;
  return /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/u.test(
    error.message,
  );
}
