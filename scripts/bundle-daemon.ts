import { isAbsolute, join } from "node:path";
import { type Plugin, rolldown } from "rolldown";
import { builtins } from "./bundle-builtins.ts";

/**
 * Bundles the daemon whose `main.ts` is in `source` into one file, `main.js` in the folder `target`, that runs on Node
 * and nothing else; answers the files it is made of. One file, so that it can be streamed to a machine and checked.
 */
export async function bundleDaemon(source: string, target: string): Promise<string[]> {
  await using bundle = await rolldown({
    input: { main: join(source, "main.ts") },
    platform: "node",
    // As for the command: a bundle cannot look into some packages' CommonJS.
    resolve: { mainFields: ["module", "main"] },
    // Optional parts of `ws`, in C, that it does without.
    external: ["bufferutil", "utf-8-validate"],
    plugins: [builtins(), inAscii()],
  });
  const { output } = await bundle.write({
    format: "esm",
    dir: target,
    cleanDir: true,
    codeSplitting: false,
    // A daemon keeps its source in memory. Names stay, for stack traces.
    minify: { compress: true, mangle: false, codegen: true },
  });
  return output.flatMap((one) => (one.type === "chunk" ? one.moduleIds.filter((id) => isAbsolute(id)) : []));
}

/** One character beyond Latin-1 makes V8 keep the whole text in two bytes each, which are megabytes of a daemon's memory. */
function inAscii(): Plugin {
  return {
    name: "in-ascii",
    generateBundle: (_, output) => {
      for (const chunk of Object.values(output)) if (chunk.type === "chunk") chunk.code = escaped(chunk.code);
    },
  };
}

/** @throws where an escape would be another text than the character: after a backslash, and in `String.raw` */
function escaped(code: string): string {
  const wrong = /\\[^\0-\x7f]|String\.raw`[^`]*[^\0-\x7f`]/u.exec(code);
  if (wrong !== null) throw new Error(`a bundle cannot be in ASCII: ${wrong[0]}`);
  // Without `u`: a character of two units is two escapes.
  return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
