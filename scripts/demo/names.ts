import { CiloError, attach } from "@cilo/base";
import * as z from "zod/mini";
import { type Machine, command, typedAsRoot } from "../setup/machine.ts";
import type { Step } from "../setup/step.ts";
import { ciloProgram } from "./cilo.ts";

/** What is read of `cilo dns status --json`. */
const DnsStatus = z.object({ resolver: z.object({ isSetUp: z.boolean(), found: z.array(z.string()) }) });

/** `cilo init`, as a step; none when this machine finds Cilo's names already. */
export async function namesStep(machine: Machine): Promise<Step[]> {
  if (await namesAreFound(machine)) return [];
  return [
    {
      what: "make names that end in .test resolve on this machine (cilo init); other names keep their resolvers",
      undo: typedAsRoot(machine, `${ciloProgram} init --undo`),
      apply: async () => {
        const init = [ciloProgram, "init", ...portOption()];
        const [file = "", ...args] = machine.isRoot ? init : ["sudo", "--", ...init];
        const status = await attach(file, args, { signal: machine.signal, env: process.env });
        if (status !== 0) throw new CiloError("SETUP_FAILED", `cilo init ended with status ${status}`);
      },
    },
  ];
}

async function namesAreFound(machine: Machine): Promise<boolean> {
  const answer = await command(machine, [ciloProgram, "dns", "status", "--json"]).catch(() => undefined);
  if (answer === undefined) return false;
  const { resolver } = DnsStatus.parse(JSON.parse(answer.stdout));
  return resolver.isSetUp && resolver.found.includes(".test");
}

/** `npm run demo -- --dns-port N`, for a machine where 5354 is taken. */
function portOption(): string[] {
  const at = process.argv.indexOf("--dns-port");
  return at === -1 ? [] : process.argv.slice(at, at + 2);
}
