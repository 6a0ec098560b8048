import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CiloError, isErrno, printable } from "@cilo/base";
import * as z from "zod/mini";
import { EngineCode } from "../../errors.ts";
import type { EngineEndpoint } from "./endpoint.ts";
import { BrokenAnswer, type WholeAnswer, plainGet } from "./plain-get.ts";

/** A connection to an engine's Docker-compatible API. Holds no resources that keep a process alive. */
export interface EngineClient {
  readonly endpoint: EngineEndpoint;
  /** The version that requests are made in, e.g. `1.41`. */
  readonly apiVersion: string;
  /**
   * One request, its answer read whole.
   * @throws CiloError `ENGINE_FAILED` with the engine's reason for a status of 400 or more that `expect` does not list;
   * `ENGINE_UNREACHABLE` when nobody answers in time.
   */
  call(method: "GET" | "POST" | "DELETE", path: string, options: CallOptions): Promise<EngineAnswer>;
  /** A GET whose answer goes on: one parsed JSON value per line, until it ends or `signal` aborts. `ready` is called when the answer has begun. */
  lines(path: string, options: CallOptions & { readonly ready?: () => void }): AsyncIterable<unknown>;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Statuses of 400 and more that are an answer. */
  readonly expect?: readonly number[];
  /** Default 60 s: an engine that starts many containers answers slowly. `Infinity` for calls that wait by their nature. */
  readonly timeoutMs?: number;
}

export interface EngineAnswer {
  readonly status: number;
  /** Parsed JSON; `undefined` for an empty answer. */
  readonly body: unknown;
}

/** The newest API version this code was written for. An older engine is spoken to in its own. */
const NEWEST_API = "1.51";

/** Asks the engine for its API version, which also proves that it is there. */
export async function connectEngine(
  endpoint: EngineEndpoint,
  options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<EngineClient> {
  const open = streams(endpoint);
  const ask = endpoint.kind === "unix" ? withPlainGet(endpoint, whole(open)) : whole(open);
  const { headers } = await ask("GET", "/_ping", { timeoutMs: 10_000, ...options });
  const apiVersion = olderVersion(headers.get("api-version") ?? NEWEST_API, NEWEST_API);
  const prefix = `/v${apiVersion}`;
  return {
    endpoint,
    apiVersion,
    call: async (method, path, call) => answerOf(await ask(method, prefix + path, call), call),
    lines: (path, call) => linesOf(() => open("GET", prefix + path, { ...call, timeoutMs: Infinity }), call),
  };
}

type Ask = (method: string, path: string, call: CallOptions) => Promise<WholeAnswer>;

/** Node's HTTP client, loaded when it is first needed: answers that go on, requests that change something, TCP. */
function streams(endpoint: EngineEndpoint): Transport {
  let transport: Promise<Transport> | undefined;
  return async (method, path, call) => await (await (transport ??= createTransport(endpoint)))(method, path, call);
}

function whole(open: Transport): Ask {
  return async (method, path, call) => {
    const answer = await open(method, path, call);
    const text = await drain(answer).catch((error: unknown) => {
      call.signal.throwIfAborted();
      throw new CiloError(EngineCode.engineUnreachable, "the engine broke off its answer", { cause: error });
    });
    const headers = Object.entries(answer.headers).flatMap(([name, value]): [string, string][] =>
      typeof value === "string" ? [[name, value]] : [],
    );
    return { status: answer.statusCode ?? 0, headers: new Map(headers), text };
  };
}

/** What is only read of a local engine goes the short way, tried again where the engine was being restarted. */
function withPlainGet(endpoint: Extract<EngineEndpoint, { kind: "unix" }>, otherwise: Ask): Ask {
  return async (method, path, call) => {
    if (method !== "GET" || call.body !== undefined) return await otherwise(method, path, call);
    const get = async (): Promise<WholeAnswer> =>
      await plainGet(endpoint.socketPath, path + queryText(call), { signal: deadlineOf(call) });
    try {
      return await get().catch((error: unknown) => {
        if (error instanceof BrokenAnswer && error.isEmpty) return get();
        throw error;
      });
    } catch (error) {
      call.signal.throwIfAborted();
      throw unreachable(endpoint, error);
    }
  };
}

function deadlineOf({ signal, timeoutMs = 60_000 }: CallOptions): AbortSignal {
  return timeoutMs === Infinity ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
}

function queryText({ query }: CallOptions): string {
  return query === undefined ? "" : `?${new URLSearchParams(query).toString()}`;
}

function olderVersion(a: string, b: string): string {
  const [aMinor, bMinor] = [a, b].map((version) => Number(version.split(".")[1]));
  return (aMinor ?? 0) <= (bMinor ?? 0) ? a : b;
}

type Transport = (method: string, path: string, call: CallOptions) => Promise<IncomingMessage>;

async function createTransport(endpoint: EngineEndpoint): Promise<Transport> {
  const connect = await connector(endpoint);
  return async (method, path, call) => {
    const send = async (): Promise<IncomingMessage> => await sendRequest(connect, { method, path, call });
    try {
      return await send().catch((error: unknown) => {
        if (error instanceof StaleConnection) return send();
        throw error;
      });
    } catch (error) {
      call.signal.throwIfAborted();
      throw unreachable(endpoint, error instanceof StaleConnection ? error.cause : error);
    }
  };
}

type Connect = (options: RequestOptions) => ClientRequest;

async function connector(endpoint: EngineEndpoint): Promise<Connect> {
  const { Agent, request: httpRequest } = await import("node:http");
  if (endpoint.kind === "unix") {
    const agent = new Agent({ keepAlive: true });
    return (options) => httpRequest({ ...options, agent, socketPath: endpoint.socketPath });
  }
  const { host, port, tlsFolder } = endpoint;
  if (tlsFolder === undefined) {
    const agent = new Agent({ keepAlive: true });
    return (options) => httpRequest({ ...options, agent, host, port });
  }
  const https = await import("node:https");
  const [ca, cert, key] = await Promise.all(
    ["ca", "cert", "key"].map((name) => readFile(join(tlsFolder, `${name}.pem`))),
  );
  const agent = new https.Agent({ keepAlive: true });
  return (options) => https.request({ ...options, agent, host, port, ca, cert, key });
}

/** A kept connection that the engine closed, e.g. by restarting, before this request reached it: worth a second try. */
class StaleConnection extends Error {}

async function sendRequest(
  connect: Connect,
  { method, path, call }: { method: string; path: string; call: CallOptions },
): Promise<IncomingMessage> {
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const signal = deadlineOf(call);
  signal.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const request = connect({
      method,
      path: path + queryText(call),
      signal,
      headers: {
        host: "engine",
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      },
    });
    request.once("response", resolve);
    request.once("error", (cause) =>
      reject(
        request.reusedSocket && isErrno(cause, "ECONNRESET", "EPIPE") ? new StaleConnection("", { cause }) : cause,
      ),
    );
    request.end(body);
  });
}

function unreachable(endpoint: EngineEndpoint, cause: unknown): CiloError {
  return new CiloError(
    EngineCode.engineUnreachable,
    `the engine does not answer at ${endpoint.url}: ${unreachableReason(cause)}`,
    {
      cause,
    },
  );
}

/** Why a connection failed, in words. */
export function unreachableReason(cause: unknown): string {
  if (isErrno(cause, "ENOENT")) return "no such socket";
  if (isErrno(cause, "ECONNREFUSED")) return "nothing listens there";
  if (isErrno(cause, "EACCES")) return "permission denied";
  if (cause instanceof Error)
    return cause.name === "TimeoutError" || cause.name === "AbortError" ? "no answer in time" : cause.message;
  return String(cause);
}

function answerOf({ status, text }: WholeAnswer, call: CallOptions): EngineAnswer {
  if (status >= 400 && !(call.expect ?? []).includes(status)) throw refused(status, text);
  return { status, body: text === "" ? undefined : parseJson(text) };
}

async function drain(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

const Refusal = z.object({ message: z.string() });

function refused(status: number, text: string): CiloError {
  const reason = printable(refusalText(parseJson(text)) ?? text.slice(0, 500));
  const code = /no space left on device/u.test(reason) ? EngineCode.diskFull : EngineCode.engineFailed;
  return new CiloError(code, `the engine refused (${status}): ${reason}`);
}

/** The engine's reason in an answer that refuses. */
export function refusalText(body: unknown): string | undefined {
  const refusal = Refusal.safeParse(body);
  return refusal.success ? refusal.data.message : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function* linesOf(
  open: () => Promise<IncomingMessage>,
  call: CallOptions & { readonly ready?: () => void },
): AsyncGenerator {
  if (call.signal.aborted) return;
  try {
    const answer = await open();
    if ((answer.statusCode ?? 0) >= 400) throw refused(answer.statusCode ?? 0, await drain(answer));
    call.ready?.();
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of answer) {
      if (!Buffer.isBuffer(chunk)) continue;
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") yield parseJson(line);
    }
    if (!call.signal.aborted) throw new CiloError(EngineCode.engineUnreachable, "the engine closed the stream");
  } catch (error) {
    if (!call.signal.aborted) throw error;
  }
}
