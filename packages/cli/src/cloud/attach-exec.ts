import type { ExecSession } from "@cilo/api";
import type { Answer } from "../answer.ts";
import type { CiloContext } from "../context.ts";

/** What a session on a machine is opened with. */
export interface ExecIo {
  /** Absent: pipes. */
  readonly tty: { readonly columns: number; readonly rows: number } | undefined;
  readonly onOutput: (data: Uint8Array, stream: "stdout" | "stderr") => void;
  readonly signal: AbortSignal;
}

/**
 * Runs a command on a machine on the caller's terminal or pipes, as a local one: raw keys and sizes with a terminal,
 * the standard streams without; its exit status is the answer's. With `json` its output is captured.
 */
export async function attachExec(
  context: CiloContext,
  flags: { readonly json: boolean; readonly noTty: boolean },
  open: (io: ExecIo) => Promise<ExecSession>,
): Promise<Answer> {
  const { stdin, stdout, stderr } = context.streams;
  const isTty = !flags.json && !flags.noTty && stdin.isTTY === true && stdout.isTTY === true;
  const captured = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const session = await open({
    tty: isTty ? { columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 } : undefined,
    onOutput: (data, stream) => {
      if (flags.json) captured[stream].push(data);
      else (stream === "stdout" ? stdout : stderr).write(data);
    },
    signal: context.signal,
  });
  using _ = isTty ? rawTerminal(context, session) : piped(context, session, flags.json);
  const exitCode = await session.exit;
  const text = (stream: "stdout" | "stderr"): string => Buffer.concat(captured[stream]).toString("utf8");
  const output = flags.json ? { stdout: text("stdout"), stderr: text("stderr") } : {};
  return { data: { exitCode, ...output }, text: () => "", exitCode };
}

/** Every key goes to the machine, Ctrl-C among them. */
function rawTerminal(context: CiloContext, session: ExecSession): Disposable {
  const input = context.streams.stdin.open?.();
  if (input === undefined) return nothing;
  const onData = (data: Buffer): void => void session.write(data).catch(() => undefined);
  const onResize = (): void => {
    const { columns, rows } = context.streams.stdout;
    session.resize({ columns: columns ?? 80, rows: rows ?? 24 });
  };
  input.setRawMode(true);
  input.on("data", onData);
  const resized = setInterval(onResize, 1000);
  return {
    [Symbol.dispose]: () => {
      clearInterval(resized);
      input.off("data", onData);
      input.setRawMode(false);
      input.pause();
    },
  };
}

function piped(context: CiloContext, session: ExecSession, isCaptured: boolean): Disposable {
  const input = isCaptured || context.streams.stdin.isTTY === true ? undefined : context.streams.stdin.open?.();
  if (input === undefined) {
    session.endInput();
    return nothing;
  }
  const onData = (data: Buffer): void => {
    input.pause();
    void session.write(data).then(
      () => input.resume(),
      () => undefined,
    );
  };
  const onEnd = (): void => session.endInput();
  input.on("data", onData).once("end", onEnd);
  return {
    [Symbol.dispose]: () => {
      input.off("data", onData).off("end", onEnd);
      input.pause();
    },
  };
}

const nothing: Disposable = { [Symbol.dispose]: () => undefined };
