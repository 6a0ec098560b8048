/**
 * Who may import whom, as one table: docs/ARCHITECTURE.md in a form that oxlint (oxlint.config.ts) and
 * test/architecture.test.ts read. Each refusal says why.
 */

/** Package → the packages of ours it may import, and the reason. */
export const packages = {
  base: { mayImport: [], why: "base is the leaf: it imports nothing of ours, so that everything may stand on it" },
  engine: {
    mayImport: ["base"],
    why: "engine imports base alone: addresses and names reach it through its ports, which cli and agent wire",
  },
  network: { mayImport: ["base"], why: "network imports base alone, so that the server can use it without the engine" },
  api: { mayImport: ["base"], why: "api is the contract between programs: it imports base alone" },
  cli: { mayImport: ["base", "engine", "network", "api"], why: "cli knows no other program, but the contract with it" },
  agent: {
    mayImport: ["base", "engine", "network", "api"],
    why: "agent knows no other program, but the contract with it",
  },
  server: {
    mayImport: ["base", "network", "api"],
    why: "server has another licence, and knows environments through the contract alone",
  },
  dashboard: { mayImport: ["api"], why: "dashboard knows the server through the contract alone" },
} as const satisfies Record<string, { mayImport: readonly string[]; why: string }>;

export type PackageName = keyof typeof packages;

/** Folder of engine → the folders (or files) of engine it may import; only `environments` and the door join them. */
export const engineFolders = {
  spec: [],
  parsers: ["spec"],
  isolation: ["spec"],
  // What a runtime runs is an isolated spec: the type, not how it comes about.
  runtimes: ["spec", "isolation/isolated-spec.ts"],
  workspace: ["spec"],
} as const satisfies Record<string, readonly string[]>;

export type EngineFolder = keyof typeof engineFolders;

export const engineWhy =
  "inside engine, spec knows nobody, parsers, isolation, runtimes and workspace know spec and are strangers to one another, and environments joins them";

/** Files that hold a port. They import nothing that lies beside them. */
export const ports = [
  "packages/engine/src/parsers/parser.ts",
  "packages/engine/src/runtimes/runtime.ts",
  "packages/engine/src/workspace/workspace.ts",
  "packages/engine/src/environments/ports.ts",
] as const;

export const portWhy = "a port imports no implementation, or implementations could not be exchanged";

export const exportsWhy = 'a package is entered through its exports alone: import from "@cilo/<package>"';
