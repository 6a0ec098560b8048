import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { CiloError } from "@cilo/base";
import { type AgentRoutes, LINES_TYPE, PROBLEM_TYPE, type Route, agentRoutes, isApiCode, problemOf } from "@cilo/api";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type WebSocket, WebSocketServer } from "ws";
import * as z from "zod";
import { AgentCode } from "../errors.ts";
import { type Inbox, openInbox } from "../engine/exec.ts";
import type { Log } from "../log.ts";
import { type AccessParts, type Caller, authorise } from "./access.ts";
import { createOpenStreams } from "./streams.ts";

/** What is known of a request when its handler is called: everything has passed its schema. */
export interface Call<R extends Route> {
  readonly caller: Caller;
  readonly query: R extends { query: infer Q extends z.ZodType } ? z.output<Q> : undefined;
  readonly body: R extends { body: infer B extends z.ZodType } ? z.output<B> : undefined;
  /** Aborts when the caller goes away or loses its right. */
  readonly signal: AbortSignal;
}

type Result<R extends Route> = R["answer"] extends { kind: "json"; schema: infer S extends z.ZodType }
  ? z.input<S>
  : R["answer"] extends { kind: "lines"; schema: infer S extends z.ZodType }
    ? AsyncGenerator<z.input<S>>
    : void;

/** One handler for each route of the contract; `exec` gets the socket. */
export type Handlers = {
  readonly [Name in Exclude<keyof AgentRoutes, "exec">]: (
    call: Call<AgentRoutes[Name]>,
  ) => Promise<Result<AgentRoutes[Name]>>;
} & { readonly exec: (call: Call<AgentRoutes["exec"]>, socket: WebSocket, inbox: Inbox) => Promise<void> };

export interface AppParts {
  readonly handlers: Handlers;
  readonly access: AccessParts;
  readonly log: Log;
}

export interface App {
  readonly server: FastifyInstance;
  /** Ends every stream of a device. */
  cut(address: string): void;
}

const MOST_BODY_BYTES = 64 * 1024;
const SIGN_OF_LIFE_MS = 15_000;

/** The HTTP side of the agent, from the contract. It listens nowhere yet. */
export function createApp(parts: AppParts): App {
  const streams = createOpenStreams();
  const server = Fastify({
    bodyLimit: MOST_BODY_BYTES,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 75_000,
    http: { maxHeaderSize: 16 * 1024 },
    forceCloseConnections: true,
  });
  server.setNotFoundHandler((_, reply) =>
    sendProblem(reply, new CiloError("ROUTE_NOT_FOUND", "there is no such route")),
  );
  server.setErrorHandler((error, request, reply) => {
    const known = asProblem(error);
    if (known === undefined) parts.log.error("request failed", { path: pathOf(request.url), err: asError(error) });
    return sendProblem(reply, known ?? new CiloError("INTERNAL", "the agent failed; its log says more"));
  });
  for (const [name, route] of Object.entries(agentRoutes)) {
    if (route.answer.kind === "socket") continue;
    // Name and handler are of one table each, with the same keys; the types above say that they fit.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const handler = parts.handlers[name as keyof Handlers] as AnyHandler;
    server.route({
      method: route.method,
      url: route.path,
      handler: async (request, reply) => await serve(route, { request, reply, handler, streams, ...parts }),
    });
  }
  serveSockets(server, parts, streams);
  return { server, cut: (address) => streams.cut(address) };
}

type AnyHandler = (call: Call<Route>) => Promise<unknown>;

interface Serving extends AppParts {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly handler: AnyHandler;
  readonly streams: ReturnType<typeof createOpenStreams>;
}

async function serve(route: Route, at: Serving): Promise<unknown> {
  const { request, reply } = at;
  const environmentId = environmentOf(request.query) ?? environmentOf(request.body);
  const { authorization } = request.headers;
  const caller = await authorise({ route, authorization, address: request.ip, environmentId }, at.access);
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  const query = parse(route.query, request.query);
  const body = parse(route.body, request.body);
  // What the route's schemas say, which have just been applied.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const input = { caller, query, body } as unknown as Call<Route>;
  if (route.answer.kind !== "lines") {
    const answer = await at.handler({ ...input, signal: gone.signal });
    if (route.answer.kind === "nothing") return await reply.code(route.status).send();
    return await reply.code(route.status).send(answer);
  }
  const stream = at.streams.open(request.ip);
  gone.signal.addEventListener("abort", stream.end, { once: true });
  stream.signal.addEventListener("abort", () => reply.raw.destroy(), { once: true });
  const signal = AbortSignal.any([gone.signal, stream.signal]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const lines = (await at.handler({ ...input, signal })) as AsyncGenerator;
  return await reply
    .code(route.status)
    .type(LINES_TYPE)
    .send(Readable.from(textOf(lines, signal), { objectMode: false }));
}

/** JSON lines, and an empty one where nothing comes for a while, so that both sides see whether the other is there. */
async function* textOf(lines: AsyncGenerator, signal: AbortSignal): AsyncGenerator<string> {
  let next = lines.next();
  try {
    for (;;) {
      const result = await Promise.race([next, silence(signal)]);
      if (signal.aborted) return;
      if (result === "silence") yield "\n";
      else if (result.done === true) return;
      else {
        next = lines.next();
        yield `${JSON.stringify(result.value)}\n`;
      }
    }
  } finally {
    next.catch(() => undefined);
    void lines.return(undefined).catch(() => undefined);
  }
}

async function silence(signal: AbortSignal): Promise<"silence"> {
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve("silence"), SIGN_OF_LIFE_MS);
    timer.unref();
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve("silence")), { once: true });
  });
}

function serveSockets(server: FastifyInstance, parts: AppParts, streams: ReturnType<typeof createOpenStreams>): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 128 * 1024, perMessageDeflate: false });
  server.server.on("upgrade", (request: IncomingMessage, connection, head) => {
    connection.on("error", () => connection.destroy());
    void (async () => {
      try {
        const call = await execCall(request, parts);
        sockets.handleUpgrade(request, connection, head, (socket) => {
          const stream = streams.open(request.socket.remoteAddress ?? "");
          socket.once("close", stream.end);
          parts.handlers
            .exec({ ...call, signal: stream.signal }, socket, openInbox(socket))
            .catch((error: unknown) => parts.log.error("exec failed", { err: asError(error) }));
        });
      } catch (error) {
        const problem = asProblem(error) ?? new CiloError("INTERNAL", "the agent failed");
        const { status, text } = problemText(problem);
        connection.end(
          `HTTP/1.1 ${status} Refused\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
        );
      }
    })();
  });
  server.addHook("onClose", () => {
    for (const socket of sockets.clients) socket.terminate();
  });
}

async function execCall(
  request: IncomingMessage,
  { access }: AppParts,
): Promise<Omit<Call<AgentRoutes["exec"]>, "signal">> {
  const url = new URL(request.url ?? "/", "http://agent");
  if (url.pathname !== agentRoutes.exec.path) throw new CiloError("ROUTE_NOT_FOUND", "there is no such route");
  const given = Object.fromEntries(url.searchParams);
  const caller = await authorise(
    {
      route: agentRoutes.exec,
      authorization: request.headers.authorization,
      address: request.socket.remoteAddress ?? "",
      environmentId: given["environmentId"],
    },
    access,
  );
  return { caller, query: parse(agentRoutes.exec.query, given), body: undefined };
}

function environmentOf(input: unknown): string | undefined {
  const id: unknown = typeof input === "object" && input !== null ? Reflect.get(input, "environmentId") : undefined;
  return typeof id === "string" ? id : undefined;
}

function parse<S extends z.ZodType>(schema: S | undefined, input: unknown): z.output<S> {
  // Without a schema there is nothing to be said, and the handler's type says `undefined`.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  if (schema === undefined) return undefined as z.output<S>;
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => ({ attribute: path.join("."), message }));
  throw new CiloError(AgentCode.requestInvalid, "the request is not what the contract says", { problems });
}

/** `undefined`: a bug. */
function asProblem(error: unknown): CiloError | undefined {
  if (error instanceof CiloError) return error;
  const status: unknown = error instanceof Error ? Reflect.get(error, "statusCode") : undefined;
  if (status === 413) return new CiloError("BODY_TOO_LARGE", `a body has at most ${MOST_BODY_BYTES} bytes`);
  if (status === 415) return new CiloError("MEDIA_TYPE_UNSUPPORTED", "bodies are application/json");
  if (typeof status === "number" && status >= 400 && status < 500)
    return new CiloError(AgentCode.requestInvalid, error instanceof Error ? error.message : "the request is no JSON");
  return undefined;
}

function problemText(error: CiloError): { readonly status: number; readonly text: string } {
  const code = isApiCode(error.code) ? error.code : codeFor(error.code);
  const problem = problemOf(code, error.message, { hint: error.hint, problems: error.problems });
  return { status: problem.status, text: JSON.stringify(problem) };
}

/** What the engine or the system refused is not the caller's doing. */
function codeFor(code: string): "NOT_READY" | "INTERNAL" {
  return code.startsWith("ENGINE_") || code.startsWith("TUNNEL_") ? "NOT_READY" : "INTERNAL";
}

async function sendProblem(reply: FastifyReply, error: CiloError): Promise<void> {
  const { status, text } = problemText(error);
  await reply.code(status).type(PROBLEM_TYPE).send(text);
}

function pathOf(url: string): string {
  return url.split("?")[0] ?? "";
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
