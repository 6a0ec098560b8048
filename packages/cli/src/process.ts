import { terminalPrompts } from "./prompts.ts";
import { runCilo } from "./run-cilo.ts";
import { listenToSignals } from "./signals.ts";
import type { OutputStream } from "./streams.ts";

/** Runs the command line in this process and answers its exit status. */
export async function runProcess(target: NodeJS.Process, argv: readonly string[]): Promise<number> {
  ignoreClosedPipe(target.stdout);
  ignoreClosedPipe(target.stderr);
  const signals = listenToSignals(target);
  const status = await runCilo(argv, {
    streams: { stdin: target.stdin, stdout: target.stdout, stderr: target.stderr },
    env: target.env,
    cwd: target.cwd(),
    platform: target.platform,
    uid: target.getuid?.(),
    self: [target.execPath, ...target.argv.slice(1, 2)],
    signal: signals.signal,
    prompts: target.stdin.isTTY && target.stderr.isTTY ? terminalPrompts(target.stderr, signals.signal) : undefined,
    attached: (work) => signals.attached(work),
  });
  await Promise.all([flushed(target.stdout), flushed(target.stderr)]);
  return status;
}

/** A reader that went away (`cilo list | head -1`) is no failure: what is left is written nowhere. */
function ignoreClosedPipe(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

/** Resolves when everything written has left the process. */
async function flushed(stream: OutputStream & NodeJS.WritableStream): Promise<void> {
  await new Promise<void>((resolve) => void stream.write("", () => resolve()));
}
