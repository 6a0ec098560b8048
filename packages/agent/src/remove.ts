import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { EnvironmentId, OperationId } from "@cilo/api";
import { type MachineParts, openMachine } from "./machine.ts";

/** Destroys every environment and takes away all that the agent made on the machine, its records last. */
export async function removeTraces(parts: MachineParts): Promise<void> {
  const { places, firewall, tunnel, tunnelName, config, signal, log } = parts;
  const machine = await openMachine(parts);
  const { environments } = await machine.health(signal);
  for (const { environmentId } of environments) {
    const environment = machine.environment(EnvironmentId.parse(environmentId));
    const operationId = OperationId.parse(`op_${randomBytes(10).toString("hex")}`);
    await environment.start("destroy", operationId);
    await environment.settled(operationId, signal);
    if (machine.has(environmentId)) throw new Error(`${environmentId} could not be destroyed`);
    log.info("environment destroyed", { environment: environmentId });
  }
  await firewall.remove({ tunnel: tunnelName, servicePool: config.pools.services }, signal);
  await tunnel.down(tunnelName, signal);
  await rm(places.pins, { recursive: false, force: true }).catch(() => undefined);
  await rm(places.root, { recursive: true, force: true });
  log.info("removed");
}
