import { CiloError, delay, isCiloError } from "@cilo/base";
import type { Answer, GlobalFlags } from "../../../answer.ts";
import { type ServerFlag, openSession } from "../../../cloud/session.ts";
import type { CiloContext } from "../../../context.ts";
import { withProgress } from "../../../operation.ts";
import { given } from "../../../parameters.ts";
import { allMachines } from "./list.ts";

const POLL_MS = 500;

/** `cilo cloud machines remove`: returns when every trace of Cilo is off it. */
export default async function removeMachine(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag & { readonly force: boolean },
  name: string,
): Promise<Answer> {
  const session = await openSession(context, flags);
  const machine = (await allMachines(context, session)).find((one) => one.name === name || one.id === name);
  if (machine === undefined)
    throw new CiloError("MACHINE_NOT_FOUND", `there is no machine ${name}`, { hint: "See cilo cloud machines list" });
  const { id } = machine;
  await withProgress(context, async ({ onEvent }) => {
    onEvent({ kind: "engine", line: `removing Cilo from ${machine.name}` });
    await session.client.removeMachine({
      params: { id },
      query: given({ force: flags.force || undefined }),
      signal: context.signal,
    });
    for (;;) {
      try {
        const { reason } = await session.client.getMachine({ params: { id }, signal: context.signal });
        if (reason !== undefined) onEvent({ kind: "engine", line: reason });
      } catch (error) {
        if (isCiloError(error, "MACHINE_NOT_FOUND")) return;
        throw error;
      }
      await delay(POLL_MS, context.signal);
    }
  });
  return { data: { id, name: machine.name, removed: true }, text: () => `${machine.name} is removed` };
}
