import { isAbsolute, join } from "node:path";
import { type OutputChunk, type OutputOptions, type Plugin, rolldown } from "rolldown";
import { builtins } from "./bundle-builtins.ts";

/**
 * Bundles the command whose sources are in `source` into the folder `target`, as ESM, and answers the files it is made
 * of. What is imported dynamically is loaded when it is used; the code that the quick commands need lies in few files,
 * since Node takes about as long to find and link a module as to run it.
 */
export async function bundleCommand(source: string, target: string): Promise<string[]> {
  await using bundle = await rolldown({
    input: { main: join(source, "main.ts") },
    platform: "node",
    // A package's modules before its CommonJS, which a bundle cannot look into.
    resolve: { mainFields: ["module", "main"] },
    preserveEntrySignatures: "allow-extension",
    plugins: [withoutNatives(), lazyBuiltins(), builtins()],
  });
  const split = chunksOf((await bundle.generate({ format: "esm" })).output);
  const modulesOf = (...files: string[]): Modules =>
    staticModules(
      split,
      files.map((file) => join(source, file)),
    );
  const wired = modulesOf("wiring.ts", "actions/list.ts");
  refuseParsers(wired);
  const groups = quickGroups({
    main: modulesOf("main.ts"),
    every: modulesOf("process.ts"),
    wired,
    network: modulesOf("network-parts.ts"),
    spec: modulesOf("actions/spec.ts"),
  });
  const options: OutputOptions = { format: "esm", dir: target, cleanDir: true, chunkFileNames: "[name]-[hash].js" };
  const { output } = await bundle.write({ ...options, codeSplitting: { groups } });
  return [...new Set(chunksOf(output).flatMap((chunk) => chunk.moduleIds))].filter((id) => isAbsolute(id));
}

/**
 * A package that is imported dynamically as a whole, as by `import("@cilo/engine")`, is loaded as a whole by everybody,
 * since all of it may be used then: a start of 30 ms becomes one of 90.
 */
function refuseParsers(wired: Modules): void {
  const parser = [...wired].find((id) => id.includes("/parsers/compose/"));
  if (parser !== undefined)
    throw new Error(`cilo list would load ${parser}: import by name and statically, in a file that is loaded lazily`);
}

type Modules = ReadonlySet<string>;
interface Group {
  readonly name: string;
  readonly test: (id: string) => boolean;
  readonly includeDependenciesRecursively: false;
}

/** One file for what every command loads, one for what the home's quick commands share with `spec`, one for each of the two. */
function quickGroups(parts: Readonly<Record<"main" | "every" | "wired" | "network" | "spec", Modules>>): Group[] {
  const { main, every, wired, network, spec } = parts;
  const group = (name: string, members: Modules): Group => ({
    name,
    test: (id) => members.has(id) && !main.has(id),
    includeDependenciesRecursively: false,
  });
  return [
    group("every", every),
    group("common", new Set([...wired].filter((id) => spec.has(id)))),
    group("wired", wired),
    group("network", network),
    group("spec", spec),
  ];
}

function chunksOf(output: readonly { readonly type: string }[]): OutputChunk[] {
  return output.filter((one): one is OutputChunk => one.type === "chunk");
}

/** The modules that are loaded with the given ones, dynamic imports left out. */
function staticModules(chunks: readonly OutputChunk[], entries: readonly string[]): Modules {
  const byFile = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const found = new Set<OutputChunk>();
  const add = (chunk: OutputChunk | undefined): void => {
    if (chunk === undefined || found.has(chunk)) return;
    found.add(chunk);
    for (const file of chunk.imports) add(byFile.get(file));
  };
  for (const entry of entries) add(chunks.find((chunk) => chunk.facadeModuleId === entry));
  return new Set([...found].flatMap((chunk) => chunk.moduleIds));
}

/** Native helpers that `ws` tries for and does without. A `require` of what is not bundled would need Node's modules at every start. */
function withoutNatives(): Plugin {
  const id = "\0no-native";
  const names = new Set(["bufferutil", "utf-8-validate"]);
  return {
    name: "without-natives",
    resolveId: (source) => (names.has(source) ? { id, moduleSideEffects: false } : undefined),
    load: (loaded) =>
      loaded === id ? { code: 'throw new Error("there are no native helpers");', moduleType: "js" } : undefined,
  };
}

/**
 * What few commands use and takes milliseconds to load, with the functions by which our sources use it: the first call
 * loads it. Dependencies, which are loaded by who needs them, get the modules themselves.
 */
const LAZY: Readonly<Record<string, readonly string[]>> = {
  "node:crypto": [
    "createHash",
    "randomBytes",
    "randomUUID",
    "randomInt",
    "createPrivateKey",
    "createPublicKey",
    "generateKeyPairSync",
  ],
  "node:child_process": ["spawn"],
};

function lazyBuiltins(): Plugin {
  const prefix = "\0lazy:";
  return {
    name: "lazy-builtins",
    resolveId: (source, importer) =>
      source in LAZY && importer?.includes("/node_modules/") !== true
        ? { id: prefix + source, moduleSideEffects: false }
        : undefined,
    load: (id) => {
      const name = id.startsWith(prefix) ? id.slice(prefix.length) : undefined;
      const functions = (name === undefined ? undefined : LAZY[name]) ?? [];
      const code = functions.map(
        (one) => `export const ${one} = (...args) => process.getBuiltinModule("${name}").${one}(...args);`,
      );
      return name === undefined ? undefined : { code: code.join("\n"), moduleType: "js" };
    },
  };
}
