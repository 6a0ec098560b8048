/**
 * How the agent's Node is started on a machine, so that it keeps to 80 MB: it waits for engines and sockets, and gains
 * nothing from compiling its code for speed. docs/adr/0082-agent-memory.md says what each of these saves.
 */
export const AGENT_NODE_OPTIONS: readonly string[] = ["--lite-mode", "--max-semi-space-size=1"];

/** Beside `NODE_COMPILE_CACHE`, a folder next to the bundle that one run has filled. */
export const AGENT_NODE_ENV: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: "1" };
