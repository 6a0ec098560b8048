/** What a running Compose has asked the engine to make, by the lines of its progress. */
export interface Creations {
  readonly onLine: (line: string) => void;
  /** What was asked for and never reported as made: still being made, or refused. */
  open(): number;
}

const LINE = /^\s*(?<what>(?:Container|Network|Volume) \S+)\s+(?<state>\S+)/u;

/**
 * Follows the lines ` Container shop-web-1  Creating`, ` Container shop-web-1  Created`. `Error` is no end: when
 * Compose gives up one request because another failed, the engine goes on with it.
 */
export function followCreations(): Creations {
  const open = new Set<string>();
  return {
    onLine: (line) => {
      const { what, state } = LINE.exec(line)?.groups ?? {};
      if (what === undefined) return;
      if (state === "Creating" || state === "Recreate") open.add(what);
      else if (state !== "Error") open.delete(what);
    },
    open: () => open.size,
  };
}
