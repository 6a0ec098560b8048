import type { EnvironmentsDeps } from "./deps.ts";

/** For tests: what happens at the n-th call of any port. */
export interface Fault {
  /** 1-based; 0 never happens. */
  readonly at: number;
  /** Runs instead of that call; may throw. `undefined` answers go on with the call. */
  readonly happen: (call: string) => void;
  /** Runs before every call after that one. */
  readonly after?: (call: string) => void;
}

/** The same deps with every call of a port counted and one of them failing. */
export function withFault(
  deps: EnvironmentsDeps,
  fault: Fault,
): { readonly deps: EnvironmentsDeps; readonly calls: readonly string[] } {
  const calls: string[] = [];
  const before = (call: string): void => {
    calls.push(call);
    if (calls.length === fault.at) fault.happen(call);
    if (calls.length > fault.at && fault.at > 0) fault.after?.(call);
  };
  return {
    calls,
    deps: {
      ...deps,
      addresses: watched(deps.addresses, "addresses", before),
      names: watched(deps.names, "names", before),
      runtimes: (name) => watched(deps.runtimes(name), "runtime", before),
      ...(deps.workspaces === undefined ? {} : { workspaces: watched(deps.workspaces, "workspaces", before) }),
      scheduleReap: async (composeProject, afterMs) => {
        before("scheduleReap");
        await deps.scheduleReap(composeProject, afterMs);
      },
    },
  };
}

function watched<T extends object>(port: T, name: string, before: (call: string) => void): T {
  return new Proxy(port, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return (...args: unknown[]): unknown => {
        before(`${name}.${String(key)}`);
        return Reflect.apply(member, target, args);
      };
    },
  });
}
