/** The process `cilo-server`: hands arguments, environment, streams and signals on, and ends with the status that comes back. */
import { runServerCommand } from "./commands/run.ts";

const ending = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const)
  process.on(name, () => {
    // The second signal ends it at once: PostgreSQL and the other servers cope.
    if (ending.signal.aborted) process.exit(130);
    ending.abort(new DOMException(name, "AbortError"));
  });

process.exit(
  await runServerCommand({
    args: process.argv.slice(2),
    variables: process.env,
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    signal: ending.signal,
  }),
);
