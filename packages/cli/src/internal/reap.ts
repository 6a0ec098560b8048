import { delay } from "@cilo/base";
import { reapShared } from "@cilo/engine";
import type { CiloContext } from "../context.ts";

/** Waits, then removes a shared service that nobody uses any more. */
export default async function reap(
  context: CiloContext,
  [composeProject = "", afterMs = "0"]: readonly string[],
): Promise<number> {
  const { deps } = await context.wiring();
  await delay(Number(afterMs), context.signal);
  await reapShared(deps, { composeProject, signal: context.signal });
  return 0;
}
