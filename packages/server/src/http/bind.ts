import { Readable } from "node:stream";
import { LINES_TYPE, type Route } from "@cilo/api";
import { CiloError, type Problem } from "@cilo/base";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type * as z from "zod";
import type { Caller } from "../auth/keys.ts";
import { answerOnce, type Idempotency } from "./idempotency.ts";
import type { Streams } from "./streams.ts";

export interface BindOptions {
  /** Who asks, by the route's access; throws when it may not. */
  readonly authorize: (route: Route, request: FastifyRequest) => Promise<Caller | undefined>;
  readonly idempotency: Idempotency;
  readonly streams: Streams;
}

/** What every handler has, whatever its route; {@link Handlers} says what each gets. */
export type AnyHandler = (request: AnyRequest) => Promise<unknown>;

interface AnyRequest {
  readonly signal: AbortSignal;
  readonly requestId: string;
  readonly caller: Caller | undefined;
  readonly params?: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

/** Serves a route of the contract: checks the request against it, and answers what the handler does in its form. */
export function bind(app: FastifyInstance, bound: { route: Route; handler: AnyHandler }, options: BindOptions): void {
  const { route, handler } = bound;
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      const caller = await options.authorize(route, request);
      const call = { signal: request.signal, requestId: request.id, caller, ...checked(route, request) };
      const key = request.headers["idempotency-key"];
      if (route.isIdempotent === true && caller !== undefined && typeof key === "string") {
        const answered = await answerOnce(options.idempotency, {
          key,
          caller,
          route,
          body: call.body,
          run: async () => await handler(call),
        });
        return await reply.code(route.status).send(answered);
      }
      return await send({ route, reply, call, streams: options.streams }, handler);
    },
  });
}

async function send(
  { route, reply, call, streams }: { route: Route; reply: FastifyReply; call: AnyRequest; streams: Streams },
  handler: AnyHandler,
): Promise<FastifyReply> {
  if (route.answer.kind !== "lines") {
    const answer = await handler(call);
    reply.code(route.status);
    if (route.answer.kind === "text") reply.type(route.answer.type);
    return await reply.send(answer);
  }
  const stream = streams.open(call);
  try {
    const lines = streamOf(await handler({ ...call, signal: stream.signal }));
    return await reply
      .code(route.status)
      .type(LINES_TYPE)
      .send(Readable.from(textOf(lines, stream), { objectMode: false }));
  } catch (error) {
    stream[Symbol.dispose]();
    throw error;
  }
}

function streamOf(answer: unknown): AsyncIterable<unknown> {
  if (isIterable(answer)) return answer;
  throw new Error("the handler of a stream answered none");
}

function isIterable(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === "object" && answer !== null && Symbol.asyncIterator in answer;
}

/** Ends without a word when the stream is to end: the client sees it end. */
async function* textOf(
  lines: AsyncIterable<unknown>,
  stream: Disposable & { readonly signal: AbortSignal },
): AsyncGenerator<string> {
  try {
    for await (const line of lines) yield `${JSON.stringify(line)}\n`;
  } catch (error) {
    if (!stream.signal.aborted) throw error;
  } finally {
    stream[Symbol.dispose]();
  }
}

function checked(route: Route, request: FastifyRequest): Pick<AnyRequest, "params" | "query" | "body"> {
  const problems: Problem[] = [];
  const part = (name: "params" | "query" | "body", schema: z.ZodType | undefined): unknown => {
    if (schema === undefined) return undefined;
    const result = schema.safeParse(name === "body" ? (request.body ?? {}) : request[name]);
    if (result.success) return result.data;
    for (const issue of result.error.issues)
      problems.push({ message: issue.message, attribute: [name, ...issue.path.map(String)].join(".") });
    return undefined;
  };
  const parts = {
    params: part("params", route.params),
    query: part("query", route.query),
    body: part("body", route.body),
  };
  const [first] = problems;
  if (first === undefined) return parts;
  throw new CiloError("REQUEST_INVALID", `${first.attribute}: ${first.message}`, { problems });
}
