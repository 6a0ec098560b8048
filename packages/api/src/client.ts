import { CiloError } from "@cilo/base";
import * as z from "zod";
import { type AgentRoutes, agentRoutes } from "./contract/agent.ts";
import type { Route } from "./contract/route.ts";
import { type ServerRoutes, serverRoutes } from "./contract/server.ts";
import { readLines } from "./lines.ts";
import { ProblemDetails, errorOfProblem } from "./problem.ts";

export interface ClientOptions {
  /** Without a slash at the end, e.g. `https://cilo.company.com` or `http://10.225.0.2:8080`. */
  readonly baseUrl: string;
  /** An API key for a server, a credential for an agent; asked for each call, so that it may be renewed. */
  readonly token: () => string | Promise<string>;
  /** Default: the built-in one. */
  readonly fetch?: typeof fetch;
  readonly userAgent?: string;
}

/** What a route's call takes: params, query and body as far as it has them, the signal, and perhaps an idempotency key. */
export type CallOf<R extends Route> = { readonly signal: AbortSignal } & (R extends {
  params: infer P extends z.ZodType;
}
  ? { readonly params: z.input<P> }
  : unknown) &
  (R extends { query: infer Q extends z.ZodType } ? QueryOf<Q> : unknown) &
  (R extends { body: infer B extends z.ZodType } ? { readonly body: z.input<B> } : unknown) &
  (R extends { isIdempotent: true } ? { readonly idempotencyKey?: string } : unknown);

type QueryOf<Q extends z.ZodType> =
  Partial<z.output<Q>> extends z.output<Q> ? { readonly query?: z.output<Q> } : { readonly query: z.output<Q> };

/** What a route's call answers: its JSON, a stream of its lines, text, or nothing. */
export type AnswerOf<R extends Route> = R["answer"] extends { kind: "json"; schema: infer S extends z.ZodType }
  ? z.output<S>
  : R["answer"] extends { kind: "lines"; schema: infer S extends z.ZodType }
    ? AsyncGenerator<z.output<S>>
    : R["answer"] extends { kind: "text" }
      ? string
      : undefined;

/** One method per route of the contract that is no socket. */
export type Client<Routes extends Readonly<Record<string, Route>>> = {
  readonly [Name in keyof Routes as Routes[Name]["answer"] extends { kind: "socket" } ? never : Name]: (
    call: CallOf<Routes[Name]>,
  ) => Promise<AnswerOf<Routes[Name]>>;
};

export type ServerClient = Client<ServerRoutes>;
export type AgentClient = Client<AgentRoutes>;

/**
 * A client of cilo-server.
 * @throws (each method) CiloError with the code of the problem that was answered; `SERVER_UNREACHABLE` when nothing
 * answers; `ANSWER_INVALID` when what answers does not speak this contract
 */
export function createServerClient(options: ClientOptions): ServerClient {
  return createClient(serverRoutes, { ...options, unreachable: "SERVER_UNREACHABLE" });
}

/** A client of cilo-agent. Throws as {@link createServerClient}, with `MACHINE_UNREACHABLE`. */
export function createAgentClient(options: ClientOptions): AgentClient {
  return createClient(agentRoutes, { ...options, unreachable: "MACHINE_UNREACHABLE" });
}

interface Connection extends ClientOptions {
  readonly unreachable: string;
}

interface AnyCall {
  readonly signal: AbortSignal;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
}

function createClient<Routes extends Readonly<Record<string, Route>>>(
  routes: Routes,
  connection: Connection,
): Client<Routes> {
  const methods = Object.entries(routes).map(([name, route]) => [
    name,
    async (call: AnyCall) => await send(route, call, connection),
  ]);
  // The one place where a table of routes becomes a typed object; the types above say what each entry is.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(methods) as Client<Routes>;
}

async function send(route: Route, call: AnyCall, connection: Connection): Promise<unknown> {
  const response = await request(route, call, connection);
  if (!response.ok) throw await failure(response, connection);
  switch (route.answer.kind) {
    case "nothing":
      await response.body?.cancel();
      return undefined;
    case "text":
      return await response.text();
    case "json":
      return await parseJson(route.answer.schema, response, connection);
    case "lines":
      return linesOf(response, { schema: route.answer.schema, call, connection });
    case "socket":
      throw new Error("a socket is opened by openExec");
  }
}

async function request(route: Route, call: AnyCall, connection: Connection): Promise<Response> {
  const headers: Record<string, string> = {
    accept: route.answer.kind === "lines" ? "application/x-ndjson" : "application/json",
    authorization: `Bearer ${await connection.token()}`,
    ...(call.body === undefined ? {} : { "content-type": "application/json" }),
    ...(call.idempotencyKey === undefined ? {} : { "idempotency-key": call.idempotencyKey }),
    ...(connection.userAgent === undefined ? {} : { "user-agent": connection.userAgent }),
  };
  const init: RequestInit = {
    method: route.method,
    headers,
    signal: call.signal,
    redirect: "error",
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  };
  try {
    return await (connection.fetch ?? fetch)(urlOf(route, call, connection), init);
  } catch (cause) {
    call.signal.throwIfAborted();
    throw unreachable(connection, cause);
  }
}

function urlOf(route: Route, call: AnyCall, { baseUrl }: Connection): string {
  const path = route.path.replaceAll(/:(\w+)/gu, (_, name: string) => encodeURIComponent(call.params?.[name] ?? ""));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) if (value !== undefined) query.set(name, String(value));
  return `${baseUrl}${path}${query.size === 0 ? "" : `?${query.toString()}`}`;
}

function unreachable(connection: Connection, cause: unknown): CiloError {
  const reason = cause instanceof Error && cause.cause instanceof Error ? `: ${cause.cause.message}` : "";
  return new CiloError(connection.unreachable, `${connection.baseUrl} does not answer${reason}`, { cause });
}

async function failure(response: Response, connection: Connection): Promise<CiloError> {
  const text = await response.text().catch(() => "");
  const problem = ProblemDetails.safeParse(jsonOf(text));
  if (problem.success) return errorOfProblem(problem.data);
  return notOurs(connection, `HTTP ${response.status}`);
}

async function parseJson(schema: z.ZodType, response: Response, connection: Connection): Promise<unknown> {
  const answer = schema.safeParse(jsonOf(await response.text()));
  if (answer.success) return answer.data;
  throw notOurs(connection, z.prettifyError(answer.error));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function notOurs(connection: Connection, what: string): CiloError {
  return new CiloError("ANSWER_INVALID", `${connection.baseUrl} answered what is not of this contract: ${what}`, {
    hint: "Check the address, and that both sides have the same version",
  });
}

async function* linesOf(
  response: Response,
  options: { schema: z.ZodType; call: AnyCall; connection: Connection },
): AsyncGenerator {
  if (response.body === null) return;
  try {
    yield* readLines(response.body, options.schema);
  } catch (cause) {
    options.call.signal.throwIfAborted();
    if (cause instanceof TypeError) throw unreachable(options.connection, cause);
    if (cause instanceof z.ZodError || cause instanceof SyntaxError)
      throw notOurs(options.connection, "a line of the stream");
    throw cause;
  }
}
