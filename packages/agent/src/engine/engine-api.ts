import { type IncomingMessage, request as httpRequest } from "node:http";
import type { Duplex } from "node:stream";
import { CiloError } from "@cilo/base";

/**
 * What of the engine's own API the command-line program cannot give: a command on a terminal that is not ours, and its
 * log as it comes. Docker's, which Podman speaks too.
 */
export interface EngineApi {
  call(method: "GET" | "POST", path: string, options: { body?: unknown; signal: AbortSignal }): Promise<unknown>;
  /** An answer that goes on. */
  stream(path: string, signal: AbortSignal): Promise<IncomingMessage>;
  /** A connection that becomes the command's own. */
  upgrade(path: string, body: unknown, signal: AbortSignal): Promise<Duplex>;
}

/** @param endpoint as `Runtime.inspect` says it: `unix:///var/run/docker.sock` */
export function openEngineApi(endpoint: string): EngineApi {
  const socketPath = endpoint.replace(/^unix:\/\//u, "");
  const send = async (
    method: string,
    path: string,
    options: { readonly body?: unknown; readonly signal: AbortSignal; readonly upgrade?: true },
  ): Promise<{ response: IncomingMessage; socket?: Duplex }> => {
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const headers = {
      host: "engine",
      ...(body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      ...(options.upgrade ? { connection: "Upgrade", upgrade: "tcp" } : {}),
    };
    return await new Promise((resolve, reject) => {
      const request = httpRequest({ socketPath, method, path, headers, signal: options.signal, agent: false });
      request.once("response", (response) => resolve({ response }));
      request.once("upgrade", (response, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve({ response, socket });
      });
      request.once("error", (cause) => reject(options.signal.aborted ? options.signal.reason : unreachable(cause)));
      request.end(body);
    });
  };
  return {
    async call(method, path, options) {
      const { response } = await send(method, path, options);
      const text = await textOf(response);
      if ((response.statusCode ?? 500) >= 400) throw refused(response, text);
      return text === "" ? undefined : (JSON.parse(text) as unknown);
    },
    async stream(path, signal) {
      const { response } = await send("GET", path, { signal });
      if ((response.statusCode ?? 500) >= 400) throw refused(response, await textOf(response));
      return response;
    },
    async upgrade(path, body, signal) {
      const { response, socket } = await send("POST", path, { body, signal, upgrade: true });
      if (socket === undefined) throw refused(response, await textOf(response));
      return socket;
    },
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += String(chunk);
  return text;
}

function unreachable(cause: Error): CiloError {
  return new CiloError("ENGINE_UNREACHABLE", `the engine does not answer: ${cause.message}`, { cause });
}

function refused(response: IncomingMessage, text: string): CiloError {
  return new CiloError("ENGINE_FAILED", `the engine answered ${response.statusCode}: ${text.slice(0, 300).trim()}`);
}

/** Cuts what a container wrote into its two streams: each part has eight bytes before it, the stream and its length. */
export async function* demultiplex(
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly stream: "stdout" | "stderr"; readonly data: Buffer }> {
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const length = rest.readUInt32BE(4);
      if (rest.length < 8 + length) break;
      yield { stream: rest[0] === 2 ? "stderr" : "stdout", data: rest.subarray(8, 8 + length) };
      rest = rest.subarray(8 + length);
    }
  }
}
