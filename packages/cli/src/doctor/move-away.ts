import { type OperationContext, find, saveRecord } from "@cilo/engine";
import type { MachineParts } from "../this-machine.ts";

/** Gives an environment other addresses, since a route of this machine hides the ones it has. Its data stays. */
export async function moveAway(
  { home, deps, environments }: Pick<MachineParts, "home" | "deps" | "environments">,
  owner: string,
  signal: AbortSignal,
): Promise<string> {
  const [project = "", environment = ""] = owner.split("/");
  const context: OperationContext = { signal, onEvent: () => undefined };
  const { state } = await environments.status(environment, context);
  await environments.down(environment, context);
  await deps.addresses.release(`${project}/${environment}`);
  const { record } = await find(home, environment);
  const { allocation: _, ...rest } = record;
  await saveRecord(home, rest);
  if (state === "stopped") return `${environment} gets other addresses when it is started`;
  await environments.up({ environment, ...SAME }, context);
  return `${environment} was started anew with other addresses`;
}

/** As remembered. */
const SAME = { workingDir: "/", options: {}, build: false, recreate: false, wait: true, timeoutMs: 300_000 } as const;
