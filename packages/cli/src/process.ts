import { fstatSync } from "node:fs";
import { processOutput } from "./process-output.ts";
import { terminalPrompts } from "./prompts.ts";
import { runCilo } from "./run-cilo.ts";
import { listenToSignals } from "./signals.ts";

/** Runs the command line in this process and answers its exit status. */
export async function runProcess(target: NodeJS.Process, argv: readonly string[]): Promise<number> {
  const stdout = processOutput(1, () => target.stdout);
  const stderr = processOutput(2, () => target.stderr);
  const stdin = { isTTY: fstatSync(0).isCharacterDevice() && target.stdin.isTTY, open: () => target.stdin };
  const signals = listenToSignals(target);
  const status = await runCilo(argv, {
    streams: { stdin, stdout, stderr },
    env: target.env,
    cwd: target.cwd(),
    platform: target.platform,
    uid: target.getuid?.(),
    self: [target.execPath, ...target.argv.slice(1, 2)],
    signal: signals.signal,
    prompts: stdin.isTTY && stderr.isTTY === true ? terminalPrompts(target.stderr, signals.signal) : undefined,
    attached: (work) => signals.attached(work),
  });
  await Promise.all([stdout.flushed(), stderr.flushed()]);
  return status;
}
