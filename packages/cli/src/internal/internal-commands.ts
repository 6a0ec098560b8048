import type { CiloContext } from "../context.ts";

/** What Cilo calls of itself; not for people, and free to change. */
type InternalCommand = (context: CiloContext, args: readonly string[]) => Promise<number>;

const internalCommands: Readonly<Record<string, () => Promise<{ readonly default: InternalCommand }>>> = {
  /** By the completion scripts: `__complete -- <words so far>`, the unfinished one last. */
  __complete: async () => await import("./complete.ts"),
  /** By `up` and `destroy`, detached: `__reap <composeProject> <afterMs>`. */
  __reap: async () => await import("./reap.ts"),
};

/** Loads the internal command of that name; `undefined` when it is none. */
export async function internalCommand(name: string | undefined): Promise<InternalCommand | undefined> {
  const load = name === undefined ? undefined : internalCommands[name];
  return load === undefined ? undefined : (await load()).default;
}
