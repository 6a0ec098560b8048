import { homedir } from "node:os";
import { join } from "node:path";
import { attach } from "@cilo/base";
import { type Machine, isThere } from "../setup/machine.ts";
import type { Step } from "../setup/step.ts";
import { ciloProgram } from "./cilo.ts";

/** `cilo init`, as a step; none when this user's Cilo has been set up already. */
export async function namesStep(machine: Machine): Promise<Step[]> {
  const home = process.env["CILO_HOME"] ?? join(homedir(), ".cilo");
  if (await isThere(join(home, "machine.json"))) return [];
  return [
    {
      what: "make names that end in .test resolve on this machine (cilo init); other names keep their resolvers",
      undo: "npx cilo init --undo",
      apply: async () => {
        const [file = "", ...args] = machine.isRoot ? [ciloProgram, "init"] : ["sudo", "--", ciloProgram, "init"];
        const status = await attach(file, args, { signal: machine.signal, env: process.env });
        if (status !== 0) throw new Error("cilo init failed");
      },
    },
  ];
}
