import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import type { Socket } from "node:net";
import { type Route, type ServerRoutes, httpStatusByCode, problemOf, serverRoutes } from "@cilo/api";
import { CiloError } from "@cilo/base";
import rateLimit from "@fastify/rate-limit";
import fastify, { type FastifyInstance, type FastifyRequest, LogController } from "fastify";
import type { Caller, Keys } from "./auth/keys.ts";
import { reachOf } from "./environments/reach.ts";
import { type AnyHandler, type BindOptions, bind } from "./http/bind.ts";
import { answer, answerErrors } from "./http/errors.ts";
import type { Handlers } from "./http/handlers.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

export interface AppOptions extends Omit<BindOptions, "authorize"> {
  readonly handlers: Handlers<ServerRoutes>;
  readonly keys: Keys;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly metricsToken: string | undefined;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Requests per minute of one key, on one server. */
  readonly requestsPerMinute: number;
}

const BODY_BYTES = 256 * 1024;
/** Whoever has not sent a whole request by then is cut off. */
const REQUEST_MS = 15_000;
const KEEP_ALIVE_MS = 30_000;
/** Keys of one address that had to be checked against their hash, per minute: it costs time, so it is counted. */
const HASHES_PER_MINUTE = 120;

/** The HTTP server: the contract's routes, with problems, limits, request ids and a line of log each. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    routerOptions: { maxParamLength: 200 },
    genReqId: () => `req_${randomBytes(9).toString("base64url")}`,
    forceCloseConnections: true,
    serverFactory: (handler) => {
      const limits = {
        requestTimeout: REQUEST_MS,
        headersTimeout: REQUEST_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: 1000,
      };
      return options.tls === undefined
        ? createHttp(limits, handler)
        : createHttps({ ...limits, ...options.tls }, handler);
    },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (_, request, reply) =>
      void answer(
        { request, reply, metrics: options.metrics },
        { code: "REQUEST_INVALID", detail: "the address of the request is malformed" },
      ),
  });
  answerErrors(app, options);
  observe(app, options);
  await app.register(rateLimit, {
    max: options.requestsPerMinute,
    timeWindow: 60_000,
    enableDraftSpec: true,
    keyGenerator: (request) => bearerOf(request)?.digest ?? request.ip,
    errorResponseBuilder: (_, { after }) => new CiloError("RATE_LIMITED", `too many requests: try again in ${after}`),
  });
  const authorize = createAuthorize(app, options);
  for (const [name, route] of Object.entries<Route>(serverRoutes))
    bind(app, { route, handler: handlerOf(options.handlers, name) }, { ...options, authorize });
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, async (request, reply) => {
    const others = methodsOf(request.url);
    if (others.length > 0) reply.header("allow", others.join(", "));
    const known = others.length > 0 ? "METHOD_NOT_ALLOWED" : "ROUTE_NOT_FOUND";
    await answer(
      { request, reply, metrics: options.metrics },
      {
        code: known,
        detail: `there is no ${request.method} of this address`,
        hint: "The contract is at /v1/openapi.json",
      },
    );
  });
  return app;
}

/** The handlers are typed by their routes; here, where a route and its handler meet, that is all known of them. */
function handlerOf(handlers: Handlers<ServerRoutes>, name: string): AnyHandler {
  const found = Object.entries(handlers).find(([known]) => known === name)?.[1];
  if (found === undefined) throw new Error(`no handler for ${name}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table of handlers is checked whole, by its type
  return found as AnyHandler;
}

function createAuthorize(app: FastifyInstance, options: AppOptions): BindOptions["authorize"] {
  const hashing = app.createRateLimit({
    max: HASHES_PER_MINUTE,
    timeWindow: 60_000,
    keyGenerator: (request) => request.ip,
  });
  return async (route, request) => {
    if (route.access.kind === "public") return undefined;
    const bearer = bearerOf(request);
    if (bearer === undefined)
      throw new CiloError("UNAUTHENTICATED", "the request has no key", {
        hint: "Send it as: Authorization: Bearer cilo_key_…",
      });
    if (route.access.kind === "metrics") return authorizeMetrics(bearer.text, options.metricsToken);
    const beforeHashing = async (): Promise<void> => {
      const used = await hashing(request);
      if (!used.isAllowed && used.isExceeded)
        throw new CiloError("RATE_LIMITED", "too many keys were tried from this address: try again in a minute");
    };
    const caller = await options.keys.verify(bearer.text, { beforeHashing });
    request.caller = caller;
    if (reachOf(route, caller) === "none")
      throw new CiloError("FORBIDDEN", `a key of scope ${caller.scope} may not do this`, {
        hint: "Ask an admin of the team for a key that may",
      });
    return caller;
  };
}

declare module "fastify" {
  interface FastifyRequest {
    caller?: Caller;
  }
}

function authorizeMetrics(text: string, token: string | undefined): undefined {
  if (token === undefined)
    throw new CiloError("ROUTE_NOT_FOUND", "metrics are not enabled", {
      hint: "Set CILO_METRICS_ENABLED and CILO_METRICS_TOKEN",
    });
  const digest = (value: string): Buffer => createHash("sha256").update(value).digest();
  if (!timingSafeEqual(digest(text), digest(token)))
    throw new CiloError("UNAUTHENTICATED", "the metrics token is wrong");
}

function bearerOf(request: FastifyRequest): { text: string; digest: string } | undefined {
  const text = /^Bearer (\S{1,512})$/iu.exec(request.headers.authorization ?? "")?.[1];
  return text === undefined ? undefined : { text, digest: createHash("sha256").update(text).digest("base64url") };
}

function observe(app: FastifyInstance, { metrics }: AppOptions): void {
  app.addHook("onRequest", async (request, reply) => void reply.header("x-request-id", request.id));
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "none";
    const status = reply.statusCode;
    metrics.request.observe({ route, method: request.method, status: String(status) }, reply.elapsedTime / 1000);
    const fields = {
      requestId: request.id,
      method: request.method,
      route,
      status,
      durationMs: Math.round(reply.elapsedTime),
      key: request.caller?.keyId,
    };
    request.log.info(fields, "request");
  });
}

function methodsOf(url: string): string[] {
  const [path = ""] = url.split("?");
  return Object.values<Route>(serverRoutes)
    .filter((route) =>
      new RegExp(`^${route.path.replaceAll(/:\w+/gu, "[^/]+").replaceAll(".", String.raw`\.`)}$`, "u").test(path),
    )
    .map((route) => route.method);
}

/** What is no HTTP, too large or too slow to be a request. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const code =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? "REQUEST_TIMEOUT"
      : error.code === "HPE_HEADER_OVERFLOW"
        ? "HEADERS_TOO_LARGE"
        : "REQUEST_INVALID";
  const body = JSON.stringify(problemOf(code, "the request is no complete HTTP request"));
  socket.end(
    `HTTP/1.1 ${httpStatusByCode[code]} Problem\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
