import { spawnSync } from "node:child_process";
import { CiloError } from "@cilo/base";
import { refusesUser } from "./engine.ts";
import { type Machine, hasProgram, rootCommand, typedAsRoot } from "./machine.ts";
import type { Step } from "./step.ts";

/** Membership in the group `docker`, as a step, for a user whom the engine refuses or who is about to get one. */
export async function dockerGroup(machine: Machine): Promise<Step[]> {
  if (machine.isRoot) return [];
  if ((await hasProgram("dockerd")) && !(await refusesUser(machine))) return [];
  return [
    {
      what: `add ${machine.user} to the group docker, whose members can do what root can`,
      undo: typedAsRoot(machine, `gpasswd -d ${machine.user} docker`),
      apply: async () => {
        await rootCommand(machine, ["usermod", "-aG", "docker", machine.user]);
      },
    },
  ];
}

/**
 * This process got its groups when the user logged in, so it does not have the new one. Runs the same command once
 * more with the user's groups as they are now, and ends with its status.
 */
export function startAgainWithNewGroups(machine: Machine): never {
  if (process.env["CILO_SETUP_AGAIN"] === "1") {
    throw new CiloError("SETUP_FAILED", "the engine still refuses this user", {
      hint: "Log in again, then run it again",
    });
  }
  const variables = ["CILO_SETUP_AGAIN=1", `PATH=${process.env["PATH"]}`];
  const argv = ["-E", "-u", machine.user, "--", "env", ...variables, process.execPath, ...process.argv.slice(1)];
  process.exit(spawnSync("sudo", argv, { stdio: "inherit" }).status ?? 1);
}
