/**
 * The process: hands its arguments, streams, environment and signals to `runCilo` and ends with the status it answers.
 * Nothing else in this package reads `process`. Kept tiny, and in the syntax of older Nodes: it is compiled anew on
 * every start, before the compile cache is on, and also by a Node that is too old for the rest.
 */
import { version } from "./version.ts";

const args = process.argv.slice(2);

if (Number(process.versions.node.split(".")[0]) < 24) {
  process.stderr.write(`cilo: Node ${process.versions.node} is too old — Cilo needs Node 24 or later\n`);
  process.exitCode = 1;
} else if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
  process.stdout.write(`${version}\n`);
} else {
  if (import.meta.filename.endsWith(".js")) keepCompiledCode(import.meta.dirname);
  const { runProcess } = await import("./process.ts");
  process.exit(await runProcess(process, args));
}

/**
 * Keeps compiled code beside the bundle (sources that run as they are have none), where only those can write who can write the bundle. Not for another user's
 * (`sudo cilo init`): files of root would be in the way of its owner's next build.
 */
function keepCompiledCode(bundle: string): void {
  // Not imported: importing node:fs also loads its streams, 3 ms of every start.
  const { statSync } = process.getBuiltinModule("node:fs");
  const { enableCompileCache } = process.getBuiltinModule("node:module");
  if (statSync(bundle).uid === process.getuid?.()) enableCompileCache(`${bundle}/compile-cache`);
}
