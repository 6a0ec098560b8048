import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { describeMachine } from "../../../scripts/setup/machine.ts";
import { statusOf } from "../../../testbed/status.ts";
import { removeTestbed } from "../../../testbed/testbed.ts";
import { checkout, topologyOf } from "../../../testbed/topology.ts";

/**
 * One testbed for all tests: brought up before the first, taken down after the last. One that is up already is used as
 * it is and stays, which is quick when tests are written.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const machine = await describeMachine(AbortSignal.timeout(1_200_000));
  const topology = topologyOf(checkout);
  const { hosts } = await statusOf(machine, topology);
  if (hosts.every(({ state }) => state === "running")) return () => Promise.resolve();
  execFileSync(process.execPath, [resolve(checkout, "testbed/main.ts"), "up", "--yes"], { stdio: "inherit" });
  return async () => await removeTestbed(machine, topology);
}
