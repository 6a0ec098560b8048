import { CiloError } from "@cilo/base";
import type { WebSocket } from "ws";
import { EXEC_FRAME_BYTES, EXEC_STDERR, ExecFromAgent, type ExecFromClient, type ExecStart } from "./contract/exec.ts";
import type { EnvironmentId } from "./contract/values.ts";
import { ProblemDetails, errorOfProblem } from "./problem.ts";

export interface ExecOptions {
  /** Of the agent, e.g. `http://10.225.0.2:8080`. */
  readonly baseUrl: string;
  readonly token: string;
  readonly environmentId: EnvironmentId;
  readonly start: Omit<ExecStart, "type">;
  readonly onOutput: (data: Uint8Array, stream: "stdout" | "stderr") => void;
  /** Aborting it ends the command. */
  readonly signal: AbortSignal;
}

export interface ExecSession {
  /** Resolves when the data was taken, so that a writer may wait. */
  write(data: Uint8Array): Promise<void>;
  endInput(): void;
  resize(size: { readonly columns: number; readonly rows: number }): void;
  kill(name: "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT"): void;
  /** The command's exit status. Rejects with a CiloError when it could not be started or the connection broke. */
  readonly exit: Promise<number>;
}

/**
 * Runs a command in an environment on a machine.
 * @throws CiloError with the agent's code when it refuses, `MACHINE_UNREACHABLE` when it does not answer
 */
export async function openExec(options: ExecOptions): Promise<ExecSession> {
  const socket = await connect(options);
  const send = (frame: ExecFromClient): void => socket.send(JSON.stringify(frame));
  const exit = exitOf(socket, options);
  // The caller may come to it later; a rejection meanwhile is not unhandled.
  exit.catch(() => undefined);
  send({ type: "start", ...options.start });
  return {
    write: async (data) => {
      for (let from = 0; from < data.length; from += EXEC_FRAME_BYTES)
        await sendData(socket, data.subarray(from, from + EXEC_FRAME_BYTES));
    },
    endInput: () => send({ type: "end-of-input" }),
    resize: (size) => send({ type: "resize", ...size }),
    kill: (name) => send({ type: "signal", name }),
    exit,
  };
}

async function connect({ baseUrl, token, environmentId, signal }: ExecOptions): Promise<WebSocket> {
  signal.throwIfAborted();
  const { WebSocket: Socket } = await import("ws");
  const url = `${baseUrl.replace(/^http/u, "ws")}/environment/exec?environmentId=${environmentId}`;
  const socket = new Socket(url, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
    handshakeTimeout: 10_000,
    maxPayload: 2 * EXEC_FRAME_BYTES,
  });
  return await new Promise<WebSocket>((resolve, reject) => {
    const onAbort = (): void => {
      socket.terminate();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    const settled = (): void => signal.removeEventListener("abort", onAbort);
    socket.once("open", () => {
      settled();
      resolve(socket);
    });
    socket.once("error", (cause) => {
      settled();
      reject(new CiloError("MACHINE_UNREACHABLE", `${baseUrl} does not answer: ${cause.message}`, { cause }));
    });
    socket.once("unexpected-response", (_, response) => {
      settled();
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.once("end", () => reject(refusal(text, baseUrl)));
    });
  });
}

function refusal(text: string, baseUrl: string): CiloError {
  try {
    return errorOfProblem(ProblemDetails.parse(JSON.parse(text)));
  } catch (cause) {
    return new CiloError("ANSWER_INVALID", `${baseUrl} answered what is not of this contract`, { cause });
  }
}

async function exitOf(socket: WebSocket, options: ExecOptions): Promise<number> {
  return await new Promise<number>((resolve, reject) => {
    const onAbort = (): void => socket.terminate();
    options.signal.addEventListener("abort", onAbort, { once: true });
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) return options.onOutput(data.subarray(1), data[0] === EXEC_STDERR ? "stderr" : "stdout");
      const frame = ExecFromAgent.safeParse(parsed(data));
      if (!frame.success) return socket.terminate();
      if (frame.data.type === "exit") return resolve(frame.data.code);
      const { code, message, hint } = frame.data;
      reject(new CiloError(code, message, hint === undefined ? {} : { hint }));
    });
    socket.once("close", () => {
      options.signal.removeEventListener("abort", onAbort);
      reject(
        options.signal.aborted
          ? options.signal.reason
          : new CiloError("MACHINE_UNREACHABLE", `the connection to ${options.baseUrl} broke while the command ran`),
      );
    });
    socket.on("error", () => socket.terminate());
  });
}

function parsed(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function sendData(socket: WebSocket, data: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    socket.send(data, { binary: true }, (error) => (error === undefined || error === null ? resolve() : reject(error)));
  });
}
