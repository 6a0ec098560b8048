import { isBuiltin } from "node:module";
import type { Plugin } from "rolldown";

/**
 * Takes modules of Node from `process.getBuiltinModule` instead of importing them. An import of a built-in module reads
 * every one of its exports at once, getters too: that of `node:http` is all of undici, 30 ms of a start, that of
 * `node:util` worker threads, and so on.
 */
export function builtins(): Plugin {
  const prefix = "\0builtin:";
  return {
    name: "builtins",
    resolveId: (id, importer) => {
      if (!isBuiltin(id)) return undefined;
      // The bundler's own runtime makes `require` from it, before any module made here can be.
      if (importer?.startsWith("\0rolldown") === true) return { id, external: true };
      return { id: prefix + id, moduleSideEffects: false };
    },
    load: (id) =>
      id.startsWith(prefix)
        ? {
            code: `module.exports = process.getBuiltinModule(${JSON.stringify(id.slice(prefix.length))});`,
            moduleType: "js",
          }
        : undefined,
  };
}
