import type { Answer, GlobalFlags } from "../../answer.ts";
import type { ServerFlag } from "../../cloud/session.ts";
import { connectedTarget } from "../../cloud/target.ts";
import type { CiloContext } from "../../context.ts";

const ROUNDS = 4;

/** `cilo cloud ping`: round trips to the environment's machine through the tunnel. */
export default async function cloudPing(
  context: CiloContext,
  flags: GlobalFlags & ServerFlag,
  name: string,
): Promise<Answer> {
  const { agent, environment, record } = await connectedTarget(context, flags, name);
  const roundTripMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now();
    await agent.status({ query: { environmentId: environment.id }, signal: context.signal });
    roundTripMs.push(Math.round((performance.now() - started) * 10) / 10);
  }
  const machineIp = record.connection.machineIp;
  return {
    data: { environment: name, machineIp, roundTripMs },
    text: () =>
      `${name} on ${machineIp}: ${roundTripMs.map((ms) => `${ms} ms`).join(", ")} (best ${Math.min(...roundTripMs)} ms)`,
  };
}
