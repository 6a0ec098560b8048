import { isAbsolute, join } from "node:path";
import { rolldown } from "rolldown";
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
    plugins: [builtins()],
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
