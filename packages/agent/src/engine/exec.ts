import type { Duplex } from "node:stream";
import { CiloError, delay, isErrno } from "@cilo/base";
import {
  EXEC_FRAME_BYTES,
  EXEC_STDERR,
  EXEC_STDOUT,
  type ExecFromAgent,
  ExecFromClient,
  type ExecStart,
} from "@cilo/api";
import type { WebSocket } from "ws";
import * as z from "zod";
import { AgentCode } from "../errors.ts";
import { type EngineApi, demultiplex } from "./engine-api.ts";

export interface ExecParts {
  readonly api: EngineApi;
  /** The container of a service. @throws CiloError `SERVICE_NOT_FOUND` */
  readonly containerOf: (service: string | undefined) => Promise<string>;
  readonly signal: AbortSignal;
}

/** How long the first frame may take. */
const START_WITHIN_MS = 10_000;
/** What the reader has not taken yet, before the command has to wait. */
const MOST_BUFFERED = 1024 * 1024;

/** Frames that came before anybody could take them. */
export interface Inbox {
  /** The next frame. */
  first(signal: AbortSignal): Promise<Frame>;
  /** Gives what came, and from now on what comes, to that function. */
  take(handle: (frame: Frame) => void): void;
}

interface Frame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** To be opened as soon as the socket is there: the client does not wait. */
export function openInbox(socket: WebSocket): Inbox {
  const waiting: Frame[] = [];
  let handle = (frame: Frame): void => {
    waiting.push(frame);
    socket.pause();
  };
  socket.on("message", (data: Buffer, isBinary: boolean) => handle({ data, isBinary }));
  return {
    async first(signal) {
      const { promise, resolve, reject } = Promise.withResolvers<Frame>();
      const onAbort = (): void => reject(new CiloError(AgentCode.requestInvalid, "no start came"));
      signal.addEventListener("abort", onAbort, { once: true });
      const keep = handle;
      handle = (frame) => {
        handle = keep;
        socket.pause();
        resolve(frame);
      };
      const early = waiting.shift();
      if (early === undefined) socket.resume();
      else handle(early);
      return await promise.finally(() => signal.removeEventListener("abort", onAbort));
    },
    take(next) {
      handle = next;
      for (const frame of waiting.splice(0)) next(frame);
      socket.resume();
    },
  };
}

/** Serves one command over a WebSocket, as the contract says (`exec frames`). Ends with it, or when the signal aborts. */
export async function serveExec(socket: WebSocket, inbox: Inbox, parts: ExecParts): Promise<void> {
  const closed = new AbortController();
  socket.once("close", () => closed.abort());
  socket.on("error", () => socket.terminate());
  const signal = AbortSignal.any([parts.signal, closed.signal]);
  try {
    const start = await firstFrame(inbox, signal);
    send(socket, { type: "exit", code: await runCommand({ socket, inbox, start }, { ...parts, signal }) });
  } catch (error) {
    if (!signal.aborted) send(socket, failure(error));
    if (!(error instanceof CiloError) && !signal.aborted) throw error;
  } finally {
    socket.close();
  }
}

function failure(error: unknown): ExecFromAgent {
  if (!(error instanceof CiloError)) return { type: "failed", code: "INTERNAL", message: "the agent failed" };
  const { code, message, hint } = error;
  return { type: "failed", code, message, ...(hint === undefined ? {} : { hint }) };
}

async function firstFrame(inbox: Inbox, signal: AbortSignal): Promise<ExecStart> {
  const { data, isBinary } = await inbox.first(AbortSignal.any([signal, AbortSignal.timeout(START_WITHIN_MS)]));
  const frame = isBinary ? undefined : parseFrame(data);
  if (frame?.type !== "start") throw new CiloError(AgentCode.requestInvalid, "the first frame is not start");
  return frame;
}

function parseFrame(data: Buffer): ExecFromClient | undefined {
  try {
    return ExecFromClient.parse(JSON.parse(data.toString("utf8")));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

const Created = z.object({ Id: z.string() });
const State = z.object({ ExitCode: z.nullable(z.number()), Running: z.boolean(), Pid: z.number() });

interface Session {
  readonly socket: WebSocket;
  readonly inbox: Inbox;
  readonly start: ExecStart;
}

async function runCommand(session: Session, { api, containerOf, signal }: ExecParts): Promise<number> {
  const { socket, start } = session;
  const container = await containerOf(start.service);
  const { Id } = Created.parse(
    await api.call("POST", `/containers/${container}/exec`, { body: execConfig(start), signal }),
  );
  const command = await api.upgrade(`/exec/${Id}/start`, { Detach: false, Tty: start.tty !== undefined }, signal);
  const state = async (): Promise<z.infer<typeof State>> =>
    State.parse(await api.call("GET", `/exec/${Id}/json`, { signal: AbortSignal.timeout(10_000) }));
  const onAbort = (): void => {
    command.destroy();
    void endCommand(state);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  const resize = async (size: { columns: number; rows: number }): Promise<void> => {
    await api.call("POST", `/exec/${Id}/resize?h=${size.rows}&w=${size.columns}`, { signal });
  };
  try {
    takeFrames(session, command, { resize, kill: async (name) => kill((await state()).Pid, name) });
    if (start.tty !== undefined) await resize(start.tty);
    await giveOutput(socket, command, start.tty !== undefined);
    signal.throwIfAborted();
    return (await state()).ExitCode ?? 1;
  } finally {
    signal.removeEventListener("abort", onAbort);
    command.destroy();
  }
}

function execConfig({ command, tty, env, user, workdir }: ExecStart): object {
  return {
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: tty !== undefined,
    Cmd: command,
    ...(env === undefined ? {} : { Env: Object.entries(env).map(([name, value]) => `${name}=${value}`) }),
    ...(user === undefined ? {} : { User: user }),
    ...(workdir === undefined ? {} : { WorkingDir: workdir }),
  };
}

interface Controls {
  readonly resize: (size: { columns: number; rows: number }) => Promise<void>;
  readonly kill: (name: NodeJS.Signals) => Promise<void>;
}

function takeFrames({ socket, inbox }: Session, command: Duplex, controls: Controls): void {
  // What cannot be done for a command that has just ended is not worth a word.
  const quietly = (work: Promise<void>): void => void work.catch(() => undefined);
  command.on("error", () => undefined);
  inbox.take(({ data, isBinary }) => {
    if (isBinary) {
      if (!command.write(data)) {
        socket.pause();
        command.once("drain", () => socket.resume());
      }
      return;
    }
    const frame = parseFrame(data);
    switch (frame?.type) {
      case "resize":
        return quietly(controls.resize(frame));
      case "signal":
        return quietly(controls.kill(frame.name));
      case "end-of-input":
        return void command.end();
      case "start":
      case undefined:
        return socket.close(1008, "no frame of the contract");
    }
  });
}

async function giveOutput(socket: WebSocket, command: Duplex, isTerminal: boolean): Promise<void> {
  try {
    if (isTerminal) for await (const data of rawOutput(command)) await sendData(socket, EXEC_STDOUT, data);
    else
      for await (const { stream, data } of demultiplex(command))
        await sendData(socket, stream === "stderr" ? EXEC_STDERR : EXEC_STDOUT, data);
  } catch (error) {
    if (!isErrno(error, "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE")) throw error;
  }
}

async function* rawOutput(command: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const data of command) yield Buffer.from(data);
}

async function sendData(socket: WebSocket, stream: number, data: Buffer): Promise<void> {
  for (let from = 0; from < data.length; from += EXEC_FRAME_BYTES) {
    const part = Buffer.concat([Buffer.from([stream]), data.subarray(from, from + EXEC_FRAME_BYTES)]);
    const sent = new Promise<void>((resolve) => socket.send(part, { binary: true }, () => resolve()));
    if (socket.bufferedAmount > MOST_BUFFERED) await sent;
  }
}

function send(socket: WebSocket, frame: ExecFromAgent): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
}

/** The connection broke: the command hears of it as from a terminal that is gone, and has a moment to end. */
async function endCommand(state: () => Promise<z.infer<typeof State>>): Promise<void> {
  try {
    for (const name of ["SIGHUP", "SIGTERM", "SIGKILL"] as const) {
      const { Running, Pid } = await state();
      if (!Running) return;
      kill(Pid, name);
      await delay(500, AbortSignal.timeout(5000));
    }
  } catch (error) {
    if (!(error instanceof CiloError)) throw error;
  }
}

/** `pid` is the machine's own number of a process in a container; never ours, and never 0 or 1. */
function kill(pid: number, name: NodeJS.Signals): void {
  if (pid <= 1 || pid === process.pid) return;
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!isErrno(error, "ESRCH")) throw error;
  }
}
